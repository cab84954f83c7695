"""The time limit of a job: a process whose job takes too long is ended, and somebody else does the work.

Threads cannot be interrupted, and Celery's limits hold for its process pool only. So a job that hangs takes its
process along: the supervisor starts another one, the lease ends by itself, and the outbox counts how many workers were
lost with the same work.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

log = structlog.get_logger(__name__)
HARD_LIMIT = 300.0
"""Seconds that a job may take. Every call to others has a much shorter timeout of its own."""
EXIT_CODE = 75
"""Of a process that was ended (EX_TEMPFAIL: start it again)."""


def end_process() -> None:
    """End this process at once, as a kill would: nothing that hangs may hold it up."""
    os._exit(EXIT_CODE)


@dataclass(frozen=True, slots=True)
class Watch:
    """Watches the jobs of this process; ``end`` is called when one of them takes longer than ``limit`` seconds."""

    limit: float = HARD_LIMIT
    end: Callable[[], None] = end_process

    @contextmanager
    def over(self, topic: str, batch: str) -> Iterator[None]:
        """Watch one job, done in this block."""
        timer = threading.Timer(self.limit, self._end, (topic, batch))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self, topic: str, batch: str) -> None:
        log.error("job_too_long", topic=topic, row_id=batch, seconds=self.limit)
        self.end()
