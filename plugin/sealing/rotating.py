"""Sealers that look at what is known of their keys, each time: which one signs now, and whether it still may.

A rotation, or a key marked as compromised, takes effect with the next seal, without a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mappings.documents.envelope import Document, Format
from plugin.sealing import Sealed, Sealer
from plugin.sealing.credential_keys import CredentialKey
from plugin.sealing.errors import NoCredentialKey, SealCompromised
from plugin.sealing.key_files import KeyFiles
from plugin.sealing.multikey import Algorithm
from plugin.sealing.seal_history import SealFiles


class WatchedSealer:
    """Seals with the institution's seal, as long as nobody says that its key was in wrong hands."""

    def __init__(self, sealer: Sealer, key_id: str, seals: SealFiles) -> None:
        self.format = sealer.format
        self._sealer = sealer
        self._key_id = key_id
        self._seals = seals

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal ``document``. Raise :class:`SealCompromised`, and what the sealer itself raises."""
        since = self._seals.compromised_since(self._key_id)
        if since is not None:
            raise SealCompromised(f"the key of the seal was in wrong hands from {since:%Y-%m-%d %H:%M} UTC on")
        return self._sealer.seal(document, now)


class RotatingSealer:
    """Seals with whatever key signs now."""

    def __init__(
        self, format_: Format, keys: KeyFiles, algorithm: Algorithm, make: Callable[[CredentialKey], Sealer]
    ) -> None:
        """``make`` builds the sealer of one key; it is kept as long as the key signs."""
        self.format = format_
        self._keys = keys
        self._algorithm = algorithm
        self._make = make
        self._made: tuple[str, Sealer] | None = None

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal with the key of ``now``. Raise :class:`NoCredentialKey` where there is none."""
        return self.sealer(now).seal(document, now)

    def sealer(self, now: datetime) -> Sealer:
        """Return the sealer of the key that signs at ``now``."""
        chosen = self._keys.history().signing(self._algorithm, now)
        made = self._made  # read once: other threads seal too
        if made is None or chosen is None or made[0] != chosen.public.thumbprint:
            key = self._keys.signing(self._algorithm, now)
            if key is None:
                raise NoCredentialKey("no credential key signs now; make one with `microcred keys rotate`")
            made = (key.key_id, self._make(key))
            self._made = made
        return made[1]
