"""The institution's seals, all there ever were: their certificates, when each became known here, and what became of it.

A certificate travels with every document it sealed, so nobody needs this list to check one. It is for the people who
run the bridge (what ends when, what signs now) and for the one thing that a certificate cannot say itself: that its
key was in wrong hands from some moment on. Certificates are public; no private key comes near this file.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mappings.assessment import require_utc
from plugin.sealing.errors import KeyUnreadable, KeyUnsuitable
from plugin.sealing.key_history import KeyState
from plugin.sealing.keys import certificate_key_id
from plugin.whole_files import only_writer, replace_file

_FILE = "seals.json"


@dataclass(frozen=True, slots=True)
class KnownSeal:
    """A seal's certificate; times are aware UTC. ``compromised_at`` None while nothing is wrong with its key."""

    certificate: x509.Certificate
    known_since: datetime
    compromised_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.known_since, "known_since")
        require_utc(self.compromised_at, "compromised_at")

    @property
    def key_id(self) -> str:
        """RFC 7638 thumbprint of its public key."""
        return certificate_key_id(self.certificate)

    def state(self, active: KnownSeal | None, now: datetime) -> KeyState:
        """Return what it is at ``now``, where ``active`` is the seal in use: older ones verify, younger ones wait."""
        if self.compromised_at is not None:
            return KeyState.COMPROMISED
        if now > self.certificate.not_valid_after_utc:
            return KeyState.VERIFY_ONLY
        if active is not None and self.key_id == active.key_id:
            return KeyState.PLANNED if now < self.certificate.not_valid_before_utc else KeyState.ACTIVE
        older = active is not None and self.known_since < active.known_since
        return KeyState.VERIFY_ONLY if older else KeyState.PLANNED


@dataclass(frozen=True, slots=True)
class SealFiles:
    """The list as one file of the key folder."""

    folder: Path

    def known(self) -> tuple[KnownSeal, ...]:
        """Return every seal in the order in which they became known."""
        path = self.folder / _FILE
        try:
            written = path.stat()
        except FileNotFoundError:
            return ()
        return _read(path, written.st_mtime_ns, written.st_ino, written.st_size)

    def note(self, certificate: x509.Certificate, now: datetime) -> None:
        """Remember a certificate: that of the seal in use, or one that will be."""
        if self._knows(certificate):
            return
        with only_writer(self.folder / _FILE):
            new = () if self._knows(certificate) else (KnownSeal(certificate, now),)
            self._keep((*self.known(), *new))

    def ends(self, active: x509.Certificate, now: datetime) -> dict[str, datetime]:
        """Return when the seal in use ends, then those that are planned, by key id. Others may end unnoticed."""
        known = self.known()
        using = next((each for each in known if each.certificate == active), KnownSeal(active, now))
        planned = (each for each in known if each.key_id != using.key_id and each.state(using, now) is KeyState.PLANNED)
        return {each.key_id: each.certificate.not_valid_after_utc for each in (using, *planned)}

    def compromised_since(self, key_id: str) -> datetime | None:
        """Return from when a key was in wrong hands, None where it was not, or is not one of ours."""
        times = (each.compromised_at for each in self.known() if each.key_id == key_id)
        return min((each for each in times if each is not None), default=None)

    def mark_compromised(self, key_id: str, since: datetime) -> None:
        """Say that a seal's key was in wrong hands ``since`` then; an earlier moment wins.

        Raise :class:`KeyUnsuitable` for an unknown one.
        """
        with only_writer(self.folder / _FILE):
            known = self.known()
            if all(each.key_id != key_id for each in known):
                raise KeyUnsuitable("no key of that name was ever used")
            self._keep(tuple(_marked(each, since) if each.key_id == key_id else each for each in known))

    def _knows(self, certificate: x509.Certificate) -> bool:
        return any(each.certificate == certificate for each in self.known())

    def _keep(self, known: tuple[KnownSeal, ...]) -> None:
        replace_file(self.folder / _FILE, json.dumps([_line(each) for each in known], indent=1).encode())


@lru_cache(maxsize=16)
def _read(path: Path, _written: int, _file: int, _size: int) -> tuple[KnownSeal, ...]:
    """Read the list once: one that was changed is another file, of another time or size."""
    try:
        return tuple(_seal(line) for line in json.loads(path.read_text()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise KeyUnreadable(f"the list of seals {path} cannot be read") from None


def _marked(seal: KnownSeal, since: datetime) -> KnownSeal:
    return replace(seal, compromised_at=min(since, seal.compromised_at or since))


def _line(seal: KnownSeal) -> dict[str, str]:
    line = {
        "certificate": b64encode(seal.certificate.public_bytes(Encoding.DER)).decode(),
        "known_since": seal.known_since.isoformat(),
    }
    return line if seal.compromised_at is None else {**line, "compromised_at": seal.compromised_at.isoformat()}


def _seal(line: Mapping[str, str]) -> KnownSeal:
    since = line.get("compromised_at")
    return KnownSeal(
        x509.load_der_x509_certificate(b64decode(line["certificate"])),
        datetime.fromisoformat(line["known_since"]),
        None if since is None else datetime.fromisoformat(since),
    )
