"""The only place that wires: settings in, a bridge that can work out; and the web application around it."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from celery import Celery
from cryptography import x509
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from lti.claims import Launch
from lti.keysets import KeySets, fetcher
from lti.launch import Reception
from lti.login import Login
from lti.registry import Registry
from lti.states import States
from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from plugin import (
    administration,
    channels,
    class_reading,
    delivery,
    issuer,
    issuing,
    noting,
    privacy,
    recovering,
    restating,
    revocation,
    scheduling,
    sync,
)
from plugin.approving import ApprovingTools
from plugin.assurance import assured
from plugin.class_reading import ClassReadingTools
from plugin.connecting import Connector
from plugin.connections import registration_pages
from plugin.errors import InvalidSettings
from plugin.examining import Examiner
from plugin.exporting import Exporter
from plugin.health import Readiness
from plugin.identity import addresses
from plugin.issuer import Checking
from plugin.issuing import IssuingTools
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs, singly
from plugin.jobs.watch import READING_LIMIT
from plugin.meters import MeasuredSealer, measured
from plugin.noting import NotingTools
from plugin.offering import OfferingTools
from plugin.parts import (
    Clock,
    campus,
    configured_seal,
    export_tools,
    health_tools,
    open_storage,
    privacy_tools,
    trust_anchors,
    utc_now,
)
from plugin.recovering import RecoveringTools
from plugin.scheduling import SchedulingTools
from plugin.sealing import Sealed, Sealer
from plugin.sealing.identity import is_development
from plugin.sealing.jades import JadesSealer
from plugin.sealing.rotating import WatchedSealer
from plugin.sealing.timestamps import TimestampAuthority
from plugin.settings import Settings
from plugin.storage.launches import Launches
from plugin.storage.outbox import Topic
from plugin.storage.registrations import Registrations, ToolKeys
from plugin.storage.unit_of_work import Storage
from plugin.sync import SyncTools
from plugin.verification import Report
from plugin.web import cookies, disclosure, entrance, health, hints, identity, letters, metrics, pages, security
from plugin.web.disclosure import Disclosure
from plugin.web.health import HealthPages
from plugin.web.hints import HintTools
from plugin.web.identity import IdentityTools
from plugin.web.launching import LaunchTools
from plugin.web.metrics import MetricPages
from plugin.web.tools import PageTools


@dataclass(frozen=True, slots=True)
class Bridge:
    """A wired bridge: what command line, worker and web application work with."""

    settings: Settings
    storage: Storage
    queue: Celery
    bell: Bell
    jobs: Jobs
    offering: OfferingTools
    sync: SyncTools
    issuing: IssuingTools
    approving: ApprovingTools
    scheduling: SchedulingTools
    recovering: RecoveringTools
    anchors: tuple[x509.Certificate, ...]
    clock: Clock


def assemble(settings: Settings, clock: Clock = utc_now) -> Bridge:
    """Wire everything but the web. Raises :class:`BridgeError` or a ``SealError`` where a part cannot be had."""
    storage = open_storage(settings)
    queue = make_queue(settings)
    bell = Bell(storage, queue, settings.in_flight, clock, at_once={Topic.ISSUE: issuing.AT_ONCE})
    connect = Connector(campus(settings), storage, clock)
    whole = measured(assured(connect, storage, connect.second_opinion))
    anchors = trust_anchors(settings)
    reading = SyncTools(storage, whole, clock)
    sealers = {form: MeasuredSealer(sealer) for form, sealer in make_sealers(settings).items()}
    own = Checking(settings, anchors, clock)
    sealing = IssuingTools(storage, whole, render, sealers, self_check(own.check), clock, announce=True)
    lists = issuer.status_tools(settings, storage, clock)
    handing_over = channels.delivery_tools(settings, storage, connect, clock=clock, write=letters.write)
    recovery = channels.recovering_tools(settings, storage, clock=clock, write=letters.write_recovery)
    classes = ClassReadingTools(storage, whole, bell.ring, clock)
    duties = {
        Topic.READ: singly(lambda row_id: class_reading.read(classes, row_id), seconds=READING_LIMIT),
        Topic.SYNC: singly(lambda row_id: sync.sync(reading, row_id), seconds=READING_LIMIT),
        Topic.RESTATE: singly(lambda row_id: restating.restate(storage, row_id, clock)),
        Topic.ISSUE: Duty(partial(issuing.issue_all, sealing), issuing.AT_ONCE),
        Topic.DELIVER: singly(lambda row_id: delivery.deliver(handing_over, row_id)),
        Topic.RECOVER: singly(partial(recovering.answer, recovery)),
        Topic.STATUS: singly(lambda row_id: revocation.publish(lists, row_id)),
    }
    plan = scheduling.make_tools(storage, timedelta(minutes=settings.sync_minutes), clock)
    jobs = Jobs(storage, bell, duties, clock, lambda: tick(settings, plan))
    jobs.install(queue)
    offering, approving = OfferingTools(storage, clock), ApprovingTools(storage, clock)
    made = (offering, reading, sealing, approving, plan, recovery)
    return Bridge(settings, storage, queue, bell, jobs, *made, anchors, clock)


def tick(settings: Settings, plan: SchedulingTools) -> None:
    """Do what the clock asks for: read the courses that are due; once an hour begin an epoch and let old data go."""
    scheduling.schedule(plan)
    if plan.storage.advance_epoch(plan.clock(), at_most_every=timedelta(hours=1)):
        privacy.let_go(privacy_tools(settings, plan.storage, plan.clock))


def create_app(settings: Settings) -> Flask:
    """Return the web application on a bridge of its own."""
    bridge = assemble(settings)
    app = Flask("plugin.web")
    cookies.init_app(app, settings.secret_keys)
    app.wsgi_app = ProxyFix(app.wsgi_app, *([settings.proxy_hops] * 4))  # type: ignore[method-assign]
    security.init_app(app)
    pages.init_app(app, page_tools(bridge))
    identity.init_app(app, identity_tools(bridge))
    entrance.init_app(app, launch_tools(bridge), registration_pages(bridge))
    hints.init_app(app, hint_tools(bridge))
    disclosure.init_app(app, disclosure_of(settings, bridge.clock))
    health.init_app(
        app, HealthPages(Readiness(health_tools(bridge.settings, clock=bridge.clock)), settings.operator_token)
    )
    administration.init_app(app, bridge, bridge.bell.ring)
    metrics.init_app(
        app, MetricPages(Exporter(export_tools(settings, bridge.storage)).exposition, settings.operator_token)
    )
    return app


def disclosure_of(settings: Settings, clock: Clock) -> Disclosure:
    """Return what this installation says about reporting weaknesses."""
    contact, policy = settings.security_contact, settings.security_policy
    return Disclosure(contact=contact, policy=policy, public_url=settings.public_url, clock=clock)


def identity_tools(bridge: Bridge) -> IdentityTools:
    """Return what the addresses about ourselves work with."""
    lists = issuer.status_tools(bridge.settings, bridge.storage, bridge.clock)
    settings = bridge.settings
    return IdentityTools(
        addresses(settings.public_url),
        lambda: issuer.documents(settings),
        lambda name: issuer.status_file(lists, name),
    )


def first_page(bridge: Bridge, tools: NotingTools, accepted: Launch) -> str:
    """Note the course that somebody came from, have it read soon, and return where to go."""
    noting.note(tools, accepted)
    if scheduling.hasten(bridge.scheduling, accepted.platform, accepted.place.course):
        bridge.bell.ring()
    return entrance.home(accepted)


def hint_tools(bridge: Bridge) -> HintTools:
    """Return what takes pushed events."""
    keys, url = KeySets(fetcher(campus(bridge.settings))), bridge.settings.live_events_keys
    token = bridge.settings.operator_token
    return HintTools(bridge.scheduling, lambda key_id: keys.find(url, key_id), bridge.bell.ring, token)


def launch_tools(bridge: Bridge) -> LaunchTools:
    """Return what the LTI pages work with."""
    settings = bridge.settings
    launch_url = f"{settings.public_url}/lti/launch"
    launches, registrations = Launches(bridge.storage), Registrations(bridge.storage)
    registry = Registry(registrations, allow_new=settings.new_deployments == "allow")
    states = States(tuple(hmac.digest(key.encode(), b"lti states", "sha256") for key in settings.secret_keys))
    keys = KeySets(fetcher(campus(settings)))
    return LaunchTools(
        login=Login(registry, states, launch_url),
        reception=Reception(registry, states, keys, launches, launch_url),
        launches=launches,
        tool_keys=ToolKeys(bridge.storage),
        home=partial(first_page, bridge, NotingTools(bridge.storage, bridge.clock)),
        clock=bridge.clock,
        public_url=settings.public_url,
    )


def page_tools(bridge: Bridge) -> PageTools:
    """Return what the pages work with."""
    checking = Checking(bridge.settings, bridge.anchors, bridge.clock, bridge.storage, campus(bridge.settings))
    return PageTools(
        storage=bridge.storage,
        launches=Launches(bridge.storage),
        registrations=Registrations(bridge.storage),
        connect=bridge.sync.connect,
        check=checking.check,
        examine=Examiner(partial(checker, bridge.settings)).check,
        clock=bridge.clock,
        public_url=bridge.settings.public_url,
        ring=bridge.bell.ring,
        ask_for_link=partial(recovering.ask, bridge.recovering) if bridge.recovering.send else None,
    )


def checker(settings: Settings) -> Callable[[bytes], Report]:
    """Return what checks a stranger's file, in a process that has nothing but the settings."""
    storage = open_storage(settings)
    return Checking(settings, trust_anchors(settings), utc_now, storage, campus(settings)).check


def make_sealers(settings: Settings) -> Mapping[Format, Sealer]:
    """Return the sealer of each format that the institution seals; none where no seal is configured."""
    key = configured_seal(settings)
    if key is None:
        return {}
    if settings.is_public and is_development(key.certificate):
        said = "a development seal is worth nothing and cannot seal for a public address"
        raise InvalidSettings((f"MICROCRED_SEAL_FILE: {said} ({settings.public_url})",))
    authority = TimestampAuthority(settings.timestamp_url) if settings.timestamp_url else None
    seals = issuer.seal_files(settings)
    seals.note(key.certificate, utc_now())
    seal = WatchedSealer(JadesSealer(key, authority), key.key_id, seals)
    return {Format.ELM: seal, **issuer.credential_sealers(settings)}


def self_check(check: Callable[[bytes], Report]) -> Callable[[Sealed], tuple[str, ...]]:
    """Return what verifies our own bytes: a sentence per failed check, and one where the seal was not checked."""

    def failures(sealed: Sealed) -> tuple[str, ...]:
        report = check(sealed.body)
        return () if report.ok else (report.verdict, *(step.sentence for step in report.failures))

    return failures
