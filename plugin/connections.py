"""The wiring of what connects a platform: registration, authorisation, preflight. The rest is in :mod:`plugin.app`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from lti.claims import RegistrationId
from lti.registration import asker
from lti.tool import Tool
from plugin.authorizing import AuthorizingTools
from plugin.parts import campus, preflight_tools
from plugin.preflight import preflight
from plugin.registering import RegisteringTools
from plugin.settings import Settings
from plugin.storage.audit import Entry
from plugin.storage.registrations import Invites, Registrations
from plugin.storage.tokens import Authorizations
from plugin.storage.unit_of_work import Storage
from plugin.web.registering import RegistrationPages


class Wired(Protocol):
    """As much of a bridge as this needs."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        ...

    @property
    def storage(self) -> Storage:
        """The database."""
        ...

    @property
    def clock(self) -> Callable[[], datetime]:
        """Returns aware UTC."""
        ...


def registering_tools(bridge: Wired) -> RegisteringTools:
    """Return what connecting a platform works with."""

    def noted(registration: RegistrationId) -> None:
        with bridge.storage.begin() as work:
            work.audit.note(Entry(at=bridge.clock(), actor="invite", act="register", subject=registration))

    return RegisteringTools(
        invites=Invites(bridge.storage),
        registrations=Registrations(bridge.storage),
        ask=asker(campus(bridge.settings)),
        tool=Tool(bridge.settings.public_url),
        clock=bridge.clock,
        note=noted,
    )


def registration_pages(bridge: Wired) -> RegistrationPages:
    """Return what the pages of a registration work with."""
    trying = preflight_tools(bridge.storage, bridge.settings, bridge.clock)
    return RegistrationPages(
        registering=registering_tools(bridge),
        preflight=lambda registration: preflight(trying, registration),
        authorizing=authorizing_tools(bridge),
    )


def authorizing_tools(bridge: Wired) -> AuthorizingTools:
    """Return what authorising the bridge to read works with."""
    return AuthorizingTools(
        storage=bridge.storage,
        store=Authorizations(bridge.storage),
        network=campus(bridge.settings),
        clock=bridge.clock,
        public_url=bridge.settings.public_url,
    )
