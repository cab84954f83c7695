"""One task per topic: claim due work of a batch, do it, strike it out, or say when to try again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from celery import Celery
from celery.signals import worker_shutting_down
from sqlalchemy.exc import OperationalError

from lti.errors import PlatformError
from plugin.errors import BridgeError, ChangedMeanwhile, OutOfTime, Paused
from plugin.jobs.bell import Bell, task_name
from plugin.jobs.queue import SWEEP_EVERY
from plugin.jobs.watch import HARD_LIMIT, SOFT_LIMIT, Watch
from plugin.sealing.errors import SealError
from plugin.storage.outbox import Lease, Topic
from plugin.storage.pulses import BEAT, Pulse
from plugin.storage.unit_of_work import Storage, Strike, UnitOfWork
from plugin.turn import Turn, is_over

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """How the work of a topic is done, and how many rows of a batch ``at_once``.

    ``do`` gets row ids and what strikes them out within a transaction of its own; it returns what stopped single
    rows, and raises what stopped all of them. After ``seconds`` it is told to stop at the next safe point.
    """

    do: Callable[[Sequence[str], Strike], Mapping[str, Exception]]
    at_once: int = 1
    seconds: float = SOFT_LIMIT


def singly(do: Callable[[str], object], *, seconds: float = SOFT_LIMIT) -> Duty:
    """Return the duty that does one row at a time."""

    def one(row_ids: Sequence[str], _: Strike) -> Mapping[str, Exception]:
        for row_id in row_ids:
            do(row_id)
        return {}

    return Duty(one, seconds=seconds)


LEASE = timedelta(seconds=HARD_LIMIT + 30)
HOLDS_A_LEASE = 6
"""How often a job that gets on takes its lease anew, within the time of one."""
MOST_ATTEMPTS = 8
"""Attempts before work is put aside for a person; outages of others do not count."""
MOST_LOST = 5
"""Workers in a row that may be lost with the same work before it is put aside: it hangs, or kills them."""
WORKER_LOST = "worker_lost"
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 900.0
RING_EVERY = 0.2
"""Seconds between two rings by one process after jobs; the sweep rings for what is left over."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What the tasks work with."""

    storage: Storage
    bell: Bell
    duties: Mapping[Topic, Duty]
    clock: Callable[[], datetime]
    schedule: Callable[[], object] = lambda: None
    """Asks for the courses that are due to be read."""
    lease: timedelta = LEASE
    """How long work stays with whoever took it; must exceed the time in which a job has to get on."""
    watch: Watch = field(default_factory=Watch)
    """Ends the process with a job that takes too long."""
    ticks: Callable[[], float] = time.monotonic
    """Seconds that no change of the clock moves."""

    def install(self, queue: Celery) -> None:
        """Register a task per topic, and the sweep with its schedule."""
        ringing = Ringing()
        for topic in self.duties:
            queue.task(name=task_name(topic), shared=False)(_task(self, topic, ringing))
        queue.task(name="microcred.sweep", expires=SWEEP_EVERY, shared=False)(_sweep(self))
        worker_shutting_down.connect(lambda **_: self.watch.closing.set(), weak=False)
        queue.conf.beat_schedule = {"sweep": {"task": "microcred.sweep", "schedule": SWEEP_EVERY}}

    def sweep(self) -> None:
        """Ask for courses that are due, and ring for whatever is due and was not done in time."""
        with self.storage.begin() as work:
            work.pulses.beat(Pulse(BEAT, self.clock()))
        self.schedule()
        self.bell.ring()

    def work(self, topic: Topic, batch: str) -> bool:
        """Do the next work of a batch, unless it is done or in others' hands. True where all of it succeeded."""
        duty = self.duties[topic]
        with self.storage.begin() as work:
            leases = work.outbox.claim(topic, batch, self.clock(), self.lease, most=duty.at_once)
            if lost := [lease for lease in leases if lease.abandoned >= MOST_LOST]:
                self._park_lost(work, lost)
        held = {lease.row_id: lease for lease in leases if lease not in lost}
        if not held:
            return False
        every = self.lease.total_seconds() / HOLDS_A_LEASE
        turn = Turn(duty.seconds, lambda: self._hold(held.values()), every, self.ticks, self.watch.closing.is_set)
        with self.watch.over(topic, batch, turn):
            return self._do(duty, held)

    def _hold(self, held: Collection[Lease]) -> bool:
        """Hold work for longer. False where others have all of it; a database that is away says nothing."""
        try:
            with self.storage.begin() as work:
                return work.outbox.hold(held, self.clock() + self.lease)
        except OperationalError as error:
            log.warning("lease_not_renewed", error=type(error).__name__)
            return True

    def _do(self, duty: Duty, held: Mapping[str, Lease]) -> bool:
        """Do what is held; where that fails as a whole and nobody is away, each alone: poison takes no others."""
        struck = _Struck(held)
        try:
            failures = duty.do(tuple(held), struck)
        except Exception as error:  # noqa: BLE001 - the job edge: the rows say what happened
            left = {row_id: lease for row_id, lease in held.items() if row_id not in struck.row_ids}
            if len(left) > 1 and not is_outage(error):
                alone = [self._do_alone(duty, row_id, lease) for row_id, lease in left.items()]
                return all(alone)
            failures = dict.fromkeys(left, error)
        self._end(held, failures, struck.row_ids)
        return not failures

    def _do_alone(self, duty: Duty, row_id: str, lease: Lease) -> bool:
        """Do one of several, unless the turn is over: then it is for the next."""
        if is_over():
            self._end({row_id: lease}, {row_id: OutOfTime(self.clock())}, ())
            return False
        return self._do(duty, {row_id: lease})

    def _end(self, held: Mapping[str, Lease], failures: Mapping[str, Exception], struck: Collection[str]) -> None:
        """Strike out what is done, keep failed work: for later where waiting may help, aside where it does not."""
        done = [lease for row_id, lease in held.items() if row_id not in failures and row_id not in struck]
        if not done and not failures:
            return
        with self.storage.begin() as work:
            work.outbox.finish(done)
            for row_id, error in failures.items():
                self._put_off(work, held[row_id], error)

    def _put_off(self, work: UnitOfWork, lease: Lease, error: Exception) -> None:
        now, said = self.clock(), describe_error(error)
        log.warning("work_failed", topic=lease.topic, row_id=lease.row_id, error=said, attempt=lease.attempt)
        if isinstance(error, Paused):
            work.outbox.postpone(lease, error.until + pause(1), said, counts=False)
        elif may_pass(error, lease.attempt):
            work.outbox.postpone(lease, now + pause(lease.attempt), said)
        else:
            work.outbox.park(lease, now, said)

    def _park_lost(self, work: UnitOfWork, lost: Collection[Lease]) -> None:
        for lease in lost:
            log.warning("work_failed", topic=lease.topic, row_id=lease.row_id, error=WORKER_LOST, attempt=lease.attempt)
            work.outbox.park(lease, self.clock(), WORKER_LOST)


class _Struck:
    """Strikes leases out, and remembers which, so that nobody does it again."""

    def __init__(self, held: Mapping[str, Lease]) -> None:
        self._held = held
        self.row_ids: set[str] = set()

    def __call__(self, work: UnitOfWork, row_ids: Collection[str]) -> None:
        """Be a :data:`plugin.storage.unit_of_work.Strike`."""
        work.outbox.finish([self._held[row_id] for row_id in row_ids])
        self.row_ids.update(row_ids)


def may_pass(error: Exception, attempt: int) -> bool:
    """Say whether to try again: our own errors know, an unexpected one gets some attempts."""
    if isinstance(error, BridgeError | PlatformError | SealError):
        return error.retryable
    if isinstance(error, OperationalError):
        return True  # the database was away, its disk full, its lock taken
    return attempt < MOST_ATTEMPTS


def is_outage(error: Exception) -> bool:
    """Say whether somebody is away whom all work of a batch needs: trying each piece alone would not help."""
    return may_pass(error, MOST_ATTEMPTS) and not isinstance(error, ChangedMeanwhile)


def describe_error(error: Exception) -> str:
    """Return what of an error may be stored: its code; of a foreign one only its type, its text may hold data."""
    code = getattr(error, "code", "")
    return f"{type(error).__name__}:{code}" if isinstance(code, str) and code else type(error).__name__


def pause(attempt: int) -> timedelta:
    """Return how long to wait after failed attempt ``attempt``: doubling, with jitter, at most 15 minutes."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - spreads load, keeps no secret


class Ringing:
    """Says when a process has to ring again: looking for work after each small job would cost more than the job."""

    def __init__(self) -> None:
        self._last = 0.0

    def is_due(self) -> bool:
        """Whether the last ringing is long enough ago; the caller then rings."""
        now = time.monotonic()
        if now - self._last < RING_EVERY:
            return False
        self._last = now
        return True


def _sweep(jobs: Jobs) -> Callable[[], None]:
    """Return the sweep as a function: Celery cannot call a method by its signature."""

    def run() -> None:
        jobs.sweep()

    return run


def _task(jobs: Jobs, topic: Topic, ringing: Ringing) -> Callable[[str], None]:
    def run(batch: str) -> None:
        jobs.work(topic, batch)
        if ringing.is_due():
            jobs.bell.ring()

    return run
