"""The wiring of the administrator's pages and of those about personal data. The rest is in :mod:`plugin.app`."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from lti.claims import RegistrationId
from mappings.assessment import PlatformId
from plugin import registering
from plugin.administering import AdministeringTools
from plugin.connections import Wired, registering_tools
from plugin.health import Readiness, everything
from plugin.identity import ListedKey, listing
from plugin.issuer import key_files, seal_files
from plugin.listing import stated
from plugin.merging import MergingTools
from plugin.parts import configured_seal, health_tools, preflight_tools, privacy_tools
from plugin.preflight import preflight
from plugin.settings import Settings
from plugin.storage.audit import Entry
from plugin.storage.registrations import Registrations
from plugin.storage.unit_of_work import Storage
from plugin.web import admin, administrators, personal, same_people, sign_ins
from plugin.web.admin import AdminTools
from plugin.web.administrators import Provider
from plugin.web.personal import PersonalTools

INVITED_FOR = timedelta(days=7)


def init_app(app: Flask, bridge: Wired, ring: Callable[[], object]) -> None:
    """Register the pages."""
    settings = bridge.settings
    administrators.init_app(app, bridge.storage, provider_of(settings), settings.public_url, bridge.clock)
    sign_ins.init_app(app)
    admin.init_app(app, admin_tools(bridge, ring))
    personal.init_app(app, personal_tools(bridge))
    same_people.init_app(app, MergingTools(bridge.storage, bridge.clock))


def admin_tools(bridge: Wired, ring: Callable[[], object]) -> AdminTools:
    """Return what the administrator's pages work with."""
    settings, clock, stored = bridge.settings, bridge.clock, Registrations(bridge.storage)
    looking = health_tools(settings, clock=clock)
    trying = preflight_tools(bridge.storage, settings, clock)

    return AdminTools(
        storage=bridge.storage,
        acting=administering_tools(bridge, ring),
        registrations=stored,
        ready=Readiness(looking),
        health=lambda: everything(looking),
        preflight=lambda registration: preflight(trying, RegistrationId(registration)),
        invite=lambda by: invited(bridge, by),
        keys=lambda: keys_of(settings, clock()),
        settings=lambda: stated(os.environ),
        clock=clock,
    )


def administering_tools(bridge: Wired, ring: Callable[[], object]) -> AdministeringTools:
    """Return what administrators act with, on their pages and at the command line."""
    stored = Registrations(bridge.storage)

    def allow(platform: PlatformId, allowed: bool) -> bool:
        return stored.allow_deployment(platform, allowed=allowed)

    return AdministeringTools(bridge.storage, allow, ring, bridge.clock)


def personal_tools(bridge: Wired) -> PersonalTools:
    """Return what the pages about personal data work with."""
    settings = bridge.settings
    return PersonalTools(
        privacy=privacy_tools(settings, bridge.storage, bridge.clock),
        institution=lambda: institution_of(bridge.storage),
        privacy_contact=settings.privacy_contact,
        accessibility_contact=settings.accessibility_contact,
    )


def invited(bridge: Wired, by: str) -> str:
    """Return a URL that connects a platform once, and note who made it."""
    url = registering.invite(registering_tools(bridge), INVITED_FOR)
    with bridge.storage.begin() as work:
        work.audit.note(Entry(at=bridge.clock(), actor=by, act="invite", subject="platform"))
    return url


def provider_of(settings: Settings) -> Provider | None:
    """Return the identity provider of the settings, None where there is none."""
    if not settings.oidc_issuer:
        return None
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        claim=settings.oidc_claim,
        value=settings.oidc_value,
        acr=settings.oidc_acr,
    )


def keys_of(settings: Settings, now: datetime) -> tuple[ListedKey, ...]:
    """Return every seal and credential key with its state."""
    seal = configured_seal(settings)
    return listing(key_files(settings).history(), seal_files(settings).known(), seal.key_id if seal else "", now)


def institution_of(storage: Storage) -> str:
    """Return the name of the institution whose profile was kept last, empty while there is none."""
    with storage.reading() as work:
        known = work.drafts.institutions()
    return known[-1].legal_name.in_language("en") if known and known[-1].legal_name else ""
