"""Access tokens that all processes share, each fetched by one of them; and authorisations under way."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import or_, select, update

from lti.stores import AccessToken, TokenKey
from mappings.assessment import PlatformId
from plugin.storage.reading_tables import access_tokens, authorizations
from plugin.storage.unit_of_work import Storage
from plugin.storage.writing import insert_if_absent


class StoredTokens:
    """A :class:`lti.stores.TokenStore` on the database; tokens are encrypted at rest."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def find(self, key: TokenKey) -> AccessToken | None:
        """Return the token kept for ``key``, also when it has ended."""
        columns = access_tokens.c
        query = select(columns.value, columns.expires_at).where(columns.id == _id(key), columns.value.is_not(None))
        with self._storage.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else AccessToken(self._storage.vault.unlock(row.value), row.expires_at)

    def keep(self, key: TokenKey, token: AccessToken) -> None:
        """Keep ``token`` for ``key`` in place of any other, and end the lease."""
        value = self._storage.vault.lock(token.value)
        said = {"value": value, "expires_at": token.expires_at, "lease_token": "", "lease_until": None}
        with self._storage.engine.begin() as connection:
            if not insert_if_absent(connection, access_tokens, {"id": _id(key), **said}):
                connection.execute(update(access_tokens).where(access_tokens.c.id == _id(key)).values(**said))

    def lease(self, key: TokenKey, now: datetime, lasts: timedelta) -> str | None:
        """Let the caller alone fetch the token; None while somebody else does."""
        columns, lease = access_tokens.c, uuid4().hex
        free = or_(columns.lease_until.is_(None), columns.lease_until <= now)
        taken = {"lease_token": lease, "lease_until": now + lasts}
        with self._storage.engine.begin() as connection:
            if insert_if_absent(connection, access_tokens, {"id": _id(key), **taken}):
                return lease
            take = update(access_tokens).where(columns.id == _id(key), free).values(**taken)
            return lease if connection.execute(take).rowcount == 1 else None

    def release(self, key: TokenKey, lease: str) -> None:
        """End a lease that brought no token."""
        own = (access_tokens.c.id == _id(key), access_tokens.c.lease_token == lease)
        with self._storage.engine.begin() as connection:
            connection.execute(update(access_tokens).where(*own).values(lease_token="", lease_until=None))


def _id(key: TokenKey) -> str:
    """Return a digest: scopes have no limit in length."""
    named = json.dumps([key.issuer, key.client_id, sorted(key.scopes)])
    return hashlib.sha256(named.encode()).hexdigest()


class Authorizations:
    """Authorisations that somebody has begun: each state is known by its digest and spent once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def begin(self, state: str, platform: PlatformId, verifier: str, expires_at: datetime) -> None:
        """Remember that somebody goes to the platform to agree."""
        row = {"state_digest": _digest(state), "platform_id": platform, "expires_at": expires_at}
        with self._storage.engine.begin() as connection:
            insert_if_absent(connection, authorizations, {**row, "verifier": self._storage.vault.lock(verifier)})

    def platform_of(self, state: str, now: datetime) -> PlatformId | None:
        """Return what an open state is about, without spending it."""
        columns = authorizations.c
        is_open = (columns.state_digest == _digest(state), columns.spent_at.is_(None), columns.expires_at > now)
        with self._storage.read() as connection:
            found = connection.execute(select(columns.platform_id).where(*is_open)).scalar()
        return None if found is None else PlatformId(found)

    def spend(self, state: str, now: datetime) -> tuple[PlatformId, str] | None:
        """Spend a state atomically. Returns platform and verifier; None where it is unknown, old or spent."""
        columns = authorizations.c
        is_open = (columns.state_digest == _digest(state), columns.spent_at.is_(None), columns.expires_at > now)
        with self._storage.engine.begin() as connection:
            if connection.execute(update(authorizations).where(*is_open).values(spent_at=now)).rowcount != 1:
                return None
            query = select(columns.platform_id, columns.verifier).where(columns.state_digest == _digest(state))
            row = connection.execute(query).one()
        return PlatformId(row.platform_id), self._storage.vault.unlock(row.verifier)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
