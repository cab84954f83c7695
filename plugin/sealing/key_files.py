"""Credential keys as files of one folder: the history in ``history.json``, each private key beside it.

The folder is written by ``microcred keys`` and read by whoever seals. A file is replaced whole or not at all; private
keys are readable for their owner only, and encrypted where a password is given. The history is public knowledge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from plugin.sealing.credential_keys import CredentialKey, new_key, read_key
from plugin.sealing.errors import KeyUnreadable, KeyUnsuitable
from plugin.sealing.key_history import KeyHistory, PublishedKey
from plugin.sealing.multikey import Algorithm, PublicKey
from plugin.whole_files import only_writer, replace_file

_HISTORY = "history.json"


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The folder. ``password`` protects the private keys in it, None leaves them plain."""

    folder: Path
    password: bytes | None = None

    def history(self) -> KeyHistory:
        """Return every key that was ever made here; none where the folder is not there yet."""
        path = self.folder / _HISTORY
        try:
            written = path.stat()
        except FileNotFoundError:
            return KeyHistory()
        return _read(path, written.st_mtime_ns, written.st_ino, written.st_size)

    def signing(self, algorithm: Algorithm, now: datetime) -> CredentialKey | None:
        """Return the private key that signs now, None where there is none of its kind.

        Raise :class:`KeyUnreadable` where the history names a key whose file is missing or belongs to another.
        """
        chosen = self.history().signing(algorithm, now)
        if chosen is None:
            return None
        try:
            key = read_key(self._path(chosen.public).read_bytes(), self.password)
        except OSError:
            raise KeyUnreadable("the private key that signs now is not in the key folder") from None
        if key.public != chosen.public:
            raise KeyUnreadable("a file of the key folder holds another key than its name says")
        return key

    def rotate(self, algorithm: Algorithm, now: datetime) -> KeyHistory:
        """Make a new key: published from now on, signing when everybody may know it. Return the new history."""
        key = new_key(algorithm)
        with only_writer(self.folder / _HISTORY):
            history = self.history().rotated(key.public, now)
            replace_file(self._path(key.public), key.pem(self.password))
            self._keep(history)
        return history

    def mark_compromised(self, name: str, since: datetime) -> KeyHistory:
        """Say that a key was in wrong hands ``since`` then. Raise :class:`KeyUnsuitable` for an unknown one."""
        with only_writer(self.folder / _HISTORY):
            history = self.history().compromised(name, since)
            self._keep(history)
        return history

    def _keep(self, history: KeyHistory) -> None:
        replace_file(self.folder / _HISTORY, json.dumps([_line(key) for key in history.keys], indent=1).encode())

    def _path(self, public: PublicKey) -> Path:
        return self.folder / f"{public.thumbprint}.pem"


@lru_cache(maxsize=16)
def _read(path: Path, _written: int, _file: int, _size: int) -> KeyHistory:
    """Read the history once, every seal asks for it: one that was changed is another file, of another time or size."""
    try:
        lines = json.loads(path.read_text())
        return KeyHistory(tuple(_key(lines[number]) for number in range(len(lines) or 1)))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, KeyUnsuitable):
        raise KeyUnreadable(f"the key history {path} cannot be read") from None


def _line(key: PublishedKey) -> dict[str, str]:
    line = {"key": key.public.multibase, "signs_from": key.signs_from.isoformat()}
    return line if key.compromised_at is None else {**line, "compromised_at": key.compromised_at.isoformat()}


def _key(line: Mapping[str, str]) -> PublishedKey:
    since = line.get("compromised_at")
    return PublishedKey(
        PublicKey.from_multibase(line["key"]),
        datetime.fromisoformat(line["signs_from"]),
        None if since is None else datetime.fromisoformat(since),
    )
