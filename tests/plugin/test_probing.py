"""The prober sees what a stranger sees: the whole line of a real service, and every place where it can break."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from plugin.commands import settings_file
from plugin.second_opinion import Doubtful, bit_is_set, require_signed
from plugin.storage.canaries import drop_bytes
from plugin.storage.engine import open_engine
from plugin.storage.tables import credentials, documents
from tests.plugin.bridges import a_bench
from tests.plugin.conftest import sqlite_storage
from tests.plugin.test_serving import answers, running, wait_until
from tests.plugin.test_setup import Machine
from tests.services.postgres import free_port

__all__ = ["sqlite_storage"]


@pytest.fixture
def service(tmp_path: Path) -> tuple[dict[str, str], str]:
    """A service that was set up, and its environment."""
    machine, port = Machine(tmp_path), free_port()
    result = machine.by_file(public_url=f"http://127.0.0.1:{port}")
    assert result.exit_code == 0, result.output
    said = {**settings_file.read(machine.file), "MICROCRED_PORT": str(port)}
    outer = {name: value for name, value in os.environ.items() if not name.startswith("MICROCRED_")}
    return {**outer, **said}, f"http://127.0.0.1:{port}"


def probed(environment: dict[str, str], patience: int) -> subprocess.CompletedProcess[str]:
    """Run the prober as a process of its own."""
    command = [sys.executable, "-m", "plugin.cli", "--quiet", "probe", "--patience", str(patience)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_canary_goes_the_whole_way(service: tuple[dict[str, str], str]) -> None:
    """Issued by the worker, verified and seen revoked over HTTP, twice; nothing of it counts, its bytes are gone."""
    environment, url = service
    with running(environment, "--quiet", "serve"):
        wait_until("nobody serves", lambda: answers(url))
        first, second = probed(environment, 90), probed(environment, 90)

    assert first.returncode == 0, first.stdout + first.stderr
    assert second.returncode == 0, second.stdout + second.stderr
    assert [line.split()[:2] for line in first.stdout.splitlines()] == [
        ["green", step] for step in ("issue", "verify", "revoke", "status", "clean")
    ]
    engine = open_engine(f"sqlite:///{environment['MICROCRED_DATA_DIR']}/microcred.sqlite3")
    with engine.connect() as connection:
        assert connection.execute(select(credentials.c.status)).scalars().all() == ["revoked", "revoked"]
        assert connection.execute(select(documents.c.credential_id)).all() == []
    engine.dispose()
    status = [sys.executable, "-m", "plugin.cli", "--quiet", "status", "--json"]
    assert json.loads(subprocess.run(status, env=environment, capture_output=True, text=True).stdout)["offers"] == []


def test_a_service_without_a_worker_does_not_pass(service: tuple[dict[str, str], str]) -> None:
    """The step that fails is red, what comes after it is not tried, and the exit code says so."""
    environment, _ = service

    result = probed(environment, 1)

    assert result.returncode == 1
    assert "no worker sealed it within 1 s [probe_failed]" in result.stdout
    assert result.stdout.count("not tried") == 3


def test_the_second_opinion_agrees_and_disagrees(sqlite_storage: object) -> None:
    """What we sealed verifies; a changed letter, another key and no credential at all do not."""
    bench = a_bench(sqlite_storage)  # type: ignore[arg-type]
    bench.seal_all()
    sealed = next(body for learner in bench.awards() if (body := bench.sealed(learner)))

    assert require_signed(sealed) == "Test Academy"
    for wrong in (sealed.replace(b"Prepare", b"prepare"), b"{}", b"[]", b"x", b'{"signatures": [{}]}'):
        with pytest.raises(Doubtful):
            require_signed(wrong)


def test_a_bit_is_read_as_the_standard_counts(tmp_path: Path) -> None:
    """Index 0 is the leftmost bit of the first byte."""

    def listed(bits: bytes) -> bytes:
        encoded = "u" + base64.urlsafe_b64encode(gzip.compress(bits)).decode().rstrip("=")
        return json.dumps({"credentialSubject": {"encodedList": encoded}}).encode()

    assert bit_is_set(listed(b"\x80\x01"), 0) is True
    assert bit_is_set(listed(b"\x80\x01"), 1) is False
    assert bit_is_set(listed(b"\x80\x01"), 15) is True
    for wrong in (b"{}", listed(b"")[:-9], b"no"):
        with pytest.raises(Doubtful):
            bit_is_set(wrong, 0)


def test_only_a_canary_s_bytes_are_ever_dropped(sqlite_storage: object) -> None:
    """A credential of a person stays, whoever asks."""
    bench = a_bench(sqlite_storage)  # type: ignore[arg-type]
    bench.seal_all()
    learner = next(each for each in bench.awards() if bench.sealed(each))
    reserved = bench.credential(learner)
    assert reserved is not None

    drop_bytes(bench.storage, reserved.envelope.id)

    assert bench.sealed(learner)
