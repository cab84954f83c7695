"""The named points at which a worker can be hit, and what hits it; each lies in real code, at its real borders."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

COMMIT = ("before commit", "after commit")


def _transactions(job: str, *steps: str) -> tuple[str, ...]:
    return tuple(f"{job}: {step}: {when}" for step in steps for when in COMMIT)


def _around(job: str, *acts: str) -> tuple[str, ...]:
    return tuple(f"{job}: {when} {act}" for act in acts for when in ("before", "after"))


EARNERS = 3
"""Learners of the course who have earned a credential; one more has not."""
STEPS = {
    "hint": ("take",),
    "sweep": ("schedule",),
    "ring": ("choose",),
    "sync": ("claim", *(f"keep {number}" for number in range(1, EARNERS + 2)), "note", "finish"),
    "restate": ("claim", *(f"compare {number}" for number in range(1, EARNERS + 1)), "finish"),
    "issue": ("claim", "reserve", "keep and strike out"),
    "deliver": ("claim", "begin", "end", "move", "finish"),
}
"""The transactions of each job, in their order."""

POINTS = (
    *(point for job, steps in STEPS.items() for point in _transactions(job, *steps)),
    *_around("sync", "reading"),
    *_around("issue", "reading"),
    *(
        point
        for number in range(1, EARNERS + 1)
        for point in _around("issue", *(f"{act} {number}" for act in ("rendering", "sealing", "verifying")))
    ),
    *_around("deliver", "sending"),
    *_around("ring", "message"),
)


class Blow(StrEnum):
    """What happens at a point."""

    KILL = "SIGKILL"
    DATABASE = "database stopped"
    """Wait while the harness stops and starts the database."""
    BROKER = "broker stopped"
    """Wait while the harness stops and starts the broker."""
    FULL = "disk full"
    """SQLite may not grow by a page for half a second; PostgreSQL's tables are on a disk that is filled."""
    TWICE = "job done twice at once"
    """Wait until the lease is over and another worker does the same."""
    JUMP = "clock jumps"
    """A day forward."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to happen to a worker: ``marker`` is made when it happens, so that it happens once."""

    point: str
    blow: Blow
    marker: Path


class Points:
    """Counts where the code is and strikes at the point of its orders."""

    def __init__(self, orders: Orders | None) -> None:
        self.orders = orders
        self.skew = 0.0
        self.full = threading.Event()
        self._where = threading.local()

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Say which job this thread does."""
        before = (getattr(self._where, "job", ""), getattr(self._where, "step", 0))
        self._where.job, self._where.step, self._where.acts = name, 0, Counter()
        try:
            yield
        finally:
            self._where.job, self._where.step = before

    @property
    def name(self) -> str:
        """The job of this thread."""
        return getattr(self._where, "job", "")

    def next_step(self) -> str:
        """Name the transaction that begins."""
        self._where.step = number = getattr(self._where, "step", 0) + 1
        steps = STEPS.get(self.name, ())
        return f"{self.name}: {steps[number - 1]}" if number <= len(steps) else f"{self.name}: more"

    def reach(self, point: str) -> None:
        """Be at ``point``."""
        orders = self.orders
        if orders is None or orders.point != point or orders.marker.exists():
            return
        orders.marker.touch()
        if orders.blow is Blow.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        elif orders.blow is Blow.JUMP:
            self.skew += 86_400
        elif orders.blow is Blow.FULL:
            self.full.set()  # of SQLite
        time.sleep(1.5 if orders.blow is Blow.TWICE else 0.5)

    def next_of(self, act: str) -> str:
        """Name the next of several like acts within a job."""
        self._where.acts[act] += 1
        return f"{act} {self._where.acts[act]}"

    @contextmanager
    def around(self, act: str) -> Iterator[None]:
        """Do something outside of a transaction."""
        self.reach(f"{self.name}: before {act}")
        yield
        self.reach(f"{self.name}: after {act}")
