"""A sealer whose key changes with the time: the one that the history of keys says signs now.

A rotation, or a key marked as compromised, takes effect with the next seal, without a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mappings.documents.envelope import Document, Format
from plugin.sealing import Sealed, Sealer
from plugin.sealing.credential_keys import CredentialKey
from plugin.sealing.errors import NoCredentialKey
from plugin.sealing.key_files import KeyFiles
from plugin.sealing.multikey import Algorithm


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
