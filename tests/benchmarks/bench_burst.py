"""The end of term: many completions of one course, from eligible to sealed, verified by ourselves and stored.

``python -m tests.benchmarks.bench_burst [--awards 10000] [--pairs redis,rabbitmq]``. Two real worker processes, a real
PostgreSQL and a real broker on this machine; the platform answers from memory, so reading costs nothing here. In the
same run: what the key alone reaches, and what plain inserts of as many bytes reach.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, func, insert, select

from mappings.assessment import AssessmentRecord, Course, CourseId, Learner, LearnerId
from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from plugin import issuing
from plugin.app import self_check
from plugin.issuing import IssuingTools
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs
from plugin.logs import configure_logs
from plugin.sealing.jades import JadesSealer
from plugin.sealing.keys import from_pem
from plugin.settings import Settings
from plugin.storage.awards import Move, State
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.profiles import Offer
from plugin.storage.tables import documents
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from plugin.verification import CheckContext, check
from tests import factories
from tests.plugin.bridges import seal
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.rows import MOODLE, an_offer
from tests.services.postgres import postgres
from tests.services.rabbitmq import rabbitmq
from tests.services.redis import redis

WORKERS = 2
TARGET = 150.0
"""Awards per second that we want to reach on two cores."""


class Everybody:
    """A platform where whoever is asked for has finished the course."""

    id = MOODLE

    def __init__(self) -> None:
        self._record = factories.record()

    def course(self, course: CourseId) -> Course:
        """Return the course."""
        return factories.course(id=course)

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Nobody asks."""
        return ()

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield whom is asked for."""
        for learner in learners or ():
            person = replace(self._record.learner, id=learner, full_name=f"Learner {learner}")
            yield replace(self._record, course=self.course(course), learner=person, read_at=datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Burst:
    """What was measured: ``seconds`` from the first ring to the last seal; memory in MB at the start and the end."""

    awards: int
    seconds: float
    memory: tuple[float, float]
    processor: float
    """Seconds of processor time that both workers used."""

    @property
    def rate(self) -> float:
        """Awards per second."""
        return self.awards / self.seconds


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_burst", description=main.__doc__)
    parser.add_argument("--awards", type=int, default=10_000)
    parser.add_argument("--pairs", default="redis,rabbitmq")
    options = parser.parse_args()
    configure_logs("CRITICAL")
    key_rate = raw_key_rate()
    print(f"the key alone: {key_rate:.0f} seals/s on one core")
    for pair in options.pairs.split(","):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="microcred-bench-")))
            database = stack.enter_context(postgres()).url
            broker = stack.enter_context(redis() if pair == "redis" else rabbitmq()).url
            small, large = (burst(database, broker, folder, number) for number in (100, options.awards))
            floor = insert_rate(database)
        print(f"postgresql + {pair}, {WORKERS} workers, {os.cpu_count()} cores:")
        print(f"  {large.awards} awards in {large.seconds:.1f} s = {large.rate:.0f}/s (target {TARGET:.0f}/s)")
        shares = f"{large.rate / key_rate:.1%} of the key's raw rate, {large.rate / floor:.1%} of plain inserts"
        print(f"  {shares} ({floor:.0f}/s)")
        print(f"  per award {1000 / large.rate:.1f} ms, of 100 awards {1000 / small.rate:.1f} ms")
        print(f"  processor time of the workers {1000 * large.processor / large.awards:.1f} ms per award")


def raw_key_rate(seconds: float = 1.0) -> float:
    """Return how many ECDSA P-256 signatures over a document's digest one core makes in a second."""
    key, data, count = ec.generate_private_key(ec.SECP256R1()), b"x" * 46_000, 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        key.sign(data, ec.ECDSA(SHA256()))
        count += 1
    return count / seconds


def insert_rate(url: str, seconds: float = 3.0) -> float:
    """Return how many documents per second one connection stores by plain inserts, each in a transaction."""
    table = Table("plain", MetaData(), Column("id", String, primary_key=True), Column("body", LargeBinary))
    engine, body, count = open_engine(url), os.urandom(46_000), 0
    table.create(engine)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        with engine.begin() as connection:
            connection.execute(insert(table).values(id=str(count), body=body))
        count += 1
    engine.dispose()
    return count / seconds


def burst(url: str, broker: str, folder: Path, number: int) -> Burst:
    """Make ``number`` awards eligible and measure until all are sealed."""
    storage = Storage(open_engine(url), Vault((SECRET_KEY,)), PUBLIC_URL)
    upgrade(storage.engine)
    _make_eligible(storage, an_offer(storage), number)
    before = _sealed(storage)
    storage.engine.dispose()
    workers = [_fork(url, broker, folder) for _ in range(WORKERS)]
    try:
        return _watch(storage, workers, before, number)
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        storage.engine.dispose()


def _watch(storage: Storage, workers: list[int], before: int, number: int) -> Burst:
    until = time.monotonic() + 60
    while (first := _sealed(storage)) == before:
        if time.monotonic() > until:
            raise RuntimeError("the workers seal nothing")
        time.sleep(0.02)
    began, memory, processor = time.perf_counter(), _memory(workers), _processor(workers)
    while (now := _sealed(storage)) < before + number:
        time.sleep(0.2)
        print(f"\r  {now - before}/{number}", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)
    seconds, used = time.perf_counter() - began, _processor(workers) - processor
    return Burst(number - (first - before), seconds, (memory, _memory(workers)), used)


def _make_eligible(storage: Storage, offer: Offer, number: int) -> None:
    now = datetime.now(UTC)
    start = Random().randrange(10**9)
    for first in range(start, start + number, 500):
        with storage.begin() as work:
            learners = [LearnerId(str(learner)) for learner in range(first, min(first + 500, start + number))]
            work.assessments.record_all(list(Everybody().read(offer.course, learners)))
            for learner in learners:
                award = work.awards.open(offer, learner, now)
                award = work.awards.move(award, Move(to=State.ELIGIBLE, now=now, actor="bench"))
                work.outbox.request(Topic.ISSUE, award.id, now, batch=offer.id)


def _fork(url: str, broker: str, folder: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    log = os.open(folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        _work(url, broker, folder)
    finally:
        traceback.print_exc()
        os._exit(1)


def _work(url: str, broker: str, folder: Path) -> None:
    """Be a worker with the bridge's own parts."""
    storage = Storage(open_engine(url), Vault((SECRET_KEY,)), PUBLIC_URL)
    queue = make_queue(Settings(data_dir=folder, broker_url=broker))
    platform, anchors = Everybody(), tuple(x509.load_pem_x509_certificates(seal().authority_pem))
    sealers = {Format.ELM: JadesSealer(from_pem(seal().key_pem, seal().certificate_pem))}
    failures = self_check(lambda data: check(data, CheckContext(_now(), anchors)))
    tools = IssuingTools(storage, lambda _: platform, render, sealers, failures, _now)
    bell = Bell(storage, queue, 200, _now, at_once={Topic.ISSUE: issuing.AT_ONCE})
    jobs = Jobs(storage, bell, {Topic.ISSUE: Duty(partial(issuing.issue_all, tools), issuing.AT_ONCE)}, _now)
    jobs.install(queue)
    bell.ring()
    queue.Worker(pool="solo", loglevel="ERROR", quiet=True, without_gossip=True, without_mingle=True).start()


def _now() -> datetime:
    return datetime.now(UTC)


def _sealed(storage: Storage) -> int:
    with storage.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(documents)).scalar_one()


def _processor(workers: list[int]) -> float:
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in workers]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def _memory(workers: list[int]) -> float:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in workers)
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
