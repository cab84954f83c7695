"""The bridge as a real server at http://localhost: another site than a Moodle at 127.0.0.1, as in real life."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.fernet import Fernet

from tests.conftest import ROOT

PATIENCE = 180
"""Seconds until the server must answer: on a machine where every core is busy, starting it took more than 40."""
INSTITUTION = ROOT / "tests" / "profiles" / "institution.yaml"


def held_port() -> socket.socket:
    """Return a socket that keeps a free port of this machine from everybody but who binds it to listen there.

    Between choosing a port and serving there lie commands that take seconds; meanwhile another process could be given
    the same one. A socket that does not listen lets another with SO_REUSEADDR listen, and is never given away.
    """
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    return place


class Bridge:
    """`microcred serve` in a process of its own; its log is a file that a test can read.

    Without ``worker`` nothing is read and issued by itself. It can be stopped and started again on the same data.
    """

    def __init__(self, folder: Path, *, worker: bool = False) -> None:
        self._place = held_port()
        port = self._place.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.log = folder / "bridge.log"
        self._worker = worker
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MICROCRED_")},
            "PYTHONPATH": str(ROOT),
            "MICROCRED_DATA_DIR": str(folder),
            "MICROCRED_PUBLIC_URL": self.url,
            "MICROCRED_PORT": str(port),
            "MICROCRED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
            "MICROCRED_SECRET_KEYS": Fernet.generate_key().decode(),
        }

    def run(self, *arguments: str) -> str:
        """Run a sub-command and return what it prints."""
        command = [sys.executable, "-m", "plugin.cli", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"microcred {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def seal_as_institution(self) -> None:
        """Give it the seal and the profile of an institution, as its IT does once."""
        seal = self.log.parent / "seal.pem"
        self.run("keys", "dev", str(INSTITUTION), "--out", str(seal))
        self.environment["MICROCRED_SEAL_FILE"] = str(seal)
        self.environment["MICROCRED_TRUST_FILE"] = str(seal.with_name("seal-authority.pem"))
        self.run("institution", str(INSTITUTION))

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "plugin.cli", "serve", *([] if self._worker else ["--no-worker"])]
        with self.log.open("a") as log:
            self._process = subprocess.Popen(command, env=self.environment, cwd=ROOT, stderr=log, stdout=log)
        end = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/lti/jwks", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        self._process.kill()
        raise RuntimeError(self.log.read_text())

    def free(self) -> None:
        """Give the port back."""
        self._place.close()

    def stop(self) -> None:
        """End the server, and its worker with it."""
        self._process.terminate()
        self._process.wait(30)

    def __enter__(self) -> Self:
        self.run("migrate")
        if self._worker:
            self.seal_as_institution()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        self.free()
