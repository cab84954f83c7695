"""SD-JWT VC: a micro-credential as claims of the EU's learning credential type, or of our own type that extends it.

draft-ietf-oauth-sd-jwt-vc, RFC 9901. ``urn:eu.europa.ec.eudi:learning:credential:1`` is the type of the EU's
reference issuer, with exactly its claims; it has none for the type of assessment (Annex I, M9), the form of
participation (M10) and supervision (O2). Our type carries these too, under the names that the EU's pilot once had
where it had one, and lives at the issuer, where its metadata is served.

Which claims may be withheld is the reference issuer's choice: who issued what and when is always shown, the person
and what was reached are the holder's to disclose. Salts, digests, holder key and signature are the sealer's.

Most claims are those of a whole class: their JSON is written once, by what decides them (:mod:`.badge_shape`), and
only the learner's own are written for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from mappings.documents.badge_shape import BadgeShape, shape_of
from mappings.documents.envelope import Document, Envelope, Format
from mappings.documents.learning_claims import EU_CLAIMS, OWN_CLAIMS, Claim
from mappings.documents.status_list import token_status
from mappings.documents.templates import Json, serialise
from mappings.elements import MicroCredential
from mappings.errors import InvalidValue

LEARNING_CREDENTIAL = "urn:eu.europa.ec.eudi:learning:credential:1"
OWN_TYPE_PATH = "/types/microcredential/1"
"""Where every issuer serves the metadata of our type, below its base URL; that URL is the ``vct``."""


class LearningType(StrEnum):
    """Which of the two types to issue."""

    EU = "eu"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class ClaimsDocument(Document):
    """Claims that still know their parts, so that a sealer need not read its own JSON again."""

    claims: Mapping[str, bytes]
    """The value of each as JSON."""


def vct(kind: LearningType, issuer_url: str) -> str:
    """Return the name of the type."""
    return LEARNING_CREDENTIAL if kind is LearningType.EU else issuer_url.rstrip("/") + OWN_TYPE_PATH


def render_sd_jwt_vc(
    credential: MicroCredential, envelope: Envelope, kind: LearningType = LearningType.EXTENDED
) -> Document:
    """Return all claims, none withheld yet. Raise :class:`InvalidValue` where the issuer has no URL."""
    if not envelope.issuer_url:
        raise InvalidValue("an SD-JWT VC needs the URL of its issuer")
    said = {name: serialise(value).encode() for name, value in _registered(envelope, kind).items()}
    shared = _shared(credential, envelope, kind)
    for claim in claims(kind):
        written = _written(claim, credential, envelope) if claim.personal else shared[claim.name]
        if written != _ABSENT:
            said[claim.name] = written
    body = b",".join([b'"%s":%s' % (name.encode(), value) for name, value in said.items()])
    return ClaimsDocument(Format.SD_JWT_VC, b"{%s}" % body, said)


def _registered(envelope: Envelope, kind: LearningType) -> dict[str, Json]:
    """Return the claims that every SD-JWT VC may have, and that are never withheld."""
    times = (("nbf", envelope.valid_from), ("exp", envelope.valid_until))
    return {
        "iss": envelope.issuer_url,
        "vct": vct(kind, envelope.issuer_url),
        **{name: int(moment.timestamp()) for name, moment in times if moment is not None},
        **token_status(envelope),
    }


def _written(claim: Claim, credential: MicroCredential, envelope: Envelope) -> bytes:
    return serialise(claim.value(credential, envelope)).encode()


_ABSENT = b"null"
_Deciding: TypeAlias = tuple[BadgeShape, tuple[str, ...]]
_LAST: dict[LearningType, tuple[_Deciding, Mapping[str, bytes]]] = {}


def _shared(credential: MicroCredential, envelope: Envelope, kind: LearningType) -> Mapping[str, bytes]:
    """Return the claims of a class as JSON; a class is issued in a row, so those of the last one are kept."""
    deciding = (shape_of(credential, envelope, ()), credential.languages)
    last = _LAST.get(kind)  # read once: other threads render too
    if last is None or last[0] != deciding:
        common = [claim for claim in claims(kind) if not claim.personal]
        last = (deciding, {claim.name: _written(claim, credential, envelope) for claim in common})
        _LAST[kind] = last
    return last[1]


def claims(kind: LearningType) -> tuple[Claim, ...]:
    """Return the claims of the type in the order in which they are shown."""
    return EU_CLAIMS if kind is LearningType.EU else (*EU_CLAIMS, *OWN_CLAIMS)


def disclosable(name_of_type: str) -> frozenset[str]:
    """Return the names of the claims that a holder may withhold; empty for a type that is none of ours."""
    if name_of_type == LEARNING_CREDENTIAL:
        return _DISCLOSABLE[LearningType.EU]
    return _DISCLOSABLE[LearningType.EXTENDED] if name_of_type.endswith(OWN_TYPE_PATH) else frozenset()


def type_metadata(issuer_url: str) -> dict[str, Json]:
    """Return the metadata of our type (SD-JWT VC, «Type Metadata»), as served at its ``vct``."""
    title = "European micro-credential"
    return {
        "vct": vct(LearningType.EXTENDED, issuer_url),
        "name": title,
        "description": "Council Recommendation of 16 June 2022, Annex I: all standard elements of a micro-credential.",
        "extends": LEARNING_CREDENTIAL,
        "display": [{"locale": "en", "name": title}],
        "claims": [
            {
                "path": [claim.name],
                "display": [{"locale": "en", "label": claim.label}],
                "mandatory": claim.mandatory,
                "sd": "always" if claim.disclosable else "never",
            }
            for claim in claims(LearningType.EXTENDED)
        ],
    }


_DISCLOSABLE = {kind: frozenset(claim.name for claim in claims(kind) if claim.disclosable) for kind in LearningType}
