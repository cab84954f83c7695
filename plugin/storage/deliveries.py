"""Hand-overs: one row per credential and channel, written before anything is sent, so that nothing is sent twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from plugin.storage.journal import Notes
from plugin.storage.tables import deliveries
from plugin.storage.writing import insert_if_absent

UNKNOWN = ""
"""Begun and never ended: the process died while it sent. It may have arrived, so it is not sent again."""


class Deliveries:
    """Hand-overs within one transaction."""

    def __init__(self, connection: Connection, notes: Notes) -> None:
        self._connection = connection
        self._notes = notes

    def begin(self, credential_id: str, channel: str, now: datetime) -> bool:
        """Take the one right to send on this channel. False where it was taken before."""
        row = {"credential_id": credential_id, "channel": channel, "begun_at": now}
        self._notes.told(credential_id, channel)
        return insert_if_absent(self._connection, deliveries, row)

    def end(self, credential_id: str, channel: str, outcome: str, now: datetime) -> None:
        """Keep how it went: ``sent`` or a code."""
        one = (deliveries.c.credential_id == credential_id, deliveries.c.channel == channel)
        self._connection.execute(update(deliveries).where(*one).values(outcome=outcome, ended_at=now))

    def give_back(self, credential_id: str, channel: str) -> None:
        """Give the right back: nothing was sent, the other side could not even be reached."""
        one = (deliveries.c.credential_id == credential_id, deliveries.c.channel == channel)
        self._connection.execute(delete(deliveries).where(*one, deliveries.c.ended_at.is_(None)))

    def outcomes(self, credential_id: str) -> dict[str, str]:
        """Return the outcome by channel; :data:`UNKNOWN` where it was never told."""
        query = select(deliveries.c.channel, deliveries.c.outcome).where(deliveries.c.credential_id == credential_id)
        return {row.channel: row.outcome for row in self._connection.execute(query)}
