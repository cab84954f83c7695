"""Names that several formats give to the same thing: DIDs, URNs, country codes, instants, levels, supervision."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL

from mappings.assessment import Presence
from mappings.elements import Holder, Supervision, SupervisionCategory
from mappings.errors import InvalidValue
from mappings.profile import Cycle
from mappings.vocabularies.terms import Term, two_letters

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})
_SUPERVISION = "http://data.europa.eu/snb/supervision-verification/"


class Concept(NamedTuple):
    """IRI and English label of a concept."""

    iri: str
    label: str


UNSUPERVISED = Concept(f"{_SUPERVISION}c598449d64", "Unsupervised without ID Verification")
SUPERVISED = Concept(f"{_SUPERVISION}44314532f9", "Supervised without ID Verification")
UNSUPERVISED_IDENTIFIED = Concept(f"{_SUPERVISION}df2880c5cb", "Unsupervised with ID Verification")
IDENTITY_VERIFIED = Concept(f"{_SUPERVISION}70be69aaf9", "Supervised with ID Verification")
ECTS = Concept("http://data.europa.eu/snb/education-credit/6fcec5c5af", "European Credit Transfer System")

CATEGORY_WORDS = {
    SupervisionCategory.UNSUPERVISED: "unsupervised, without identity verification",
    SupervisionCategory.SUPERVISED: "supervised, without identity verification",
    SupervisionCategory.SUPERVISED_ONLINE: "supervised online, with identity verification",
    SupervisionCategory.ON_SITE: "on site, with identity verification",
}
CYCLE_WORDS = {
    Cycle.SHORT: "QF-EHEA short cycle",
    Cycle.FIRST: "QF-EHEA first cycle",
    Cycle.SECOND: "QF-EHEA second cycle",
    Cycle.THIRD: "QF-EHEA third cycle",
}


@lru_cache(maxsize=256)
def did_web(url: str) -> str:
    """Return the ``did:web`` of an https base URL (did:web method, 2.5.2): host, port as ``%3A``, path by colons.

    Plain http is taken for this machine itself, where a trial run has no certificate.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    if not secure or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise InvalidValue("an issuer URL is https, with a host and nothing after its path")
    host = parts.hostname if parts.port is None else f"{parts.hostname}%3A{parts.port}"
    return ":".join(["did", "web", host, *(step for step in parts.path.split("/") if step)])


def id_verification(supervision: Supervision) -> Concept:
    """Return the concept of the EU list «supervision-verification», which has one case more than Annex I, O2."""
    if supervision.presence is Presence.NONE:
        return UNSUPERVISED_IDENTIFIED if supervision.identity_verified else UNSUPERVISED
    return IDENTITY_VERIFIED if supervision.identity_verified else SUPERVISED


def credential_urn(credential_id: str) -> str:
    """Return the URN of a credential by its UUID."""
    return f"urn:uuid:{credential_id}"


def subject_urn(issuer_url: str, holder: Holder) -> str:
    """Return the same URN for the same learner of the same platform at the same issuer, telling none of them."""
    name = f"{issuer_url}#{holder.platform}#{holder.learner}"
    return _uuid5_urn(name.encode())


def _uuid5_urn(name: bytes) -> str:
    """Return the version 5 UUID of ``name`` among URLs (RFC 9562, 5.5), a third of the work of :func:`uuid.uuid5`."""
    digits = sha1(NAMESPACE_URL.bytes + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def alpha2(country: Term) -> str:
    """Return the ISO 3166-1 alpha-2 code of a term of the EU country table, «» where it has none."""
    return two_letters(country)


@lru_cache(maxsize=1024)
def instant(moment: datetime) -> str:
    """Write an aware UTC datetime in whole seconds: ``2026-11-20T10:00:00Z``. A class shares most of its times."""
    return f"{moment.isoformat()[:19]}Z"


def plain(number: Decimal) -> str:
    """Write a decimal without exponent and without idle zeros: ``87.5``, ``60``."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(hours: Decimal) -> str:
    """Write hours as an xsd:duration: ``PT75H``, ``PT7H30M``; parts of a minute are rounded."""
    whole, minutes = divmod(round(hours * 60), 60)
    return f"PT{whole}H{minutes}M" if minutes else f"PT{whole}H"


def eqf_iri(level: int) -> str:
    """Return the concept of an EQF level, 1..8."""
    return f"http://data.europa.eu/snb/eqf/{level}"
