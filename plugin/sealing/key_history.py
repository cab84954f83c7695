"""The credential keys of an issuer, all there ever were: which one signs now, and which signatures count.

A key is *planned* from the day it is published, *signs* from ``signs_from`` until a younger key of its kind does, and
then verifies for ever: what it signed stays valid. One that got into wrong hands is marked with the moment from
which nothing of it counts any more. Keys are never removed.

Rotation publishes the new key ahead of its first use by the longest time that anybody may cache a DID document or a
JWK set, so that no verifier meets a signature of a key it has not heard of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mappings.assessment import require_utc
from plugin.sealing.errors import KeyUnsuitable
from plugin.sealing.multikey import Algorithm, PublicKey

CACHED_FOR = timedelta(hours=24)
"""How long others may keep what we publish about our keys."""


class KeyState(StrEnum):
    """What a key is at some moment."""

    PLANNED = "planned"
    ACTIVE = "active"
    VERIFY_ONLY = "verify-only"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key and its times, aware UTC. ``compromised_at`` None while nothing is wrong with it."""

    public: PublicKey
    signs_from: datetime
    compromised_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.signs_from, "signs_from")
        require_utc(self.compromised_at, "compromised_at")

    def counts(self, proven_at: datetime | None) -> bool:
        """Tell whether a signature counts that was there at ``proven_at``, by somebody else's word than the key's.

        What is proven by nobody does not count once the key was in wrong hands: its thief writes any date.
        """
        return self.compromised_at is None or (proven_at is not None and proven_at < self.compromised_at)


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """Every key of one issuer, in the order in which they were made."""

    keys: tuple[PublishedKey, ...] = ()

    def __post_init__(self) -> None:
        if len({key.public for key in self.keys}) != len(self.keys):
            raise KeyUnsuitable("a key is in the history twice")

    def signing(self, algorithm: Algorithm, now: datetime) -> PublishedKey | None:
        """Return the key that signs now: the youngest of its kind whose time has come and that nobody else has."""
        usable = [key for key in self._of(algorithm) if key.signs_from <= now and key.compromised_at is None]
        return max(usable, key=lambda key: key.signs_from, default=None)

    def state(self, key: PublishedKey, now: datetime) -> KeyState:
        """Return what ``key`` is at ``now``."""
        if key.compromised_at is not None:
            return KeyState.COMPROMISED
        if key.signs_from > now:
            return KeyState.PLANNED
        return KeyState.ACTIVE if key == self.signing(key.public.algorithm, now) else KeyState.VERIFY_ONLY

    def find(self, name: str) -> PublishedKey | None:
        """Return the key of a thumbprint or a Multikey, None where there is none."""
        return next((key for key in self.keys if name in {key.public.thumbprint, key.public.multibase}), None)

    def rotated(self, new: PublicKey, now: datetime, overlap: timedelta = CACHED_FOR) -> KeyHistory:
        """Return the history with ``new``: published now, signing after ``overlap``, the first of its kind at once."""
        first = self.signing(new.algorithm, now) is None
        return KeyHistory((*self.keys, PublishedKey(new, now if first else now + overlap)))

    def compromised(self, name: str, since: datetime) -> KeyHistory:
        """Return the history with a key marked; an earlier moment wins. Raise :class:`KeyUnsuitable`."""
        found = self.find(name)
        if found is None:
            raise KeyUnsuitable("no key of that name was ever used")
        earliest = min(since, found.compromised_at or since)
        marked = replace(found, compromised_at=earliest)
        return KeyHistory(tuple(marked if key == found else key for key in self.keys))

    def _of(self, algorithm: Algorithm) -> Iterable[PublishedKey]:
        return (key for key in self.keys if key.public.algorithm is algorithm)
