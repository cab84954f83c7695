"""Circuit breakers that all processes share: a service that keeps failing is left alone for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from plugin.storage.tables import breakers
from plugin.storage.writing import insert_if_absent

OPENS_AT = 5
"""Failures in a row."""
STAYS_OPEN = timedelta(seconds=30)


class Breakers:
    """Circuit breakers within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open_until(self, service: str) -> datetime | None:
        """Return when the service may be tried again, None where nothing speaks against trying."""
        return self._connection.execute(
            select(breakers.c.open_until).where(breakers.c.service == service)
        ).scalar_one_or_none()

    def probe(self, service: str, now: datetime) -> bool:
        """Take the right to be the only one that tries the service after its pause."""
        over = (breakers.c.service == service, breakers.c.open_until <= now)
        again = update(breakers).where(*over).values(open_until=now + STAYS_OPEN)
        return self._connection.execute(again).rowcount == 1

    def failed(self, service: str, error: str, now: datetime) -> None:
        """Count a failure; enough of them in a row open the breaker."""
        insert_if_absent(self._connection, breakers, {"service": service, "failures": 0})
        count = update(breakers).where(breakers.c.service == service)
        count = count.values(failures=breakers.c.failures + 1, error=error)
        failures = self._connection.execute(count.returning(breakers.c.failures)).scalar_one()
        if failures >= OPENS_AT:
            opened = update(breakers).where(breakers.c.service == service).values(open_until=now + STAYS_OPEN)
            self._connection.execute(opened)

    def worked(self, service: str) -> None:
        """Forget the failures."""
        broken = (breakers.c.service == service, breakers.c.failures > 0)
        self._connection.execute(update(breakers).where(*broken).values(failures=0, open_until=None, error=""))

    def failing(self, service: str) -> bool:
        """Say whether the service failed last time."""
        query = select(breakers.c.failures).where(breakers.c.service == service)
        return bool(self._connection.execute(query).scalar_one_or_none())
