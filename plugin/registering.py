"""The use-case of connecting a platform: an invite, a registration by URL or by hand, and what is remembered of it.

An invite is a secret of 32 random bytes inside one URL. Only its SHA-256 is stored, it can be spent once, and it
expires. It is spent right before the platform is asked, so that an address that turns out to be wrong costs nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lti.claims import RegistrationId, platform_id
from lti.errors import RegistrationRefused
from lti.registration import Ask, PlatformConfiguration, Registered, read_configuration, register
from lti.stores import Deployment, InviteStore, Registration, RegistrationStore
from lti.tool import Tool

LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteringTools:
    """``clock`` returns aware UTC; ``note`` enters a registration into the audit trail."""

    invites: InviteStore
    registrations: RegistrationStore
    ask: Ask
    tool: Tool
    clock: Callable[[], datetime]
    note: Callable[[RegistrationId], object]


def invite(tools: RegisteringTools, lifetime: timedelta = LIFETIME) -> str:
    """Return a new registration URL. It is shown once and logged nowhere."""
    secret = secrets.token_urlsafe(32)
    tools.invites.add(_digest(secret), tools.clock() + lifetime)
    return f"{tools.tool.url}/lti/register/{secret}"


def require_open(tools: RegisteringTools, secret: str) -> None:
    """Refuse an invite that is unknown, spent or expired. Raises :class:`RegistrationRefused`."""
    if not tools.invites.is_open(_digest(secret), tools.clock()):
        raise RegistrationRefused("invite_not_open")


def look(tools: RegisteringTools, secret: str, configuration_url: str) -> PlatformConfiguration:
    """Return what the platform says of itself, for the page that asks whether to register."""
    require_open(tools, secret)
    return read_configuration(configuration_url, tools.ask)


def by_url(tools: RegisteringTools, secret: str, configuration_url: str, token: str) -> Registered:
    """Register with the platform and remember it. Raises :class:`RegistrationRefused` or a PlatformError."""
    platform = look(tools, secret, configuration_url)
    _spend(tools, secret)
    registered = register(tools.tool, platform, token, tools.ask)
    _remember(tools, registered)
    return registered


def by_hand(tools: RegisteringTools, secret: str, registration: Registration, deployment_id: str) -> None:
    """Remember a platform whose values an administrator typed in."""
    _spend(tools, secret)
    _remember(tools, Registered(registration, deployment_id))


def _spend(tools: RegisteringTools, secret: str) -> None:
    if not tools.invites.spend(_digest(secret), tools.clock()):
        raise RegistrationRefused("invite_not_open")


def _remember(tools: RegisteringTools, registered: Registered) -> None:
    """Store the registration; a deployment that an administrator registered is welcome whatever the setting says."""
    registration, now = registered.registration, tools.clock()
    tools.registrations.save(registration, now)
    tools.note(registration.id)
    if registered.deployment_id:
        key = platform_id(registration.issuer, registration.client_id, registered.deployment_id)
        tools.registrations.note_deployment(
            Deployment(registration.id, registered.deployment_id, key, allowed=True, first_seen_at=now)
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
