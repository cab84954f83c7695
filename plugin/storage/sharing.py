"""What a learner opened to others: share links to one credential, and the recovery link to all of their own.

A share token is kept as it is, because the learner copies it again and again; it opens one credential to be read.
A recovery token opens everything that a learner holds, so only its digest is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from mappings.assessment import LearnerId, PlatformId
from plugin.storage.page_tables import recovery_links, shares


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds credentials: a person of a platform, never an e-mail address."""

    platform: PlatformId
    learner: LearnerId


@dataclass(frozen=True, slots=True)
class Share:
    """A link to one credential. ``views`` counts looks, and nothing about who looked is kept."""

    token: str
    credential_id: str
    created_at: datetime
    ends_at: datetime | None
    closed_at: datetime | None
    views: int

    def is_open(self, now: datetime) -> bool:
        """Whether the link shows the credential at ``now``."""
        return self.closed_at is None and (self.ends_at is None or now < self.ends_at)


class Shares:
    """Share links and recovery links within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, token: str, credential_id: str, *, now: datetime, ends_at: datetime | None) -> None:
        """Open a link, and close the one that there was before: one credential has one open link."""
        self.close(credential_id, now)
        row = {"token": token, "credential_id": credential_id, "created_at": now, "ends_at": ends_at}
        self._connection.execute(insert(shares).values(**row))

    def close(self, credential_id: str, now: datetime) -> None:
        """Close every link to a credential."""
        still_open = (shares.c.credential_id == credential_id, shares.c.closed_at.is_(None))
        self._connection.execute(update(shares).where(*still_open).values(closed_at=now))

    def find(self, token: str) -> Share | None:
        """Return a link by its token, also a closed one."""
        row = self._connection.execute(select(shares).where(shares.c.token == token)).one_or_none()
        return None if row is None else _share(row)

    def open_to(self, credential_ids: Collection[str], now: datetime) -> frozenset[str]:
        """Return which of these credentials anybody can read by a link at ``now``."""
        ends = or_(shares.c.ends_at.is_(None), shares.c.ends_at > now)
        query = select(shares.c.credential_id).where(shares.c.credential_id.in_(credential_ids), ends)
        return frozenset(self._connection.execute(query.where(shares.c.closed_at.is_(None))).scalars())

    def of_credential(self, credential_id: str) -> tuple[Share, ...]:
        """Return every link there ever was to a credential, newest first."""
        query = select(shares).where(shares.c.credential_id == credential_id).order_by(shares.c.created_at.desc())
        return tuple(_share(row) for row in self._connection.execute(query))

    def count_view(self, token: str) -> None:
        """Count one look."""
        self._connection.execute(update(shares).where(shares.c.token == token).values(views=shares.c.views + 1))

    def renew_recovery(self, token: str, holder: Holder, now: datetime) -> None:
        """Keep a recovery link; an earlier one of the same person opens nothing any more."""
        own = (recovery_links.c.platform_id == holder.platform, recovery_links.c.learner_id == holder.learner)
        unclosed = recovery_links.c.closed_at.is_(None)
        self._connection.execute(update(recovery_links).where(*own, unclosed).values(closed_at=now))
        row = {"token_digest": _digest(token), "platform_id": holder.platform, "learner_id": holder.learner}
        self._connection.execute(insert(recovery_links).values(**row, created_at=now))

    def recovered(self, token: str) -> Holder | None:
        """Return whose credentials a recovery token opens."""
        query = select(recovery_links).where(recovery_links.c.token_digest == _digest(token))
        row = self._connection.execute(query.where(recovery_links.c.closed_at.is_(None))).one_or_none()
        return None if row is None else Holder(PlatformId(row.platform_id), LearnerId(row.learner_id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _share(row: Row[Any]) -> Share:
    return Share(row.token, row.credential_id, row.created_at, row.ends_at, row.closed_at, row.views)
