"""Administrators: the links by which they come in, good once and for minutes, and their sign-ins. Kept as digests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from plugin.storage.lti_tables import administrator_links, administrator_sessions


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that was not used yet. ``id`` opens nothing: it is the digest of what does."""

    id: str
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in; ``id`` is the digest of what its browser holds, ``came_by`` says how it began."""

    id: str
    name: str
    came_by: str
    began_at: datetime
    seen_at: datetime


class AdministratorLinks:
    """The links within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: str, name: str, expires_at: datetime) -> None:
        """Keep a new link for ``name``."""
        row = {"digest": digest(token), "name": name, "expires_at": expires_at}
        self._connection.execute(insert(administrator_links).values(**row))

    def spend(self, token: str, now: datetime) -> str:
        """Spend an open link and return for whom it is; empty where it is unknown, spent or over."""
        return self.withdraw(digest(token), now)

    def withdraw(self, link: str, now: datetime) -> str:
        """Spend an open link by its id, so that nobody comes in by it. Returns as :meth:`spend` does."""
        spent = update(administrator_links).where(administrator_links.c.digest == link, *_unspent(now))
        return str(
            self._connection.execute(spent.values(spent_at=now).returning(administrator_links.c.name)).scalar() or ""
        )

    def open(self, now: datetime) -> tuple[OpenLink, ...]:
        """Return the links by which somebody may still come in."""
        links = administrator_links.c
        query = select(links.digest, links.name, links.expires_at).where(*_unspent(now)).order_by(links.expires_at)
        return tuple(OpenLink(*row) for row in self._connection.execute(query))


class AdministratorSessions:
    """The sign-ins within one transaction. ``began`` and ``seen`` are moments before which they are over."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, token: str, name: str, came_by: str, now: datetime) -> None:
        """Keep a new sign-in."""
        row = {"digest": digest(token), "name": name, "came_by": came_by, "began_at": now, "seen_at": now}
        self._connection.execute(insert(administrator_sessions).values(**row))

    def find(self, token: str, *, began: datetime, seen: datetime) -> SignIn | None:
        """Return the open sign-in of what a browser holds."""
        known = administrator_sessions.c.digest == digest(token)
        return next(iter(self._of(known, *_running(began, seen))), None)

    def open(self, *, began: datetime, seen: datetime) -> tuple[SignIn, ...]:
        """Return every open sign-in, the one that was used last first."""
        return self._of(*_running(began, seen))

    def touch(self, session: str, now: datetime) -> None:
        """Remember that a sign-in was used."""
        row = administrator_sessions.c.digest == session
        self._connection.execute(update(administrator_sessions).where(row).values(seen_at=now))

    def end(self, session: str, now: datetime) -> str:
        """End a sign-in by its id and return whose it was; empty where it is unknown or has ended."""
        sessions = administrator_sessions.c
        which = (sessions.digest == session, sessions.ended_at.is_(None))
        ended = update(administrator_sessions).where(*which).values(ended_at=now).returning(sessions.name)
        return str(self._connection.execute(ended).scalar() or "")

    def _of(self, *which: ColumnElement[bool]) -> tuple[SignIn, ...]:
        sessions = administrator_sessions.c
        query = select(sessions.digest, sessions.name, sessions.came_by, sessions.began_at, sessions.seen_at)
        rows = self._connection.execute(query.where(*which).order_by(sessions.seen_at.desc()))
        return tuple(SignIn(*row) for row in rows)


def digest(token: str) -> str:
    """Return the id of what somebody holds: knowing it opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def _unspent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return administrator_links.c.spent_at.is_(None), administrator_links.c.expires_at > now


def _running(began: datetime, seen: datetime) -> tuple[ColumnElement[bool], ...]:
    sessions = administrator_sessions.c
    return sessions.ended_at.is_(None), sessions.began_at > began, sessions.seen_at > seen
