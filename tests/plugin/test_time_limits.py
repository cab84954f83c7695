"""Jobs that hang in a real Celery worker (thread pool, beat, supervisor), on each pair of database and broker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from plugin.jobs.tasks import MOST_LOST, WORKER_LOST
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from plugin.worker import Supervisor
from tests.conftest import ROOT
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.hanging_worker import HANGS_ONCE, POISON, SLOW
from tests.services.postgres import Postgres
from tests.services.rabbitmq import rabbitmq
from tests.services.redis import redis

PATIENCE = 120.0
"""Seconds for a busy machine; a quiet one needs a few."""


@pytest.mark.parametrize(
    "pair",
    [
        "filesystem",
        pytest.param("redis", marks=pytest.mark.services),
        pytest.param("rabbitmq", marks=pytest.mark.services),
    ],
)
def test_a_job_that_hangs_ends_its_worker_and_is_done_by_the_next(
    pair: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """At its limit the process is gone, the lease frees the row, and the next worker does it.

    Whatever has lost five workers is put aside and stops nothing else. What asks at its safe points is told to stop
    before, goes back with its reason, and is done by the next job.
    """
    with _database(pair, tmp_path, request) as database, _broker(pair) as broker:
        storage = Storage(open_engine(database), Vault((SECRET_KEY,)), PUBLIC_URL)
        upgrade(storage.engine)
        _ask(storage)
        command = [sys.executable, "-m", "tests.plugin.hanging_worker", database, broker, str(tmp_path)]
        supervisor = Supervisor(command, os.environ, tmp_path / "log", pause=0.0)

        supervisor.start()
        try:
            reasons = _wait(storage, tmp_path)
        finally:
            supervisor.stop(patience=0.5)

        with storage.reading() as work:
            assert [(each.row_id, each.error) for each in work.outbox.parked()] == [(POISON, WORKER_LOST)]
        attempts = Counter((tmp_path / "attempts").read_text().split())
        assert attempts[HANGS_ONCE] >= 2  # one that the other's end took along is done once more
        assert attempts[POISON] == 1
        assert (attempts[SLOW] >= 2, reasons) == (True, {(Topic.SYNC, "OutOfTime:out_of_time")})
        assert "job_too_long" in (tmp_path / "log").read_text()
        assert _processes(tmp_path) == []  # a beat of its own would ring on
        storage.engine.dispose()


def test_a_worker_that_is_told_to_end_leaves_off_at_a_safe_point(tmp_path: Path) -> None:
    """Whoever updates the bridge does not wait for a long reading, and no worker counts as lost with it."""
    database = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    storage = Storage(open_engine(database), Vault((SECRET_KEY,)), PUBLIC_URL)
    upgrade(storage.engine)
    with storage.begin() as work:
        work.outbox.request(Topic.READ, "long", datetime.now(UTC))
    command = [sys.executable, "-m", "tests.plugin.hanging_worker", database, "filesystem://", str(tmp_path)]
    worker = subprocess.Popen(command, cwd=ROOT)
    try:
        _wait_until((tmp_path / "attempts").exists)

        worker.terminate()

        assert worker.wait(PATIENCE) == 0
    finally:
        worker.kill()
        worker.wait()
    with storage.reading() as work:
        assert [(each.topic, each.error) for each in work.outbox.troubles()] == [(Topic.READ, "OutOfTime:out_of_time")]
    storage.engine.dispose()


def _wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def _processes(folder: Path) -> list[str]:
    """The command lines in which the folder is named."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_text())
    return [line for line in found if str(folder) in line]


@contextmanager
def _database(pair: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database, SQLite beside the embedded broker and PostgreSQL beside the others."""
    if pair == "filesystem":
        yield f"sqlite:///{folder / 'one.sqlite3'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE hanging_{pair}"))
    engine.dispose()
    yield server.url.removesuffix("/postgres") + f"/hanging_{pair}"


@contextmanager
def _broker(pair: str) -> Iterator[str]:
    if pair == "filesystem":
        yield "filesystem://"
        return
    with redis() if pair == "redis" else rabbitmq() as server:
        yield server.url


def _ask(storage: Storage) -> None:
    """Ask for work that hangs once, for work that has lost all workers but one already, and for work that is slow."""
    begun = datetime.now(UTC)
    with storage.begin() as work:
        work.outbox.request(Topic.SYNC, SLOW, begun)
        work.outbox.request_all(Topic.ISSUE, (HANGS_ONCE, POISON), begun)
        for _ in range(MOST_LOST - 1):
            assert work.outbox.claim(Topic.ISSUE, POISON, begun, timedelta(0))


def _wait(storage: Storage, folder: Path) -> set[tuple[Topic, str]]:
    """Wait until nothing is left to be done; returns what the status said of work that is tried again."""
    until, said = time.monotonic() + PATIENCE, set[tuple[Topic, str]]()
    while time.monotonic() < until:
        with storage.reading() as work:
            said |= {(each.topic, each.error) for each in work.outbox.troubles()}
            if not work.outbox.waiting():
                return said
        time.sleep(0.05)
    raise AssertionError((folder / "log").read_text()[-2000:])
