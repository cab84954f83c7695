"""Paces: no faster than so many a minute, across all processes.

The generic cell rate algorithm (ITU-T I.371): each act moves ``free_at`` on by one interval, and may come before it
by a tolerance. Interval and tolerance are chosen so that no minute, wherever it begins, holds more than the limit.
A ``free_at`` that no act could have left behind came from a clock that was wrong; it counts for nothing, or one host
whose clock is a day ahead would silence all others for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, case, or_, select, update

from plugin.storage.notice_tables import paces
from plugin.storage.writing import insert_if_absent

_TOLERANCE = timedelta(seconds=6)
_SPREAD = 60 + _TOLERANCE.total_seconds()
_CLOCKS_APART = timedelta(seconds=60)
"""By how much the clocks of two hosts may differ."""


class Paces:
    """Paces within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, service: str, per_minute: int, now: datetime) -> datetime | None:
        """Take the right to act once; else return when the next one is free."""
        insert_if_absent(self._connection, paces, {"service": service, "free_at": now})
        wrong = paces.c.free_at > now + _TOLERANCE + interval(per_minute) + _CLOCKS_APART
        later = case((wrong, now), (paces.c.free_at > now, paces.c.free_at), else_=now)
        free: datetime = self._connection.execute(select(later).where(paces.c.service == service)).scalar_one()
        if free > now + _TOLERANCE:
            return free - _TOLERANCE
        unmoved = (paces.c.service == service, or_(wrong, paces.c.free_at <= now + _TOLERANCE))
        moved = update(paces).where(*unmoved).values(free_at=free + interval(per_minute))
        return None if self._connection.execute(moved).rowcount == 1 else free


def interval(per_minute: int) -> timedelta:
    """Return the time between two acts at the full pace."""
    return timedelta(seconds=_SPREAD / per_minute)
