"""Hand-overs: one row per credential, notice and channel, written before anything is sent: nothing is sent twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from plugin.storage.journal import Notes
from plugin.storage.notice_tables import hand_overs
from plugin.storage.tables import awards, credentials
from plugin.storage.writing import insert_if_absent


class Outcome(StrEnum):
    """What became of a notice on one channel. Nothing here says that anybody has read it."""

    BEGUN = ""
    """Begun and never ended: the process died while it sent. It may have arrived, so it is not sent again."""
    SENT = "sent"
    PERHAPS = "perhaps"
    """The other side had it and did not answer. It may have arrived, so it is not sent again."""
    FAILED = "failed"
    """Not sent, and trying again does not help."""
    AGAIN = "again"
    """Not sent, and it is tried again."""
    MUTED = "muted"
    """Not sent, because the holder wants no notices of this kind."""


TOLD = frozenset({Outcome.BEGUN, Outcome.SENT, Outcome.PERHAPS})
"""Outcomes after which the person may have been told."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over where: the key of a row."""

    credential_id: str
    notice: str
    channel: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """A row. ``error`` is the code of what went wrong last."""

    parcel: Parcel
    outcome: Outcome
    error: str
    begun_at: datetime
    ended_at: datetime | None


class Deliveries:
    """Hand-overs within one transaction."""

    def __init__(self, connection: Connection, notes: Notes) -> None:
        self._connection = connection
        self._notes = notes

    def begin(self, parcel: Parcel, now: datetime) -> bool:
        """Take the one right to send. False where it was taken before and nobody gave it back."""
        row = {"credential_id": parcel.credential_id, "notice": parcel.notice, "channel": parcel.channel}
        self._notes.told(parcel.credential_id, parcel.notice, parcel.channel)
        if insert_if_absent(self._connection, hand_overs, {**row, "begun_at": now}):
            return True
        given_back = update(hand_overs).where(_is(parcel), hand_overs.c.outcome == Outcome.AGAIN)
        return self._connection.execute(given_back.values(outcome=Outcome.BEGUN, error="")).rowcount == 1

    def end(self, parcel: Parcel, outcome: Outcome, error: str, now: datetime) -> None:
        """Keep how it went. AGAIN gives the right back: nothing was sent."""
        ended = None if outcome is Outcome.AGAIN else now
        said = {"outcome": outcome, "error": error, "ended_at": ended}
        self._connection.execute(update(hand_overs).where(_is(parcel)).values(**said))

    def get(self, parcel: Parcel) -> HandOver | None:
        """Return a hand-over, None where it never began."""
        row = self._connection.execute(select(hand_overs).where(_is(parcel))).one_or_none()
        return None if row is None else _hand_over(row)

    def of(self, credential_ids: Collection[str]) -> Mapping[str, tuple[HandOver, ...]]:
        """Return the hand-overs by credential id, oldest first."""
        query = select(hand_overs).where(hand_overs.c.credential_id.in_(credential_ids))
        found: dict[str, tuple[HandOver, ...]] = {}
        for row in self._connection.execute(query.order_by(hand_overs.c.begun_at, hand_overs.c.channel)):
            found[row.credential_id] = (*found.get(row.credential_id, ()), _hand_over(row))
        return found

    def counts(self, offer_id: str) -> Mapping[tuple[str, Outcome], int]:
        """Return how many notices about credentials of an offer had which outcome on which channel."""
        columns = (hand_overs.c.channel, hand_overs.c.outcome)
        joined = hand_overs.join(credentials, credentials.c.id == hand_overs.c.credential_id)
        joined = joined.join(awards, awards.c.id == credentials.c.award_id)
        query = select(*columns, func.count()).select_from(joined).where(awards.c.offer_id == offer_id)
        rows = self._connection.execute(query.group_by(*columns))
        return {(channel, Outcome(outcome)): count for channel, outcome, count in rows}


def _is(parcel: Parcel) -> ColumnElement[bool]:
    return and_(
        hand_overs.c.credential_id == parcel.credential_id,
        hand_overs.c.notice == parcel.notice,
        hand_overs.c.channel == parcel.channel,
    )


def _hand_over(row: Row[Any]) -> HandOver:
    parcel = Parcel(row.credential_id, row.notice, row.channel)
    return HandOver(parcel, Outcome(row.outcome), row.error, row.begun_at, row.ended_at)
