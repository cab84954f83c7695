"""Launches and their single use, kept for :class:`lti.stores.LaunchStore`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from lti.claims import KEPT, Launch, LaunchId, VerifiedClaims, read_launch
from lti.stores import Registration
from plugin.storage.lti_tables import launches
from plugin.storage.unit_of_work import Storage
from plugin.storage.writing import insert_if_absent

_TRIED = 50


class Launches:
    """A :class:`lti.stores.LaunchStore` on the database."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keep(self, launch: Launch, claims: VerifiedClaims) -> bool:
        """Insert the launch in one statement; False where the id exists: it is a replay."""
        kept = {name: claims[name] for name in KEPT if name in claims}
        row = {"id": launch.id, "client_id": launch.client_id, "claims": kept, "launched_at": launch.launched_at}
        with self._storage.engine.begin() as connection:
            return insert_if_absent(connection, launches, row)

    def find(self, launch: LaunchId) -> Launch | None:
        """Return a kept launch."""
        with self._storage.read() as connection:
            row = connection.execute(select(launches).where(launches.c.id == launch)).one_or_none()
        return None if row is None else read_launch(row.claims, LaunchId(row.id), row.client_id, row.launched_at)

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
