"""Where learners are reached: the address that the platform named when their credential was issued.

The address is encrypted; a keyed mark of it finds it again when its owner asks for a recovery link.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update

from mappings.assessment import LearnerId, PlatformId
from plugin.storage.notice_tables import contacts
from plugin.storage.sharing import Holder
from plugin.storage.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a holder is reached. ``muted`` concerns only notices that a credential is ready."""

    holder: Holder
    address: str = field(repr=False)
    locale: str
    mute_token: str = field(repr=False)
    muted: bool


class Contacts:
    """Contacts within one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def confirm(self, holder: Holder, address: str, locale: str, now: datetime) -> Contact:
        """Keep the address that the platform names for ``holder`` now."""
        known = self.get(holder)
        said: dict[str, object] = {"address": self._vault.lock(address), "locale": locale, "confirmed_at": now}
        said["address_mark"] = self._vault.mark(normal(address))
        if known is None:
            row = {"platform_id": holder.platform, "learner_id": holder.learner, **said}
            self._connection.execute(insert(contacts).values(**row, mute_token=secrets.token_urlsafe(32)))
        elif (known.address, known.locale) != (address, locale):
            self._connection.execute(update(contacts).where(_is(holder)).values(**said))
        contact = self.get(holder)
        assert contact is not None, "it was just kept"
        return contact

    def get(self, holder: Holder) -> Contact | None:
        """Return how a holder is reached, None where nobody told."""
        row = self._connection.execute(select(contacts).where(_is(holder))).one_or_none()
        return None if row is None else self._contact(row)

    def mark_of(self, address: str) -> str:
        """Return the mark under which ``address`` is kept, empty where nobody is reached there."""
        found = contacts.c.address_mark.in_(self._vault.marks(normal(address)))
        return str(self._connection.execute(select(contacts.c.address_mark).where(found).limit(1)).scalar() or "")

    def marked(self, mark: str) -> tuple[Contact, ...]:
        """Return everybody whose address has this mark."""
        query = select(contacts).where(contacts.c.address_mark == mark)
        query = query.order_by(contacts.c.platform_id, contacts.c.learner_id)
        return tuple(self._contact(row) for row in self._connection.execute(query))

    def muting(self, mute_token: str) -> Contact | None:
        """Return whose notices a token mutes."""
        query = select(contacts).where(contacts.c.mute_token == mute_token)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._contact(row)

    def mute(self, mute_token: str, now: datetime | None) -> bool:
        """Mute notices from now on; None unmutes them. False where there is no such token."""
        muted = update(contacts).where(contacts.c.mute_token == mute_token).values(muted_at=now)
        return self._connection.execute(muted).rowcount == 1

    def mark_anew(self) -> None:
        """Mark every address with the first key, after a new one was put in front."""
        for row in self._connection.execute(select(contacts)).all():
            contact = self._contact(row)
            mark = self._vault.mark(normal(contact.address))
            self._connection.execute(update(contacts).where(_is(contact.holder)).values(address_mark=mark))

    def _contact(self, row: Row[Any]) -> Contact:
        return Contact(
            holder=Holder(PlatformId(row.platform_id), LearnerId(row.learner_id)),
            address=self._vault.unlock(row.address),
            locale=row.locale,
            mute_token=row.mute_token,
            muted=row.muted_at is not None,
        )


def normal(address: str) -> str:
    """Return an address as it is compared: hosts know no case, and hardly any host knows it in the part before."""
    return address.strip().casefold()


def _is(holder: Holder) -> ColumnElement[bool]:
    return and_(contacts.c.platform_id == holder.platform, contacts.c.learner_id == holder.learner)
