"""The bell: sends a message for each piece of work that is due, after the transaction that made it due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from plugin.storage.outbox import Ring, Topic
from plugin.storage.unit_of_work import Storage

log = structlog.get_logger(__name__)
AGAIN_AFTER = timedelta(seconds=60)
"""After so long without an answer a message is taken for lost and sent again."""

_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
"""A broker that was restarted leaves every process a dead connection: its next message needs a new one."""


def task_name(topic: Topic) -> str:
    """Return the name of the task that does the work of ``topic``."""
    return f"microcred.{topic}"


@dataclass(frozen=True, slots=True)
class Bell:
    """Rings for due work; never more than ``in_flight`` messages wait in the broker.

    ``at_once`` says how many rows of a batch one message gets done, where that is more than one.
    """

    storage: Storage
    queue: Celery
    in_flight: int
    clock: Callable[[], datetime]
    again_after: timedelta = AGAIN_AFTER
    at_once: Mapping[Topic, int] = field(default_factory=dict)

    def ring(self) -> int:
        """Send what is due; where the broker is down the rows wait for the next sweep. Returns how many were sent."""
        now = self.clock()
        with self.storage.begin() as work:
            rings = work.outbox.ring(now, in_flight=self.in_flight, again_after=self.again_after, at_once=self.at_once)
        sent = sum(1 for _ in takewhile(self._send, rings))
        if sent < len(rings):
            with self.storage.begin() as work:
                work.outbox.unring(rings[sent:], now)
        return sent

    def _send(self, ring: Ring) -> bool:
        try:
            self.queue.send_task(task_name(ring.topic), args=(ring.batch,), retry=True, retry_policy=_ONCE_MORE)
        except (OperationalError, OSError) as error:
            log.warning("broker_unreachable", topic=ring.topic, error=type(error).__name__)
            return False
        return True
