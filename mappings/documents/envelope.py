"""What is not pure about a credential, gathered before rendering, and the unsealed document that rendering gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mappings.assessment import require_utc
from mappings.errors import InvalidValue


class Format(StrEnum):
    """The document formats, named by their standards."""

    ELM = "elm"
    """European Digital Credential, European Learning Model v3."""
    OPEN_BADGES = "open_badges"
    """Open Badges 3.0 AchievementCredential, W3C VC Data Model 2.0."""
    OPEN_BADGES_JWT = "open_badges_jwt"
    """The same badge, sealed as a JWT."""
    SD_JWT_VC = "sd_jwt_vc"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Identity, place and time of one credential, reserved once and never again.

    ``id`` is a UUID; documents prefix it as their standard wants (``urn:credential:<uuid>``, ``urn:uuid:<uuid>``).
    ``public_url`` is the page a human opens (``https://host/c/<id>``). ``status_index`` is the position in both
    status lists at ``status_list_url`` (Bitstring Status List and Token Status List share it).
    """

    id: str
    valid_from: datetime
    public_url: str
    valid_until: datetime | None = None
    status_list_url: str = ""
    status_index: int | None = None
    issuer_url: str = ""
    """Base URL of the issuer, also its ``iss``; ``did:web`` is derived from it."""
    supersedes: str = ""
    """``id`` of the credential that this one replaces."""

    def __post_init__(self) -> None:
        require_utc(self.valid_from, "valid_from")
        require_utc(self.valid_until, "valid_until")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise InvalidValue("a credential must not end before it begins")
        if (self.status_index is None) != (not self.status_list_url):
            raise InvalidValue("a status index needs its list, and a list its index")


@dataclass(frozen=True, slots=True)
class Document:
    """An unsealed document: ``body`` is UTF-8 JSON exactly as it will be sealed."""

    format: Format
    body: bytes
