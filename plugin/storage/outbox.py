"""The outbox: work that has to be done, written in the very transaction that makes it necessary.

One row per (topic, row id), however often the work is asked for. The queue only rings; whoever takes the row holds
it by a lease that ends by itself, and only a row that was done as often as it was asked for disappears.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, or_, select, update

from plugin.storage.tables import outbox
from plugin.storage.writing import conflict_insert


class Topic(StrEnum):
    """Kinds of work. ``row_id`` is the id of an offer for SYNC, of an award for the others."""

    SYNC = "sync"
    ISSUE = "issue"
    DELIVER = "deliver"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Ring:
    """A message to send: which work is due."""

    topic: Topic
    row_id: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a piece of work until it ends. ``attempt`` counts from 1."""

    topic: Topic
    row_id: str
    request: int
    token: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Parked:
    """Work that failed too often or for good, with its error; it waits for ``microcred retry``."""

    topic: Topic
    row_id: str
    error: str
    attempts: int
    parked_at: datetime


class Outbox:
    """The outbox within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def request(self, topic: Topic, row_id: str, now: datetime, *, due_at: datetime | None = None) -> None:
        """Ask for work; asking again while it waits or runs means that it is done once more after that."""
        due = due_at or now
        insert = conflict_insert(self._connection, outbox).values(
            topic=topic, row_id=row_id, due_at=due, requested_at=now
        )
        again = {
            "request": outbox.c.request + 1,
            "due_at": case((outbox.c.due_at < due, outbox.c.due_at), else_=due),
            "rung_at": None,
            "parked_at": None,
            "attempts": 0,
        }
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=[outbox.c.topic, outbox.c.row_id], set_=again)
        )

    def take(self, topic: Topic, row_id: str, now: datetime, lease: timedelta) -> Lease | None:
        """Take the work, None where it is done, not due, parked or in somebody's hands."""
        token = secrets.token_hex(8)
        statement = (
            update(outbox)
            .where(_is(topic, row_id), outbox.c.due_at <= now, outbox.c.parked_at.is_(None), _free(now))
            .values(lease_until=now + lease, lease_token=token, attempts=outbox.c.attempts + 1)
            .returning(outbox.c.request, outbox.c.attempts)
        )
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else Lease(topic, row_id, row.request, token, row.attempts)

    def finish(self, lease: Lease) -> None:
        """Strike the work out as done. Where it was asked for again meanwhile it stays and is due."""
        done = delete(outbox).where(_held_by(lease), outbox.c.request == lease.request)
        if self._connection.execute(done).rowcount == 0:
            free = {"lease_until": None, "lease_token": None, "rung_at": None, "attempts": 0}
            self._connection.execute(update(outbox).where(_held_by(lease)).values(**free))

    def postpone(self, lease: Lease, due_at: datetime, error: str, *, counts: bool = True) -> None:
        """Try again at ``due_at``. Where the fault is not the work's own (``counts`` False) no attempt is lost."""
        values: dict[str, object] = {"lease_until": None, "lease_token": None, "rung_at": None}
        values |= {"due_at": due_at, "error": error}
        if not counts:
            values["attempts"] = outbox.c.attempts - 1
        self._connection.execute(update(outbox).where(_held_by(lease)).values(**values))

    def park(self, lease: Lease, now: datetime, error: str) -> None:
        """Put poison work aside with its error: it never blocks the rest."""
        values = {"lease_until": None, "lease_token": None, "parked_at": now, "error": error}
        self._connection.execute(update(outbox).where(_held_by(lease)).values(**values))

    def retry_parked(self, now: datetime) -> int:
        """Make all parked work due. Returns how many."""
        free = {"parked_at": None, "attempts": 0, "due_at": now, "rung_at": None}
        return self._connection.execute(update(outbox).where(outbox.c.parked_at.is_not(None)).values(**free)).rowcount

    def ring(self, now: datetime, *, in_flight: int, again_after: timedelta) -> tuple[Ring, ...]:
        """Choose what to ring for: due, free, and not rung for lately. Never more than ``in_flight`` unanswered."""
        silent = or_(outbox.c.rung_at.is_(None), outbox.c.rung_at <= now - again_after)
        unanswered = select(func.count()).select_from(outbox).where(outbox.c.rung_at > now - again_after)
        room = in_flight - self._connection.execute(unanswered).scalar_one()
        if room <= 0:
            return ()
        due = and_(outbox.c.due_at <= now, outbox.c.parked_at.is_(None), _free(now), silent)
        query = select(outbox.c.topic, outbox.c.row_id).where(due).order_by(outbox.c.due_at).limit(room)
        rows = self._connection.execute(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            self._connection.execute(update(outbox).where(_is(row.topic, row.row_id)).values(rung_at=now))
        return tuple(Ring(Topic(row.topic), row.row_id) for row in rows)

    def waiting(self, topic: Topic | None = None) -> int:
        """Count the work that is not done and not parked."""
        query = select(func.count()).select_from(outbox).where(outbox.c.parked_at.is_(None))
        if topic is not None:
            query = query.where(outbox.c.topic == topic)
        return self._connection.execute(query).scalar_one()

    def next_due(self) -> datetime | None:
        """Return when the next piece of work is due."""
        query = select(func.min(outbox.c.due_at)).where(outbox.c.parked_at.is_(None))
        due: datetime | None = self._connection.execute(query).scalar_one()
        return due

    def parked(self) -> tuple[Parked, ...]:
        """Return what was put aside, oldest first."""
        query = select(outbox).where(outbox.c.parked_at.is_not(None)).order_by(outbox.c.parked_at)
        return tuple(_parked(row) for row in self._connection.execute(query))


def _is(topic: str, row_id: str) -> ColumnElement[bool]:
    return and_(outbox.c.topic == topic, outbox.c.row_id == row_id)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)


def _held_by(lease: Lease) -> ColumnElement[bool]:
    return and_(_is(lease.topic, lease.row_id), outbox.c.lease_token == lease.token)


def _parked(row: Row[tuple[object, ...]]) -> Parked:
    return Parked(Topic(row.topic), row.row_id, row.error, row.attempts, row.parked_at)
