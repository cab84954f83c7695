"""The Node peer: another vendor's verifiers in one process, asked line by line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import require_program, unavailable

FOLDER = Path(__file__).parent / "node"


class Peer:
    """Asks a running ``peer.mjs``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, question: str, **values: object) -> dict:
        """Send one request and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"ask": question, **values}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def running_peer() -> Iterator[Peer]:
    """Start the peer, or say loudly that it is not there (``npm ci`` in tests/conformance/node)."""
    node = require_program("node")
    if not (FOLDER / "node_modules").is_dir():
        unavailable("tests/conformance/node/node_modules (npm ci)")
    with subprocess.Popen(
        [node, "peer.mjs"], cwd=FOLDER, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield Peer(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
