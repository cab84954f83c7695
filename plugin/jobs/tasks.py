"""One task per topic: take the lease, do the work, strike it out, or say when to try again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import Celery
from sqlalchemy.exc import OperationalError

from lti.errors import PlatformError
from plugin.errors import BridgeError, SealPaused
from plugin.jobs.bell import Bell, task_name
from plugin.jobs.queue import HARD_LIMIT, SWEEP_EVERY
from plugin.sealing.errors import SealError
from plugin.storage.outbox import Lease, Topic
from plugin.storage.unit_of_work import Storage

log = structlog.get_logger(__name__)
Duty = Callable[[str], object]
"""Does the work of one row."""

LEASE = timedelta(seconds=HARD_LIMIT + 30)
MOST_ATTEMPTS = 8
"""Attempts before work is put aside for a person; outages of others do not count."""
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
    """How long work stays with whoever took it; must exceed the longest job."""

    def install(self, queue: Celery) -> None:
        """Register a task per topic, and the sweep with its schedule."""
        ringing = Ringing()
        for topic in self.duties:
            queue.task(name=task_name(topic), shared=False)(_task(self, topic, ringing))
        queue.task(name="microcred.sweep", expires=SWEEP_EVERY, shared=False)(_sweep(self))
        queue.conf.beat_schedule = {"sweep": {"task": "microcred.sweep", "schedule": SWEEP_EVERY}}

    def sweep(self) -> None:
        """Ask for courses that are due, and ring for whatever is due and was not done in time."""
        self.schedule()
        self.bell.ring()

    def work(self, topic: Topic, row_id: str) -> bool:
        """Do one piece of work, unless it is done or in somebody's hands. True where this call did it."""
        with self.storage.begin() as work:
            lease = work.outbox.take(topic, row_id, self.clock(), self.lease)
        if lease is None:
            return False
        try:
            self.duties[topic](row_id)
        except Exception as error:  # noqa: BLE001 - the job edge: the row says what happened
            self._put_off(lease, error)
            return False
        with self.storage.begin() as work:
            work.outbox.finish(lease)
        return True

    def _put_off(self, lease: Lease, error: Exception) -> None:
        """Keep failed work: for later where waiting may help, aside where it does not."""
        now, said = self.clock(), describe_error(error)
        log.warning("work_failed", topic=lease.topic, row_id=lease.row_id, error=said, attempt=lease.attempt)
        with self.storage.begin() as work:
            if isinstance(error, SealPaused):
                work.outbox.postpone(lease, error.until + pause(1), said, counts=False)
            elif may_pass(error, lease.attempt):
                work.outbox.postpone(lease, now + pause(lease.attempt), said)
            else:
                work.outbox.park(lease, now, said)


def may_pass(error: Exception, attempt: int) -> bool:
    """Say whether to try again: our own errors know, an unexpected one gets some attempts."""
    if isinstance(error, BridgeError | PlatformError | SealError):
        return error.retryable
    if isinstance(error, OperationalError):
        return True  # the database was away, its disk full, its lock taken
    return attempt < MOST_ATTEMPTS


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
    def run(row_id: str) -> None:
        jobs.work(topic, row_id)
        if ringing.is_due():
            jobs.bell.ring()

    return run
