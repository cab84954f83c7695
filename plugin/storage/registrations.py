"""Registered platforms, their deployments, the invites to register and the tool's own keys (:mod:`lti.stores`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from lti.claims import RegistrationId, registration_id
from lti.stores import Deployment, Registration, ToolKey
from mappings.assessment import PlatformId
from plugin.storage.lti_tables import deployments, invites, registrations, tool_keys
from plugin.storage.unit_of_work import Storage
from plugin.storage.writing import insert_if_absent


class Registrations:
    """A :class:`lti.stores.RegistrationStore` on the database."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def find(self, issuer: str, client_id: str) -> Registration | None:
        """Return the registration of this pair."""
        query = select(registrations).where(registrations.c.id == registration_id(issuer, client_id))
        with self._storage.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _registration(row)

    def of_issuer(self, issuer: str) -> tuple[Registration, ...]:
        """Return every registration of an issuer, oldest first."""
        return tuple(each for each in self.registrations() if each.issuer == issuer)

    def registrations(self) -> tuple[Registration, ...]:
        """Return all, oldest first."""
        query = select(registrations).order_by(registrations.c.created_at, registrations.c.id)
        with self._storage.read() as connection:
            return tuple(_registration(row) for row in connection.execute(query))

    def save(self, registration: Registration, now: datetime) -> None:
        """Insert, or replace the registration of the same issuer and client id."""
        said: dict[str, object] = {name: getattr(registration, name) for name in _ADDRESSES}
        said |= {"origins": list(registration.origins), "scopes": list(registration.scopes)}
        with self._storage.engine.begin() as connection:
            if not insert_if_absent(connection, registrations, {"id": registration.id, **said, "created_at": now}):
                same = registrations.c.id == registration.id
                connection.execute(update(registrations).where(same).values(**said))

    def deployments(self, registration: RegistrationId) -> tuple[Deployment, ...]:
        """Return the deployments of a registration, allowed or not, oldest first."""
        query = select(deployments).where(deployments.c.registration_id == registration)
        query = query.order_by(deployments.c.first_seen_at, deployments.c.platform_id)
        with self._storage.read() as connection:
            return tuple(_deployment(row) for row in connection.execute(query))

    def note_deployment(self, deployment: Deployment) -> None:
        """Insert unless it is known; a known one stays as it is."""
        row = {"platform_id": deployment.platform, "registration_id": deployment.registration}
        row |= {"deployment_id": deployment.deployment_id}
        seen = {"allowed": deployment.allowed, "first_seen_at": deployment.first_seen_at}
        with self._storage.engine.begin() as connection:
            insert_if_absent(connection, deployments, {**row, **seen})

    def allow_deployment(self, platform: PlatformId, *, allowed: bool) -> bool:
        """Keep an administrator's decision. False where there is no such deployment."""
        decide = update(deployments).where(deployments.c.platform_id == platform).values(allowed=allowed)
        with self._storage.engine.begin() as connection:
            return connection.execute(decide).rowcount == 1


class Invites:
    """A :class:`lti.stores.InviteStore` on the database."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, digest: str, expires_at: datetime) -> None:
        """Store a new invite."""
        with self._storage.engine.begin() as connection:
            insert_if_absent(connection, invites, {"digest": digest, "expires_at": expires_at})

    def is_open(self, digest: str, now: datetime) -> bool:
        """Say whether the invite exists, has not expired and was not spent."""
        query = select(invites.c.digest).where(*_open(digest, now))
        with self._storage.read() as connection:
            return connection.execute(query).first() is not None

    def spend(self, digest: str, now: datetime) -> bool:
        """Spend an open invite atomically; False where it was not open any more."""
        with self._storage.engine.begin() as connection:
            return connection.execute(update(invites).where(*_open(digest, now)).values(spent_at=now)).rowcount == 1


class ToolKeys:
    """A :class:`lti.stores.ToolKeyStore` on the database; private keys are encrypted at rest."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keys(self) -> tuple[ToolKey, ...]:
        """Return all, oldest first."""
        query = select(tool_keys).order_by(tool_keys.c.created_at, tool_keys.c.key_id)
        with self._storage.read() as connection:
            rows = connection.execute(query).all()
        unlock = self._storage.vault.unlock
        return tuple(ToolKey(row.key_id, unlock(row.private_key).encode(), row.created_at) for row in rows)

    def add(self, key: ToolKey) -> None:
        """Store a new key."""
        locked = self._storage.vault.lock(key.private_pem.decode())
        row = {"key_id": key.key_id, "private_key": locked, "created_at": key.created_at}
        with self._storage.engine.begin() as connection:
            insert_if_absent(connection, tool_keys, row)

    def remove(self, key_id: str) -> None:
        """Delete a key that nobody can need any more."""
        with self._storage.engine.begin() as connection:
            connection.execute(delete(tool_keys).where(tool_keys.c.key_id == key_id))


_ADDRESSES = ("issuer", "client_id", "authorization_endpoint", "token_endpoint", "jwks_uri", "product", "title")


def _open(digest: str, now: datetime) -> tuple[Any, ...]:
    return invites.c.digest == digest, invites.c.spent_at.is_(None), invites.c.expires_at > now


def _registration(row: Row[Any]) -> Registration:
    addresses = {name: getattr(row, name) for name in _ADDRESSES}
    return Registration(**addresses, origins=tuple(row.origins), scopes=tuple(row.scopes))


def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(
        RegistrationId(row.registration_id),
        row.deployment_id,
        PlatformId(row.platform_id),
        row.allowed,
        row.first_seen_at,
    )
