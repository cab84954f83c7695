"""The EU's Digital Signature Service as judge: builds the small Java program beside this file once and runs it.

DSS (https://github.com/esig/dss) is what the European Digital Credentials infrastructure seals and validates with.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, require_program

PROJECT = Path(__file__).parent
BUILD = ROOT / "build" / "dss"
_MINUTES = 60  # seconds


def verdicts(files: list[Path], anchors: list[Path], revocation_lists: list[Path]) -> dict[str, dict[str, Any]]:
    """Return what DSS says of each file, by file name; its own policy, no network."""
    options = [f"--anchor={path}" for path in anchors] + [f"--crl={path}" for path in revocation_lists]
    command = [require_program("java"), "-cp", f"{build()}:{BUILD}/libraries/*", "bridge.Judge", *options]
    done = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, check=False, timeout=5 * _MINUTES
    )
    assert done.returncode == 0, done.stderr
    return {verdict.pop("file"): verdict for verdict in map(json.loads, done.stdout.splitlines())}


def build() -> Path:
    """Build the program where its sources changed since; Maven's own cache first, then its repository."""
    jar, stamp, sources = BUILD / "dss-judge.jar", BUILD / "sources.sha256", _sources()
    if not jar.exists() or not stamp.exists() or stamp.read_text() != sources:
        if _maven("--offline").returncode != 0:
            done = _maven()
            assert done.returncode == 0, done.stdout[-2000:]
        stamp.write_text(sources)
    return jar


def _maven(*options: str) -> subprocess.CompletedProcess[str]:
    command = [require_program("mvn"), *options, "--batch-mode", "--no-transfer-progress", "--quiet"]
    return subprocess.run(
        [*command, "package", f"-Djudge.build={BUILD}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=20 * _MINUTES,
    )


def _sources() -> str:
    files = [PROJECT / "pom.xml", *sorted(PROJECT.rglob("*.java"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
