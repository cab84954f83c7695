"""What the LTI side needs to be remembered, as protocols; ``plugin/storage`` implements them.

Every method is one short transaction of its own and works across processes. None is called with a network request
under way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from lti.claims import Launch, LaunchId, RegistrationId, VerifiedClaims, registration_id
from mappings.assessment import PlatformId


@dataclass(frozen=True, slots=True)
class Registration:
    """One learning platform that may launch: an (issuer, client id) pair and its addresses.

    Many Canvas institutions share one issuer, so nothing is ever found by issuer alone but a registration.
    """

    issuer: str
    client_id: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    product: str = ""
    """``moodle``, ``canvas``: the platform's ``product_family_code``; empty where it is not known."""
    title: str = ""
    origins: tuple[str, ...] = ()
    """Origins that may frame our pages (``https://lms.example``)."""
    scopes: tuple[str, ...] = ()
    """What the platform says it granted; Moodle overstates it, so the token answer counts."""

    @property
    def id(self) -> RegistrationId:
        """The key of this registration."""
        return registration_id(self.issuer, self.client_id)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One place of a registered platform where the tool was added; it may launch once it is ``allowed``."""

    registration: RegistrationId
    deployment_id: str
    platform: PlatformId
    allowed: bool
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ToolKey:
    """A key pair that signs what the bridge sends to platforms (client assertions, deep linking responses)."""

    key_id: str
    """RFC 7638 thumbprint (SHA-256, base64url)."""
    private_pem: bytes = field(repr=False)
    """RSA, PKCS#8, not encrypted: encrypting it at rest is the store's duty."""
    created_at: datetime


class RegistrationStore(Protocol):
    """Registered platforms and their deployments."""

    def find(self, issuer: str, client_id: str) -> Registration | None:
        """Return the registration of this pair."""
        ...

    def of_issuer(self, issuer: str) -> tuple[Registration, ...]:
        """Return every registration of an issuer, for logins that leave the client id out."""
        ...

    def registrations(self) -> tuple[Registration, ...]:
        """Return all, oldest first."""
        ...

    def save(self, registration: Registration, now: datetime) -> None:
        """Insert, or replace the registration of the same issuer and client id: platforms re-register."""
        ...

    def deployments(self, registration: RegistrationId) -> tuple[Deployment, ...]:
        """Return the deployments of a registration, allowed or not, oldest first."""
        ...

    def note_deployment(self, deployment: Deployment) -> None:
        """Insert unless it is known; a known one stays as it is."""
        ...

    def allow_deployment(self, platform: PlatformId, *, allowed: bool) -> bool:
        """Keep an administrator's decision. False where there is no such deployment."""
        ...


class LaunchStore(Protocol):
    """Launches, and by them the one-time use of every state."""

    def keep(self, launch: Launch, claims: VerifiedClaims) -> bool:
        """Insert the launch under its id in one statement; False where the id exists: the launch is a replay.

        ``claims`` (those of :data:`lti.claims.KEPT`, as JSON) are what :func:`lti.claims.read_launch` reads the
        launch from again.
        """
        ...

    def find(self, launch: LaunchId) -> Launch | None:
        """Return a kept launch that was not ended."""
        ...

    def end(self, launch: LaunchId) -> None:
        """Let a launch open nothing more; it stays a replay."""
        ...

    def forget_before(self, moment: datetime) -> int:
        """Delete launches older than ``moment`` (never younger than an hour) and return how many."""
        ...


class InviteStore(Protocol):
    """Registration invites, of which only the SHA-256 digest is ever stored."""

    def add(self, digest: str, expires_at: datetime) -> None:
        """Store a new invite."""
        ...

    def is_open(self, digest: str, now: datetime) -> bool:
        """Say whether the invite exists, has not expired and was not spent."""
        ...

    def spend(self, digest: str, now: datetime) -> bool:
        """Spend an open invite atomically; False where it was not open any more."""
        ...


class ToolKeyStore(Protocol):
    """The bridge's own LTI keys."""

    def keys(self) -> tuple[ToolKey, ...]:
        """Return all, oldest first."""
        ...

    def add(self, key: ToolKey) -> None:
        """Store a new key, encrypted at rest."""
        ...

    def remove(self, key_id: str) -> None:
        """Delete a key that nobody can need any more."""
        ...


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Who an access token belongs to. All Canvas customers share one issuer: the client id is part of the key."""

    issuer: str
    client_id: str
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token of a platform and when it ends (UTC)."""

    value: str = field(repr=False)
    expires_at: datetime


class TokenStore(Protocol):
    """Access tokens between requests and, where processes share the store, between processes."""

    def find(self, key: TokenKey) -> AccessToken | None:
        """Return the token kept for ``key``, also when it has ended."""
        ...

    def keep(self, key: TokenKey, token: AccessToken) -> None:
        """Keep ``token`` for ``key`` in place of any other."""
        ...

    def lease(self, key: TokenKey, now: datetime, lasts: timedelta) -> str | None:
        """Let the caller alone fetch the token, and return the lease; None while somebody else does."""
        ...

    def release(self, key: TokenKey, lease: str) -> None:
        """End a lease that brought no token; keeping a token ends it too."""
        ...
