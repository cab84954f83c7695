"""Writing files that only their owner can read: whole or not at all, never readable for others in between."""

from __future__ import annotations

import os
from pathlib import Path

_OWNER_ONLY = 0o600


def write_private(path: Path, text: str) -> None:
    """Write ``text`` and a line end to ``path``, in place of what was there; its owner stays who it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        before = path.stat()
        draft.chmod(before.st_mode & 0o770)
        os.chown(draft, before.st_uid, before.st_gid)
    draft.replace(path)
