"""The end of term: many completions of one course, from eligible to sealed, verified by ourselves and stored.

``python -m tests.benchmarks.bench_burst [--awards 10000] [--pairs redis,rabbitmq]``. Two real worker processes with the
bridge's own wiring (seal and its list, journal on disk, epoch), a real PostgreSQL and a real broker on this machine;
this process is the beat. The platform answers from memory, so reading costs nothing here, and nobody is told. In the
same run: what the key alone reaches, and what plain inserts of as many bytes reach. PostgreSQL is in memory (/dev/shm)
where there is such a place: its disk is not measured, that of the journal is.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import statistics
import sys
import time
import traceback
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, func, insert, select

from mappings.assessment import AssessmentRecord, Course, CourseId, Learner, LearnerId
from mappings.documents.rendering import render
from plugin import issuing
from plugin.app import make_sealers, self_check
from plugin.issuer import Checking
from plugin.issuing import IssuingTools
from plugin.jobs.bell import Bell
from plugin.jobs.queue import SWEEP_EVERY, make_queue
from plugin.jobs.tasks import Duty, Jobs
from plugin.logs import configure_logs
from plugin.meters import MeasuredSealer
from plugin.parts import open_storage, trust_anchors
from plugin.settings import Settings
from plugin.storage.awards import Move, State
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.profiles import Offer
from plugin.storage.tables import documents
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.benchmarks.burst_samples import Burst, Sample
from tests.plugin.bridges import seal
from tests.plugin.rows import MOODLE, an_offer
from tests.services.postgres import postgres
from tests.services.rabbitmq import rabbitmq
from tests.services.redis import redis

WORKERS = 2
TARGET = 150.0
"""Awards per second that we want to reach on two cores."""
SMALL, SMALL_BURSTS = 100, 5
"""Completions of a small course, and how many of those are measured: one alone is over too soon."""
PATIENCE = 180.0
"""Seconds without any seal after which the run is given up."""


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
        """Yield whom is asked for, as of one moment, as both platforms are read."""
        now, here = datetime.now(UTC), self.course(course)
        for learner in learners or ():
            person = replace(self._record.learner, id=learner, full_name=f"Learner {learner}")
            yield replace(self._record, course=here, learner=person, read_at=now)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_burst", description=main.__doc__)
    parser.add_argument("--awards", type=int, default=10_000)
    parser.add_argument("--pairs", default="redis,rabbitmq")
    options = parser.parse_args()
    configure_logs("CRITICAL")
    key_rate = raw_key_rate()
    print(f"the key alone: {key_rate:.0f} seals/s on one core; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for pair in options.pairs.split(","):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="microcred-bench-")))
            database = stack.enter_context(postgres()).url
            broker = stack.enter_context(redis() if pair == "redis" else rabbitmq()).url
            small, large = measure(settings_of(folder, database, broker), options.awards)
            floors = {"PostgreSQL": insert_rate(database), "SQLite": insert_rate(f"sqlite:///{folder}/plain.sqlite3")}
        print(f"postgresql + {pair}, {WORKERS} workers, load {os.getloadavg()[0]:.1f} at the end:")
        tell(small, large, key_rate, floors)


def tell(small: list[Burst], large: Burst, key_rate: float, floors: dict[str, float]) -> None:
    """Print what was measured with one pair."""
    print(f"  {large.awards} awards in {large.samples[-1].at:.1f} s = {large.rate:.0f}/s (target {TARGET:.0f}/s)")
    print(f"  {large.rate / key_rate:.1%} of the key's raw rate")
    for name, floor in floors.items():
        print(f"  {large.rate / floor:.1%} of plain inserts into {name} ({floor:.0f}/s)")
    of_small = statistics.median(burst.processor for burst in small)
    print(f"  processor time per award: {large.processor:.1f} ms of {large.awards}, {of_small:.1f} ms of {SMALL}")
    held = [large.samples[0].memory, large.samples[len(large.samples) // 2].memory, large.samples[-1].memory]
    print(f"  memory of both workers at start, middle, end: {', '.join(f'{each:.0f}' for each in held)} MB")
    print(f"  longest time without a seal: {large.standstill:.1f} s; by tenths (awards/s, ms of processor, MB):")
    for rate, processor, memory in large.tenths():
        print(f"    {rate:6.0f} {processor:6.1f} {memory:6.0f}")


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


def settings_of(folder: Path, database: str, broker: str) -> Settings:
    """Return the settings of an institution with a seal of its own."""
    (folder / "seal.pem").write_bytes(seal().key_pem + seal().certificate_pem)
    (folder / "trust.pem").write_bytes(seal().authority_pem)
    return Settings(
        data_dir=folder,
        database_url=database,
        broker_url=broker,
        secret_keys=(Fernet.generate_key().decode(),),
        seal_file=folder / "seal.pem",
        trust_file=folder / "trust.pem",
    )


def measure(settings: Settings, number: int) -> tuple[list[Burst], Burst]:
    """Start the workers, let them warm up, and seal small courses one after the other, then ``number`` at once."""
    storage = open_storage(settings)
    upgrade(storage.engine)
    offer = an_offer(storage)
    storage.engine.dispose()
    workers = [_fork(settings) for _ in range(WORKERS)]
    bell = _bell(settings, storage)
    try:
        burst(bell, offer, workers, SMALL)
        small = [burst(bell, offer, workers, SMALL) for _ in range(SMALL_BURSTS)]
        return small, burst(bell, offer, workers, number)
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        storage.engine.dispose()


def burst(bell: Bell, offer: Offer, workers: list[int], number: int) -> Burst:
    """Make ``number`` awards eligible and measure until all are sealed."""
    before = _sealed(bell.storage)
    _make_eligible(bell.storage, offer, number)
    began, rung, samples = time.perf_counter(), -SWEEP_EVERY, list[Sample]()
    while not samples or samples[-1].sealed < number:
        if (at := time.perf_counter() - began) - rung >= SWEEP_EVERY:
            bell.ring()
            rung = at
        samples.append(Sample(at, _sealed(bell.storage) - before, _memory(workers), _processor(workers)))
        _require_alive(workers)
        if Burst(tuple(samples)).standstill > PATIENCE:
            raise RuntimeError("the workers seal nothing")
        if sys.stderr.isatty():
            print(f"\r  {samples[-1].sealed}/{number} ", end="", file=sys.stderr, flush=True)
        time.sleep(0.02 if number <= SMALL else 0.25)
    return Burst(tuple(samples))


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


def _fork(settings: Settings) -> int:
    pid = os.fork()
    if pid:
        return pid
    log = os.open(settings.data_dir / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        _work(settings)
    finally:
        traceback.print_exc()
        os._exit(1)


def _work(settings: Settings) -> None:
    """Be a worker with the bridge's own parts."""
    storage, platform = open_storage(settings), Everybody()
    sealers = {form: MeasuredSealer(sealer) for form, sealer in make_sealers(settings).items()}
    own = Checking(settings, trust_anchors(settings), _now)
    tools = IssuingTools(storage, lambda _: platform, render, sealers, self_check(own.check), _now)
    bell = _bell(settings, storage)
    jobs = Jobs(storage, bell, {Topic.ISSUE: Duty(partial(issuing.issue_all, tools), issuing.AT_ONCE)}, _now)
    jobs.install(bell.queue)
    bell.queue.Worker(pool="solo", loglevel="ERROR", quiet=True, without_gossip=True, without_mingle=True).start()


def _require_alive(workers: list[int]) -> None:
    """A figure of fewer workers than it says would be none."""
    if any(os.waitpid(pid, os.WNOHANG)[0] for pid in workers):
        raise RuntimeError("a worker has ended; workers.log says why")


def _bell(settings: Settings, storage: Storage) -> Bell:
    return Bell(storage, make_queue(settings), settings.in_flight, _now, at_once={Topic.ISSUE: issuing.AT_ONCE})


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
