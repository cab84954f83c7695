"""A real PostgreSQL, started by the tests in a folder of its own and stopped with them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import create_engine

from tests.conftest import require_program

OWNER = "postgres"


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; become its own user then."""
    if os.getuid() != 0:
        return command
    return [require_program("setpriv"), f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", *command]


class Postgres:
    """One cluster that can be stopped, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the database of the tests."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def initialise(self) -> None:
        """Make the cluster."""
        if os.getuid() == 0:
            shutil.chown(self.folder, OWNER, OWNER)
        command = [require_program("initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run(_as_owner(command), check=True, capture_output=True, cwd="/")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1", "-c", "max_connections=60"]
        command = [require_program("postgres"), "-D", str(self._data), *options]
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(_as_owner(command), stdout=log, stderr=log, cwd="/")
        log.close()
        self._wait()

    @contextmanager
    def small_disk(self, megabytes: int) -> Iterator[Path]:
        """Keep all tables made from now on on a disk of their own, which can be filled; only root may mount one."""
        place = self.folder / "small"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], check=True)
        try:
            shutil.chown(place, OWNER, OWNER)
            engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE TABLESPACE small LOCATION '{place}'")
                connection.exec_driver_sql("ALTER DATABASE postgres SET default_tablespace = small")
            engine.dispose()
            yield place
        finally:
            self.stop()
            subprocess.run(["umount", str(place)], check=True)

    def _wait(self) -> None:
        ready = [require_program("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        for _ in range(200):
            if subprocess.run(ready, capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        """Stop at once, as a power cut would; the next start recovers."""
        if self._process is not None:
            self._process.send_signal(3)
            self._process.wait(30)
            self._process = None


@contextmanager
def postgres(parent: Path | None = None) -> Iterator[Postgres]:
    """A running PostgreSQL below ``parent``, else in memory; everything of it is removed at the end."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a database per test is slow on a disk
    server = Postgres(Path(mkdtemp(prefix="microcred-pg-", dir=parent or memory)))
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
