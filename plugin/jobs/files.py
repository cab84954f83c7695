"""The embedded broker: messages as files in one folder, as kombu's ``filesystem`` transport has them, but whole.

Kombu (5.7) shows a message before it is written and dies of one that it cannot read, so that a worker that was killed
while it rang, or that rings at the same moment, ends the others. Here a message appears with its last byte, and what
cannot be read is passed over: a lost message is sent again.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """A channel on a folder that processes share and that any of them may leave at any moment."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # kombu's own is alike
        """Write a message under a name that nobody looks for, then give it its own."""
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        unseen = folder / f".{name}"
        unseen.write_text(dumps(payload))
        unseen.replace(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 - as kombu calls it
        """Take the oldest message; whoever renames it has it."""
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            with suppress(OSError, ValueError):
                taken = (folder / name).rename(folder / f".{name}.taken")
                text = taken.read_text()
                taken.unlink()
                return loads(text)
        raise Empty

    def get_table(self, exchange: str) -> list[Any]:
        """Return the queues of an exchange; none while its file is being written."""
        try:
            return list(super().get_table(exchange))
        except ValueError:
            return []

    def _queue_bind(self, exchange: str, routing_key: Any, pattern: Any, queue: Any) -> None:
        """Bind a queue; a file that was left unfinished is written anew."""
        try:
            super()._queue_bind(exchange, routing_key, pattern, queue)
        except ValueError:
            (Path(self.control_folder) / f"{exchange}.exchange").unlink(missing_ok=True)
            super()._queue_bind(exchange, routing_key, pattern, queue)


class Transport(filesystem.Transport):
    """Kombu's transport with our channel."""

    Channel = Channel
    driver_name = "files"
