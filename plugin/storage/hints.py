"""Events that a platform sent: each is taken once; they only hasten a sync and decide nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete

from mappings.assessment import PlatformId
from plugin.storage.tables import hints
from plugin.storage.writing import insert_if_absent


class Hints:
    """Received events within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, platform: PlatformId, event_id: str, now: datetime) -> bool:
        """Remember an event. False where it came before."""
        row = {"platform_id": platform, "event_id": event_id, "received_at": now}
        return insert_if_absent(self._connection, hints, row)

    def forget_before(self, moment: datetime) -> int:
        """Forget old events: what comes that late only hastens one more sync."""
        return self._connection.execute(delete(hints).where(hints.c.received_at < moment)).rowcount
