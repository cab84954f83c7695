"""The use-case of the preflight page: try what the bridge needs on a platform, and say what is still to be done there.

Nothing is changed on the platform: a token is asked for with the roster's scope, and the web service is asked which
functions its token opens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lti.claims import RegistrationId
from lti.errors import PlatformError
from lti.network import Network
from lti.readiness import Check, Findings, checks, moodle_functions
from lti.stores import Registration, RegistrationStore, ToolKeyStore
from lti.tokens import Client, ClientCredentials, TokensInMemory, signer
from lti.tool import ROSTER_SCOPE
from lti.tool_keys import ensure_key, signing_key
from mappings.assessment import PlatformId
from plugin.errors import UnknownRow
from plugin.storage.unit_of_work import Storage


class LaunchRecord(Protocol):
    """Knows whether a registered platform was ever launched from."""

    def launched(self, registration: Registration) -> bool:
        """Say whether a launch from there is remembered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightTools:
    """What trying works with. ``clock`` returns aware UTC."""

    registrations: RegistrationStore
    launches: LaunchRecord
    tool_keys: ToolKeyStore
    storage: Storage
    network: Network
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Preflight:
    """The checks of one registration. ``platforms`` are the keys that `microcred platform` takes."""

    registration: Registration
    platforms: tuple[PlatformId, ...]
    checks: tuple[Check, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is left to do."""
        return all(check.ok for check in self.checks)


def preflight(tools: PreflightTools, registration_id: RegistrationId) -> Preflight:
    """Try everything on a registered platform. Raises :class:`UnknownRow` where there is no such registration."""
    found = [each for each in tools.registrations.registrations() if each.id == registration_id]
    if not found:
        raise UnknownRow("there is no such registration")
    registration = found[0]
    platforms = tuple(each.platform for each in tools.registrations.deployments(registration.id))
    launched = tools.launches.launched(registration)
    findings = Findings(launched, _has_roster(tools, registration), _functions(tools, platforms))
    return Preflight(registration, platforms, checks(registration.product, findings))


def _has_roster(tools: PreflightTools, registration: Registration) -> bool:
    """Ask the platform for a token that reads rosters."""
    now = tools.clock()
    key = signing_key(ensure_key(tools.tool_keys, now), now)
    client = Client(registration.issuer, registration.client_id, registration.token_endpoint)
    sign = signer(key.private_pem, key.key_id)
    source = ClientCredentials(client, frozenset({ROSTER_SCOPE}), sign, tools.network, store=TokensInMemory())
    try:
        return bool(source.current())
    except PlatformError:
        return False


def _functions(tools: PreflightTools, platforms: tuple[PlatformId, ...]) -> frozenset[str] | None:
    """Return the functions that any of the platforms' tokens opens, None where none does."""
    for platform in platforms:
        try:
            with tools.storage.reading() as work:
                connected = work.platforms.get(platform)
            if connected.token and connected.kind == "moodle":
                return moodle_functions(connected.base_url, connected.token, tools.network)
        except (UnknownRow, PlatformError):
            continue
    return None
