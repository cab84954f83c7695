"""Sums over everything, for whoever watches the bridge. The canary's awards are no awards and count nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from plugin.storage.awards import State
from plugin.storage.outbox import Topic
from plugin.storage.tables import awards, credentials, hints, outbox, platforms, status_lists

CANARY = "canary"
"""Kind of the platform on which the prober tries the whole line."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many there are, and since when the oldest is there."""

    count: int
    since: datetime | None


class Totals:
    """Sums within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def awards(self) -> Mapping[str, Total]:
        """Return the awards by state."""
        query = select(awards.c.state, func.count(), func.min(awards.c.moved_at))
        query = query.join_from(awards, platforms, awards.c.platform_id == platforms.c.id)
        rows = self._connection.execute(query.where(platforms.c.kind != CANARY).group_by(awards.c.state))
        return {state: Total(count, since) for state, count, since in rows}

    def held(self) -> Mapping[str, int]:
        """Return how many awards wait for a person by the code of the reason; one award may wait for several."""
        query = select(awards.c.reasons).join_from(awards, platforms, awards.c.platform_id == platforms.c.id)
        rows = self._connection.execute(query.where(awards.c.state == State.HELD, platforms.c.kind != CANARY)).scalars()
        return Counter(code for reasons in rows for code in {reason["code"] for reason in reasons})

    def work(self, *, parked: bool) -> Mapping[str, Total]:
        """Return the work that waits, or that was put aside, by topic; ``since`` is when it was asked for."""
        which = outbox.c.parked_at.is_not(None) if parked else outbox.c.parked_at.is_(None)
        query = select(outbox.c.topic, func.count(), func.min(outbox.c.requested_at)).where(which)
        rows = {
            topic: Total(count, since)
            for topic, count, since in self._connection.execute(query.group_by(outbox.c.topic))
        }
        return {topic.value: rows.get(topic, Total(0, None)) for topic in Topic}

    def free_indices(self) -> int | None:
        """Return how many places the open status list has left, None where there is no list yet."""
        newest = select(status_lists.c.id, status_lists.c.size, status_lists.c.decoys).where(status_lists.c.open)
        row = self._connection.execute(newest.order_by(status_lists.c.created_at.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        taken = select(func.count()).select_from(credentials).where(credentials.c.status_list_id == row.id)
        return int(row.size) - len(row.decoys) - self._connection.execute(taken).scalar_one()

    def last_event(self) -> datetime | None:
        """Return when a platform last pushed an event."""
        last: datetime | None = self._connection.execute(select(func.max(hints.c.received_at))).scalar_one()
        return last
