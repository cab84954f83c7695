"""The outbox: work that has to be done, written in the very transaction that makes it necessary.

One row per (topic, row id), however often the work is asked for. The queue only rings; whoever claims the row holds
it by a lease that ends by itself, and only a row that was done as often as it was asked for disappears. Rows of one
``batch`` may be done together: a message names the batch, and whoever comes claims the next of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, delete, func, or_, select, tuple_, update

from plugin.storage.queued import Queued, Topic, Trouble
from plugin.storage.tables import awards, outbox
from plugin.storage.writing import conflict_insert

__all__ = ["Lease", "Outbox", "Parked", "Ring", "Topic"]
ROWS_A_RING = 1_000
"""Rows that are rung for in one transaction, so that it stays short."""
RINGS_A_BATCH = 16
"""Messages of one batch that may be unanswered: enough for every worker, and no course crowds out the others."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A message to send: of which batch work is due."""

    topic: Topic
    batch: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a piece of work until it ends. ``attempt`` counts from 1.

    ``abandoned`` counts the leases before this one that ended without a word: their workers were lost.
    """

    topic: Topic
    row_id: str
    request: int
    token: str
    attempt: int
    abandoned: int = 0


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

    def request(
        self, topic: Topic, row_id: str, now: datetime, *, due_at: datetime | None = None, batch: str = ""
    ) -> None:
        """Ask for work; asking again while it waits or runs means that it is done once more after that."""
        self.request_all(topic, (row_id,), now, due_at=due_at, batch=batch)

    def request_all(
        self, topic: Topic, row_ids: Collection[str], now: datetime, *, due_at: datetime | None = None, batch: str = ""
    ) -> None:
        """Ask for work on each row; where no ``batch`` is named each is done for itself."""
        due = due_at or now
        insert = conflict_insert(self._connection, outbox)
        again = {
            "batch": insert.excluded.batch,
            "request": outbox.c.request + 1,
            "due_at": case((outbox.c.due_at < due, outbox.c.due_at), else_=due),
            "rung_at": None,
            "parked_at": None,
            "attempts": 0,
            "abandoned": 0,
        }
        rows = [
            {"topic": topic, "row_id": row_id, "batch": batch or row_id, "due_at": due, "requested_at": now}
            for row_id in sorted(row_ids)
        ]
        if rows:
            key = [outbox.c.topic, outbox.c.row_id]
            self._connection.execute(insert.on_conflict_do_update(index_elements=key, set_=again), rows)

    def claim(self, topic: Topic, batch: str, now: datetime, lease: timedelta, *, most: int = 1) -> tuple[Lease, ...]:
        """Take up to ``most`` pieces of a batch: what is due, not parked and in nobody's hands, the oldest first.

        What was rung for comes before all else: a message that did other work would leave it counted as unanswered,
        and nobody would ring until it is taken for lost. Work whose worker was lost is taken alone: what kills its
        worker shall not take others with it.
        """
        due = (outbox.c.topic == topic, outbox.c.batch == batch, *_due(now))
        query = select(outbox.c.row_id, outbox.c.lease_token).where(*due)
        query = query.order_by(outbox.c.rung_at.is_(None), outbox.c.due_at, outbox.c.row_id)
        rows = self._connection.execute(query.limit(most).with_for_update(skip_locked=True)).all()
        if not rows:
            return ()
        lost_first = rows[0].lease_token is not None
        row_ids = [rows[0].row_id] if lost_first else [row.row_id for row in rows if row.lease_token is None]
        if len(row_ids) < len(rows):  # the message was for all of them
            left = [row.row_id for row in rows if row.row_id not in row_ids]
            self._connection.execute(update(outbox).where(_among(topic, left)).values(rung_at=None))
        return self._take(topic, row_ids, now + lease)

    def _take(self, topic: Topic, row_ids: Sequence[str], until: datetime) -> tuple[Lease, ...]:
        token = secrets.token_hex(8)
        values = {"lease_until": until, "lease_token": token, "rung_at": None}
        lost = case((outbox.c.lease_token.is_not(None), outbox.c.abandoned + 1), else_=0)
        taken = (
            update(outbox)
            .where(_among(topic, row_ids))
            .values(**values, attempts=outbox.c.attempts + 1, abandoned=lost)
            .returning(outbox.c.row_id, outbox.c.request, outbox.c.attempts, outbox.c.abandoned)
        )
        return tuple(
            Lease(topic, row.row_id, row.request, token, row.attempts, row.abandoned)
            for row in self._connection.execute(taken)
        )

    def finish(self, leases: Collection[Lease]) -> None:
        """Strike the work out as done. Where it was asked for again meanwhile it stays and is due."""
        done, free = (
            delete(outbox),
            {"lease_until": None, "lease_token": None, "rung_at": None, "attempts": 0, "error": ""},
        )
        for held, together in _by_token(leases):
            requested = [(lease.row_id, lease.request) for lease in together]
            as_asked = tuple_(outbox.c.row_id, outbox.c.request).in_(requested)
            if self._connection.execute(done.where(held, as_asked)).rowcount < len(together):
                self._connection.execute(update(outbox).where(held).values(**free))

    def hold(self, leases: Collection[Lease], until: datetime) -> bool:
        """Hold work for longer. False where nothing of it is held any more: the lease was over, and others came."""
        changes = [update(outbox).where(held).values(lease_until=until) for held, _ in _by_token(leases)]
        return sum(self._connection.execute(change).rowcount for change in changes) > 0

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
        free = {"parked_at": None, "attempts": 0, "abandoned": 0, "due_at": now, "rung_at": None}
        return self._connection.execute(update(outbox).where(outbox.c.parked_at.is_not(None)).values(**free)).rowcount

    def ring(
        self, now: datetime, *, in_flight: int, again_after: timedelta, at_once: Mapping[Topic, int] | None = None
    ) -> tuple[Ring, ...]:
        """Choose what to ring for: due, free, and not rung for lately. Never more than ``in_flight`` unanswered.

        ``at_once`` says how much of a batch one message gets done, where that is more than one row.
        """
        sizes, since = at_once or {}, now - again_after
        unanswered = {
            (row.topic, row.batch): _messages(row.rows, sizes.get(Topic(row.topic), 1))
            for row in self._connection.execute(_rung_since(since))
        }
        full = [batch for (_, batch), messages in unanswered.items() if messages >= RINGS_A_BATCH]
        room = in_flight - sum(unanswered.values())
        chosen = _fitting(self._silent(now, since, full), sizes, room, unanswered) if room > 0 else {}
        for ring, row_ids in chosen.items():
            self._connection.execute(update(outbox).where(_among(ring.topic, row_ids)).values(rung_at=now))
        return tuple(
            ring for ring, row_ids in chosen.items() for _ in range(_messages(len(row_ids), sizes.get(ring.topic, 1)))
        )

    def unring(self, rings: Collection[Ring], rung_at: datetime) -> None:
        """Take back rings of ``rung_at`` that reached nobody, so that they need not be taken for lost first."""
        for ring in set(rings):
            rung = (outbox.c.topic == ring.topic, outbox.c.batch == ring.batch, outbox.c.rung_at == rung_at)
            self._connection.execute(update(outbox).where(*rung).values(rung_at=None))

    def _silent(self, now: datetime, since: datetime, full: Sequence[str]) -> Sequence[Row[Any, Any, Any]]:
        """Lock and return the oldest work that is due and not rung for, but for the batches that are ``full``.

        Status lists go first: a revocation is public within a minute, whatever else is to be done.
        """
        silent = or_(outbox.c.rung_at.is_(None), outbox.c.rung_at <= since)
        query = select(outbox.c.topic, outbox.c.batch, outbox.c.row_id)
        query = query.where(*_due(now), silent, outbox.c.batch.not_in(full))
        query = query.order_by(outbox.c.topic != Topic.STATUS, outbox.c.due_at)
        return self._connection.execute(query.limit(ROWS_A_RING).with_for_update(skip_locked=True)).all()

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

    def troubles(self) -> tuple[Trouble, ...]:
        """Return what is tried again after a failure: an outage of others is seen here first."""
        failed = (outbox.c.parked_at.is_(None), outbox.c.error != "")
        counted = select(outbox.c.topic, outbox.c.error, func.count(), func.min(outbox.c.due_at)).where(*failed)
        rows = self._connection.execute(counted.group_by(outbox.c.topic, outbox.c.error))
        return tuple(Trouble(Topic(topic), *told) for topic, *told in sorted(rows, key=tuple))

    def by_offer(self) -> dict[str, Queued]:
        """Return what is asked for of each course, its own reading and its awards, by offer id."""
        offer = func.coalesce(awards.c.offer_id, outbox.c.row_id)
        parked = func.count(outbox.c.parked_at)
        next_due = func.min(case((outbox.c.parked_at.is_(None), outbox.c.due_at)))
        query = select(offer, func.count() - parked, parked, next_due)
        query = query.select_from(outbox.outerjoin(awards, awards.c.id == outbox.c.row_id)).group_by(offer)
        return {offer_id: Queued(*queued) for offer_id, *queued in self._connection.execute(query)}

    def parked(self) -> tuple[Parked, ...]:
        """Return what was put aside, oldest first."""
        query = select(outbox).where(outbox.c.parked_at.is_not(None)).order_by(outbox.c.parked_at)
        return tuple(_parked(row) for row in self._connection.execute(query))


def _among(topic: str, row_ids: Collection[str]) -> ColumnElement[bool]:
    return and_(outbox.c.topic == topic, outbox.c.row_id.in_(row_ids))


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Say what may be claimed: due, not put aside, and in nobody's hands."""
    free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    return outbox.c.due_at <= now, outbox.c.parked_at.is_(None), free


def _held_by(lease: Lease) -> ColumnElement[bool]:
    return and_(_among(lease.topic, (lease.row_id,)), outbox.c.lease_token == lease.token)


def _by_token(leases: Iterable[Lease]) -> Iterable[tuple[ColumnElement[bool], list[Lease]]]:
    """Yield leases that were claimed together, with the condition that they are held still."""
    claims: dict[tuple[Topic, str], list[Lease]] = {}
    for lease in leases:
        claims.setdefault((lease.topic, lease.token), []).append(lease)
    for (topic, token), together in claims.items():
        yield and_(_among(topic, [lease.row_id for lease in together]), outbox.c.lease_token == token), together


def _messages(rows: int, at_once: int) -> int:
    return -(-rows // at_once)


def _rung_since(moment: datetime) -> Select[Any]:
    rung = select(outbox.c.topic, outbox.c.batch, func.count().label("rows")).where(outbox.c.rung_at > moment)
    return rung.group_by(outbox.c.topic, outbox.c.batch)


def _fitting(
    rows: Sequence[Row[Any, Any, Any]],
    sizes: Mapping[Topic, int],
    room: int,
    unanswered: Mapping[tuple[str, str], int],
) -> dict[Ring, list[str]]:
    """Return the row ids to ring for, by message: as many as there is room for, and not too many of one batch."""
    chosen: dict[Ring, list[str]] = {}
    for row in rows:
        ring, size = Ring(Topic(row.topic), row.batch), sizes.get(Topic(row.topic), 1)
        there = chosen.get(ring, [])
        begins_message = len(there) % size == 0
        own = _messages(len(there), size) + unanswered.get((row.topic, row.batch), 0)
        if begins_message and (room <= 0 or own >= RINGS_A_BATCH):
            continue
        room -= begins_message
        chosen.setdefault(ring, []).append(row.row_id)
    return chosen


def _parked(row: Row[tuple[object, ...]]) -> Parked:
    return Parked(Topic(row.topic), row.row_id, row.error, row.attempts, row.parked_at)
