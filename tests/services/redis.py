"""A real Redis, started by the tests on a port of its own, with every write on disk."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.conftest import require_program
from tests.services.postgres import free_port


class Redis:
    """One server that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for Celery."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        options += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen([require_program("redis-server"), *options], stdout=log, stderr=log)
        log.close()
        wait_for_port(self.port)

    def stop(self) -> None:
        """Kill, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None


def wait_for_port(port: int, seconds: float = 60.0) -> None:
    """Wait until somebody listens on ``port``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nobody listens on port {port}")


@contextmanager
def redis() -> Iterator[Redis]:
    """A running Redis; everything of it is removed at the end."""
    server = Redis(Path(mkdtemp(prefix="microcred-redis-")))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
