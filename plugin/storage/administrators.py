"""Links by which administrators come in: kept as digests, good once and for minutes."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, insert, update

from plugin.storage.lti_tables import administrator_links


class AdministratorLinks:
    """The links within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: str, name: str, expires_at: datetime) -> None:
        """Keep a new link for ``name``."""
        row = {"digest": _digest(token), "name": name, "expires_at": expires_at}
        self._connection.execute(insert(administrator_links).values(**row))

    def spend(self, token: str, now: datetime) -> str:
        """Spend an open link and return for whom it is; empty where it is unknown, spent or over."""
        links = administrator_links.c
        is_open = (links.digest == _digest(token), links.spent_at.is_(None), links.expires_at > now)
        spent = update(administrator_links).where(*is_open).values(spent_at=now).returning(links.name)
        return str(self._connection.execute(spent).scalar() or "")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
