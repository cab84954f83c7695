"""The bridge as a real server at http://localhost: another site than a Moodle at 127.0.0.1, as in real life."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.fernet import Fernet

from tests.conftest import ROOT
from tests.services.postgres import free_port


class Bridge:
    """`microcred serve` in a process of its own; its log is a file that a test can read."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://localhost:{port}"
        self.log = folder / "bridge.log"
        self._environment = {
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
        done = subprocess.run(command, env=self._environment, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout

    def __enter__(self) -> Self:
        self.run("migrate")
        command = [sys.executable, "-m", "plugin.cli", "serve", "--no-worker"]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(command, env=self._environment, cwd=ROOT, stderr=log, stdout=log)
        for _ in range(400):
            try:
                with urllib.request.urlopen(f"{self.url}/lti/jwks", timeout=1):
                    return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(self.log.read_text())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(10)
