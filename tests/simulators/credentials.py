"""A small European Digital Credential for tests of seals: the envelope and the issuer, no learner's data."""

from __future__ import annotations

import json
from typing import Any

from mappings.documents.envelope import Document, Format

_COUNTRY = "http://publications.europa.eu/resource/authority/country"


def credential(**changed: object) -> dict[str, Any]:
    """Return a credential whose issuer is the owner of the test certificates; ``changed`` replaces members."""
    return {
        "@context": ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap"],
        "id": "urn:credential:0b6fcd44-5f0c-4b0b-9d1c-2f0ad5a2a5b7",
        "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
        "issuer": issuer(),
        "issued": "2026-06-30T12:00:00+00:00",
        "validFrom": "2026-06-30T12:00:00+00:00",
        "name": "Gegevensanalyse – Ανάλυση δεδομένων 🎓",
    } | changed


def issuer(name: str = "Universiteit Voorbeeld", identifier: str = "VATBE-0123456789", country: str = "BEL") -> Any:
    """Return the issuer node as ELM has it."""
    return {
        "id": "urn:epass:org:1",
        "type": "Organisation",
        "legalName": {"nl": name, "en": "Example University"},
        "eIDASIdentifier": {
            "id": "urn:epass:legalIdentifier:1",
            "type": "LegalIdentifier",
            "notation": identifier,
            "spatial": {"id": f"{_COUNTRY}/{country}", "type": "Concept"},
        },
    }


def document(**changed: object) -> Document:
    """Return the credential as a document to seal."""
    return Document(Format.ELM, json.dumps(credential(**changed), ensure_ascii=False).encode())
