"""Links by mail: that somebody asked for one by an address, and the links, each good once and not for long.

Of an address only a keyed mark is kept, of a link only a digest. What is asked for an address that nobody has is kept
just alike, so that neither an answer nor its time tells who is known here.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, insert, select, update

from mappings.assessment import LearnerId, PlatformId
from plugin.storage.contacts import Contacts, normal
from plugin.storage.notice_tables import mailed_links, recovery_requests
from plugin.storage.sharing import Holder
from plugin.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that waits for its mail. ``language`` is that of the page on which it was made."""

    id: str
    mark: str
    language: str
    requested_at: datetime


class Recoveries:
    """Requests and mailed links within one transaction."""

    def __init__(self, connection: Connection, vault: Vault, contacts: Contacts) -> None:
        self._connection = connection
        self._vault = vault
        self._contacts = contacts

    def count(self, address: str, since: datetime) -> int:
        """Count how often a link was asked for by ``address``, whether anybody has it or not."""
        marks, asked = self._vault.marks(normal(address)), recovery_requests.c
        query = select(func.count()).where(asked.address_mark.in_(marks), asked.requested_at > since)
        return self._connection.execute(query).scalar_one()

    def ask(self, address: str, language: str, now: datetime) -> str:
        """Keep a request, and return its id."""
        mark = self._contacts.mark_of(address) or self._vault.mark(normal(address))
        row = {"id": str(uuid.uuid4()), "address_mark": mark, "language": language, "requested_at": now}
        self._connection.execute(insert(recovery_requests).values(**row))
        return str(row["id"])

    def waiting(self, request_id: str) -> Wanted | None:
        """Return a request that was not answered yet, None where there is none."""
        asked = recovery_requests.c
        query = select(recovery_requests).where(asked.id == request_id, asked.answered_at.is_(None))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Wanted(row.id, row.address_mark, row.language, row.requested_at)

    def answer(self, request_id: str, now: datetime) -> None:
        """Keep that a request is done with, whatever came of it."""
        answered = update(recovery_requests).where(recovery_requests.c.id == request_id).values(answered_at=now)
        self._connection.execute(answered)

    def add_link(self, token: str, holder: Holder, ends_at: datetime) -> None:
        """Keep a link that is about to be mailed."""
        row = {"token_digest": _digest(token), "platform_id": holder.platform, "learner_id": holder.learner}
        self._connection.execute(insert(mailed_links).values(**row, ends_at=ends_at))

    def spend(self, token: str, now: datetime) -> Holder | None:
        """Spend an open link and return whose credentials it opens; None where it is unknown, spent or over.

        With it end all others that were mailed to the same person.
        """
        links = mailed_links.c
        still_open = and_(links.spent_at.is_(None), links.ends_at > now)
        spent = update(mailed_links).where(links.token_digest == _digest(token), still_open).values(spent_at=now)
        row = self._connection.execute(spent.returning(links.platform_id, links.learner_id)).one_or_none()
        if row is None:
            return None
        same = (links.platform_id == row.platform_id, links.learner_id == row.learner_id, still_open)
        self._connection.execute(update(mailed_links).where(*same).values(spent_at=now))
        return Holder(PlatformId(row.platform_id), LearnerId(row.learner_id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
