"""European Digital Credentials to seal: what Anna has earned, as the bridge renders it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.x509.oid import NameOID

from mappings.awarding import Award, decide
from mappings.describe import describe
from mappings.documents.elm import render_elm
from mappings.documents.envelope import Document, Envelope, Format
from mappings.elements import MicroCredential
from mappings.profile import Issuer
from tests import factories
from tests.simulators.certificate_authority import NOW, OWNER

ACADEMY = OWNER | {NameOID.ORGANIZATION_NAME: "Test Academy"}
"""Who certificates of the factories' institution name."""

_COUNTRY = "http://publications.europa.eu/resource/authority/country"
_ID = "7d1c4c0e-0f5f-4c55-9c0e-2b7a8f8f0001"


def micro_credential(institution: Issuer | None = None) -> Document:
    """Return what Anna has earned as the bridge renders it; its issuer is :data:`ACADEMY` where none is given."""
    award = decide(factories.record(), factories.profile())
    assert isinstance(award, Award)
    described = describe(award, factories.profile(), institution or factories.issuer(), factories.ISSUED)
    assert isinstance(described, MicroCredential)
    return render_elm(described, Envelope(_ID, factories.ISSUED, f"https://bridge.example.org/c/{_ID}"))


@cache
def _whole() -> bytes:
    names = factories.text("Example University", nl="Universiteit Voorbeeld")
    return micro_credential(factories.issuer(legal_name=names)).body


def credential(**changed: object) -> dict[str, Any]:
    """Return a credential of the owner of the test certificates, valid from ``NOW``; ``changed`` replaces members."""
    whole: dict[str, Any] = json.loads(_whole())
    return whole | {"validFrom": NOW.isoformat(), "issued": NOW.isoformat()} | changed


def issuer(name: str = "Universiteit Voorbeeld", identifier: str = "VATBE-0123456789", country: str = "BEL") -> Any:
    """Return the issuer node with another identity."""
    node = credential()["issuer"]
    place = node["eIDASIdentifier"]["spatial"] | {"id": f"{_COUNTRY}/{country}"}
    identity = node["eIDASIdentifier"] | {"notation": identifier, "spatial": place}
    return node | {"legalName": {"nl": name, "en": "Example University"}, "eIDASIdentifier": identity}


def document(**changed: object) -> Document:
    """Return the credential as a document to seal."""
    return Document(Format.ELM, json.dumps(credential(**changed), ensure_ascii=False).encode())
