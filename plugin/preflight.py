"""The use-case of the preflight page: try what the bridge needs on a platform, and say what is still to be done there.

Launch and roster are tried by LTI; everything else by reading the course that was launched from last, or that awards a
credential. Nothing is changed on the platform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lti import roster
from lti.claims import RegistrationId
from lti.errors import PlatformError
from lti.network import Network
from lti.platforms import Platform, canvas_preflight, moodle_preflight
from lti.preflight import OTHER, Check, Finding, Need, Probe, Words, checks, tried
from lti.service import Service
from lti.stores import Registration, RegistrationStore, ToolKeyStore
from lti.tokens import Client, ClientCredentials, TokensInMemory, signer
from lti.tool_keys import ensure_key, signing_key
from mappings.assessment import CourseId, PlatformId
from mappings.said import say
from plugin.errors import BridgeError, UnknownRow
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage, UnitOfWork

_WORDS: Mapping[str, Words] = {"moodle": moodle_preflight.WORDS, "canvas": canvas_preflight.WORDS}
_UNTRIED = say("One click tries it: open the tool in a course that has a learner and a quiz, and check again.")

_UNREAD = say("They are tried as soon as the bridge may read results there.")


class LaunchRecord(Protocol):
    """Knows whether a registered platform was ever launched from."""

    def launched(self, registration: Registration) -> bool:
        """Say whether a launch from there is remembered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightTools:
    """``connect`` opens a connection; ``clock`` returns aware UTC."""

    registrations: RegistrationStore
    launches: LaunchRecord
    tool_keys: ToolKeyStore
    storage: Storage
    connect: Callable[[Connected], Platform]
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
        """Whether nothing is broken, advice aside; what a course gave no occasion to try may still be open."""
        return not any(check.broken for check in self.checks if check.need is not Need.SPEED)

    @property
    def untried(self) -> tuple[Check, ...]:
        """What the course gave no occasion to try."""
        return tuple(check for check in self.checks if not check.findings)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a registration: a platform that can be read, a course to try, and where its roster is."""

    connected: Connected | None
    course: CourseId | None
    members: str


def preflight(tools: PreflightTools, registration_id: RegistrationId) -> Preflight:
    """Try everything on a registered platform. Raises :class:`UnknownRow` where there is no such registration."""
    registration = next((each for each in tools.registrations.registrations() if each.id == registration_id), None)
    if registration is None:
        raise UnknownRow("there is no such registration")
    platforms = tuple(each.platform for each in tools.registrations.deployments(registration.id))
    with tools.storage.reading() as work:
        known = next(iter(sorted(_known(work, platforms), key=_tells_least)), _Known(None, None, ""))
    words = _WORDS.get(registration.product, OTHER)
    reading = _reading(tools, known, words)
    findings = (_launch(tools, registration, words), _roster(tools, registration, known, words), *reading)
    untried = _UNTRIED if reading[0].works else _UNREAD
    return Preflight(registration, platforms, checks(findings, untried))


def _known(work: UnitOfWork, platforms: tuple[PlatformId, ...]) -> Iterator[_Known]:
    offers = {offer.platform: offer.course for offer in work.offers.enabled()}
    for platform in platforms:
        course = work.courses.newest(platform) or offers.get(platform)
        members = work.courses.services(platform, course).members if course else ""
        try:
            yield _Known(work.platforms.get(platform), course, members)
        except UnknownRow:
            yield _Known(None, course, members)


def _tells_least(known: _Known) -> tuple[bool, bool]:
    """Sort what tells most first."""
    return known.connected is None, known.course is None


def _launch(tools: PreflightTools, registration: Registration, words: Words) -> Finding:
    if tools.launches.launched(registration):
        return Finding(Need.LAUNCH, ("M1",), "LtiResourceLinkRequest")
    return Finding(
        Need.LAUNCH, ("M1",), "LtiResourceLinkRequest", say("Nobody has launched from there yet."), words.launch
    )


def _roster(tools: PreflightTools, registration: Registration, known: _Known, words: Words) -> Finding:
    """Ask for a token that reads rosters, and for the roster of the course where a launch told its address."""
    now = tools.clock()
    key = signing_key(ensure_key(tools.tool_keys, now), now)
    client = Client(registration.issuer, registration.client_id, registration.token_endpoint)
    sign = signer(key.private_pem, key.key_id)
    store, scopes = TokensInMemory(), frozenset({roster.SCOPE})
    tokens = ClientCredentials(client, scopes, sign, tools.network, store=store, clock=tools.clock)

    def attempt() -> object:
        if known.members:
            return Service(tokens, tools.network).get(known.members, accept=roster.ACCEPT)
        return tokens.current()

    return tried(Probe(Need.ROSTER, ("M1",), "names_and_roles", attempt), lambda _: words.roster)


def _reading(tools: PreflightTools, known: _Known, words: Words) -> tuple[Finding, ...]:
    if known.connected is None or not known.connected.token:
        return (
            Finding(Need.CONNECTION, (), "", say("Nobody has let the bridge read results there yet."), words.connect),
        )
    try:
        return tools.connect(known.connected).preflight(known.course)
    except (BridgeError, PlatformError) as error:
        said = error.sentence if isinstance(error, PlatformError) else str(error)
        return (Finding(Need.CONNECTION, (), "", said, words.connect, error.code),)
