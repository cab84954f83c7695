"""Launches and their single use, kept for :class:`lti.stores.LaunchStore`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import orjson
from sqlalchemy import delete, select, update
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

from lti.claims import Launch, LaunchId, VerifiedClaims, read_launch
from lti.stores import Registration
from plugin.storage.lti_tables import launches
from plugin.storage.unit_of_work import Storage

_TRIED = 50
_COLUMNS = ("id", "client_id", "claims", "launched_at")
_KEEP = f"INSERT INTO launches ({', '.join(_COLUMNS)}) VALUES ({{}}) ON CONFLICT DO NOTHING"  # noqa: S608 - constants
_PLACES = {"sqlite": ", ".join("?" * len(_COLUMNS)), "postgresql": ", ".join(["%s"] * len(_COLUMNS))}


class Launches:
    """A :class:`lti.stores.LaunchStore` on the database."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._dialect = storage.engine.dialect.name
        self._keep = _KEEP.format(_PLACES[self._dialect])
        self._lock = threading.Lock()
        self._own: PoolProxiedConnection | None = None

    def keep(self, launch: Launch, claims: VerifiedClaims) -> bool:
        """Insert the launch in one statement; False where the id exists: it is a replay.

        On the driver itself: building and caching a statement would cost more than everything else in a launch. On
        SQLite it does not wait for the disk: it survives a crash of the process, and a power cut may undo the last
        launches, which are then made again.
        """
        row = (launch.id, launch.client_id, orjson.dumps(claims).decode(), self._moment(launch.launched_at))
        with self._writer() as cursor:
            cursor.execute(self._keep, row)
            return bool(cursor.rowcount == 1)

    @contextmanager
    def _writer(self) -> Iterator[DBAPICursor]:
        """Lend a cursor and commit. On SQLite all threads share one connection: they would only queue for its lock."""
        if self._dialect != "sqlite":
            with closing(self._storage.engine.raw_connection()) as connection:
                yield connection.cursor()
                connection.commit()
            return
        with self._lock:
            if self._own is None:
                own = self._storage.engine.raw_connection()
                own.detach()
                own.cursor().execute("PRAGMA synchronous=NORMAL")
                self._own = own
            yield self._own.cursor()

    def _moment(self, moment: datetime) -> datetime | str:
        """Return the time as :class:`plugin.storage.columns.Moment` stores it."""
        if self._dialect != "sqlite":
            return moment
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    def find(self, launch: LaunchId) -> Launch | None:
        """Return a kept launch that was not ended."""
        with self._storage.read() as connection:
            row = connection.execute(select(launches).where(launches.c.id == launch)).one_or_none()
        return (
            None
            if row is None or not row.claims
            else read_launch(row.claims, LaunchId(row.id), row.client_id, row.launched_at)
        )

    def end(self, launch: LaunchId) -> None:
        """Let a launch open nothing more. Its id stays, or the same message would be accepted again."""
        with self._storage.engine.begin() as connection:
            connection.execute(update(launches).where(launches.c.id == launch).values(claims={}))

    def launched(self, registration: Registration) -> bool:
        """Say whether a launch from this platform is remembered."""
        query = select(launches.c.claims).where(launches.c.client_id == registration.client_id).limit(_TRIED)
        with self._storage.read() as connection:
            rows = connection.execute(query).all()
        return any(row.claims.get("iss") == registration.issuer for row in rows)

    def forget_before(self, moment: datetime) -> int:
        """Delete launches older than ``moment`` and return how many."""
        with self._storage.engine.begin() as connection:
            return connection.execute(delete(launches).where(launches.c.launched_at < moment)).rowcount
