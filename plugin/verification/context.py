"""What a check may lean on: the time, whom to trust, whom to ask, and how much to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from cryptography import x509

from mappings.assessment import require_utc
from plugin.verification.issuer_keys import KeyLookup, did_key
from plugin.verification.parsing import JsonObject, Limits


class Status(StrEnum):
    """What the issuer says about a credential today."""

    GOOD = "good"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    OUTSIDE = "outside_list"
    """The issuer's list has no such place: Bitstring Status List 1.0, 3.2 (RANGE_ERROR); Token Status List, 8.3."""
    UNKNOWN = "unknown"
    """Nobody could be asked, or the one asked does not know the credential."""


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """``sentence`` says why or by what, without personal data; may be empty."""

    status: Status
    sentence: str = ""


Records: TypeAlias = Callable[[JsonObject, str], datetime | None]
"""Gets a credential and the signature on it, as it stands in the file and already verified: when its issuer kept it, by
the issuer's record; None where that is not known. Never raises."""
CompromisedSeals: TypeAlias = Callable[[str], datetime | None]
"""Gets the thumbprint of a seal's key: from when it was in wrong hands, None where nobody says so."""

StatusLookup: TypeAlias = Callable[[JsonObject], StatusAnswer]
"""Gets the credential (for ELM the payload); answers, never raises. Any HTTP is its own."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """``now`` is aware UTC. Without ``anchors`` (certificates) nobody's identity is confirmed, and the report says so.

    ``timestamp_anchors`` are the authorities whose timestamps prove a time.
    """

    now: datetime
    anchors: tuple[x509.Certificate, ...] = ()
    timestamp_anchors: tuple[x509.Certificate, ...] = ()
    status: StatusLookup | None = None
    keys: KeyLookup = did_key
    """Finds the keys of issuers that have no certificate; alone, ``did:key`` is all that can be read offline."""
    records: Records = lambda _credential, _signature: None
    """Proves the time of seals without a timestamp; asked only where a key was compromised."""
    compromised_seals: CompromisedSeals = lambda _key_id: None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        require_utc(self.now, "now")
