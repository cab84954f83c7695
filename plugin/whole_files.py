"""Files that several processes read and write: seen whole or not at all, and changed by one at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Let nobody else change ``path`` in this block: web, worker and beat start at the same moment.

    What the new content depends on must be read within the block too, else a change that somebody makes meanwhile is
    lost.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path.with_name(f".{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # ends with the file, and with a process that is killed
        yield


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file, synced, in place of what was there: whoever reads sees the old one or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), mode)
    Path(draft).replace(path)
