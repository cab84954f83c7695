"""Letting the bridge read a Canvas: a developer key, one person who agrees, and the grant that is kept.

1. An administrator gets a ticket, one URL that works once: :func:`ticket`.
2. Its page takes the developer key, and sends the browser to Canvas with a state of its own: :func:`begin`.
3. Canvas sends the browser back; the state is spent, the code exchanged, the grant kept encrypted: :func:`finish`.

What is left to the caller: that the state which comes back is one that this very browser was given.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from lti import authorization
from lti.authorization import DeveloperKey
from lti.network import Network
from mappings.assessment import PlatformId
from plugin.errors import BridgeError, UnknownRow
from plugin.storage.audit import Entry
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage

log = structlog.get_logger(__name__)
KIND = "canvas"
_TICKET_LASTS = timedelta(days=1)
_STATE_LASTS = timedelta(minutes=15)
"""Time enough to log in at Canvas and to read what is asked for."""


class AuthorizationNotOpen(BridgeError):
    """The authorisation was begun in another browser, was used before, or took too long."""

    code = "authorization_not_open"


class AuthorizationStore(Protocol):
    """Secrets that are known by their digests and are spent once."""

    def begin(self, state: str, platform: PlatformId, verifier: str, expires_at: datetime) -> None:
        """Remember a secret."""
        ...

    def platform_of(self, state: str, now: datetime) -> PlatformId | None:
        """Return what an open secret is about, without spending it."""
        ...

    def spend(self, state: str, now: datetime) -> tuple[PlatformId, str] | None:
        """Spend a secret atomically, and return platform and verifier; None where it is not open."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizingTools:
    """``public_url`` is ours, without a slash at the end; ``clock`` returns aware UTC."""

    storage: Storage
    store: AuthorizationStore
    network: Network
    clock: Callable[[], datetime]
    public_url: str

    @property
    def redirect_uri(self) -> str:
        """Where Canvas sends the browser back to: as it is entered in the developer key."""
        return f"{self.public_url}/canvas/authorized"


def ticket(tools: AuthorizingTools, platform: PlatformId) -> str:
    """Return a new URL by which somebody authorises reading; it works once and is logged nowhere."""
    secret = secrets.token_urlsafe(32)
    tools.store.begin(secret, platform, "", tools.clock() + _TICKET_LASTS)
    return f"{tools.public_url}/canvas/authorize/{secret}"


def keep_key(tools: AuthorizingTools, platform: PlatformId, key: DeveloperKey, *, by: str) -> None:
    """Keep the developer key of a platform; a grant that another key was given ends with that."""
    now = tools.clock()
    with tools.storage.begin() as work:
        try:
            known = work.platforms.get(platform)
        except UnknownRow:
            known = Connected(platform, KIND, key.url, key.url)
        before = known.token if known.base_url == key.url else ""
        credential = authorization.with_key(before, key.client_id, key.client_secret)
        work.platforms.connect(replace(known, kind=KIND, base_url=key.url, token=credential), now)
        work.audit.note(Entry(at=now, actor=by, act="keep_developer_key", subject=platform, after=key.client_id))


def about(tools: AuthorizingTools, secret: str) -> PlatformId:
    """Return the platform of an open ticket. Raises :class:`AuthorizationNotOpen`."""
    platform = tools.store.platform_of(secret, tools.clock())
    if platform is None:
        raise AuthorizationNotOpen("the ticket is unknown, spent or too old")
    return platform


def begin(tools: AuthorizingTools, secret: str, key: DeveloperKey) -> tuple[str, str]:
    """Spend a ticket, keep its key, and return the state for this browser and where at Canvas it goes.

    Raises :class:`AuthorizationNotOpen`.
    """
    spent = tools.store.spend(secret, tools.clock())
    if spent is None:
        raise AuthorizationNotOpen("the ticket is unknown, spent or too old")
    platform, _ = spent
    keep_key(tools, platform, key, by="ticket")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    tools.store.begin(state, platform, verifier, tools.clock() + _STATE_LASTS)
    return state, authorization.authorization_url(key, state, verifier)


def finish(tools: AuthorizingTools, query: Mapping[str, str]) -> PlatformId:
    """Exchange what the browser came back with, and keep what lets the bridge read.

    Raises :class:`AuthorizationNotOpen`, or :class:`lti.errors.PlatformError` where person or Canvas said no.
    """
    spent = tools.store.spend(query.get("state", ""), tools.clock())
    if spent is None:
        raise AuthorizationNotOpen("the state is unknown, spent or too old")
    platform, verifier = spent
    with tools.storage.reading() as work:
        connected = work.platforms.get(platform)
    key = authorization.key_of(connected.base_url, connected.token, tools.redirect_uri)
    if key is None:
        raise AuthorizationNotOpen("the developer key was replaced meanwhile")
    grant = authorization.redeem(key, authorization.code_of(query), verifier, tools.network)
    credential = authorization.as_credential(key.client_id, key.client_secret, grant.refresh_token)
    now = tools.clock()
    with tools.storage.begin() as work:
        work.platforms.connect(replace(connected, token=credential), now)
        work.audit.note(Entry(at=now, actor="authorization", act="authorize_reading", subject=platform))
    log.info("reading_authorized", platform_id=platform)
    return platform
