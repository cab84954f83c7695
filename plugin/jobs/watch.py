"""The time limits of a job: at the soft one it is told to stop, at the hard one its process ends.

Threads cannot be interrupted, and Celery's limits hold for its process pool only. So whoever works asks at each safe
point whether the time is up (:mod:`plugin.turn`). A job that hangs takes its process along: the supervisor starts
another one, the lease ends by itself, and the outbox counts how many workers were lost with the same work.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from plugin.turn import Turn, taking

log = structlog.get_logger(__name__)
HARD_LIMIT = 300.0
"""Seconds in which a job must get on. Every call to others has a much shorter timeout of its own."""
SOFT_LIMIT = 240.0
"""Seconds after which a job is told to stop."""
READING_LIMIT = 1200.0
"""The same for reading a course, which gets on with every answer. RabbitMQ takes a message back after half an hour."""
EXIT_CODE = 75
"""Of a process that was ended (EX_TEMPFAIL: start it again)."""


def end_process() -> None:
    """End this process at once, as a kill would: nothing that hangs may hold it up."""
    os._exit(EXIT_CODE)


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the jobs of this process; ``end`` is called when one of them does not get on for ``limit`` seconds."""

    limit: float = HARD_LIMIT
    end: Callable[[], None] = end_process
    closing: threading.Event = field(default_factory=threading.Event)
    """Set when the process is told to end: whoever stops it waits a minute, a reading may take twenty."""

    @contextmanager
    def over(self, topic: str, batch: str, turn: Turn) -> Iterator[None]:
        """Watch one job, done in this block within ``turn``."""
        done = threading.Event()
        threading.Thread(target=self._look, args=(topic, batch, turn, done), daemon=True).start()
        try:
            with taking(turn):
                yield
        finally:
            done.set()

    def _look(self, topic: str, batch: str, turn: Turn, done: threading.Event) -> None:
        while not done.wait(max(0.0, self.limit - turn.idle)):
            if turn.idle >= self.limit:
                log.error("job_too_long", topic=topic, row_id=batch, seconds=self.limit)
                return self.end()
        return None
