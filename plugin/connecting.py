"""Opening a connection to a platform of any kind, with the credential that was kept for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from lti import gradebook, roster
from lti.authorization import token_source
from lti.network import Network
from lti.platforms import Platform
from lti.platforms.canvas import MANNERS, Canvas
from lti.platforms.moodle import Moodle, MoodleSettings
from lti.second_opinion import CourseServices, SecondOpinion
from lti.service import Service
from lti.stores import Registration, TokenStore
from lti.tokens import Client, ClientCredentials, signer
from lti.tool_keys import signing_key
from mappings.assessment import CourseId, LearnerId, PlatformId
from plugin.canary import Canary
from plugin.errors import BridgeError
from plugin.sameness import renamed
from plugin.storage.platforms import Connected
from plugin.storage.registrations import Registrations, ToolKeys
from plugin.storage.sharing import Holder
from plugin.storage.tokens import StoredTokens
from plugin.storage.totals import CANARY
from plugin.storage.unit_of_work import Storage

_OPINION_LASTS = timedelta(minutes=1)
_MOST_OPINIONS = 100
"""Courses of which the last minute's roster is kept in memory."""
_READ_THEIR_ROSTER = frozenset({"canvas"})
"""Kinds whose platform reads the roster itself, for the ids in it."""


class KnownPeople:
    """A :class:`lti.platforms.canvas_learner.People` on the database."""

    def __init__(self, storage: Storage, platform: PlatformId, clock: Callable[[], datetime]) -> None:
        self._storage, self._platform, self._clock = storage, platform, clock

    def known(self) -> dict[str, LearnerId]:
        """Return the LTI ids that were ever seen."""
        with self._storage.reading() as work:
            return work.courses.people(self._platform)

    def note(self, people: Mapping[str, LearnerId]) -> None:
        """Keep what is new. Whoever has another LTI id than before was perhaps merged with another account."""
        with self._storage.begin() as work:
            before = work.courses.people(self._platform)
            work.courses.note_people(self._platform, people)
            for user, learner in people.items():
                if before.get(user, learner) != learner:
                    renamed(work, Holder(self._platform, learner), before[user], user, self._clock())


class Connector:
    """Opens connections. Access tokens are shared by all processes; of one Canvas all use the same service."""

    def __init__(self, network: Network, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._network = network
        self._registrations = Registrations(storage)
        self._keys = ToolKeys(storage)
        self._clock = clock
        self._tokens: TokenStore = StoredTokens(storage)
        self._storage = storage
        self._services: dict[Connected, Service] = {}
        self._opinions: dict[tuple[PlatformId, CourseId], tuple[datetime, SecondOpinion]] = {}

    def __call__(self, connected: Connected) -> Platform:
        """Return the platform. Raises :class:`BridgeError` for a kind that cannot be read."""
        if connected.kind == "moodle":
            settings = MoodleSettings(completion_report=connected.completion_report)
            return Moodle.connect(connected.id, connected.base_url, connected.token, self._network, settings)
        if connected.kind == "canvas":
            service, lti = self._canvas(connected), self._lti_service(connected.id, roster.SCOPE)
            people = KnownPeople(self._storage, connected.id, self._clock)
            return Canvas(connected.id, connected.base_url, service, lti=lti, people=people)
        if connected.kind == CANARY:
            return Canary(self._clock)
        raise BridgeError(f"platforms of kind {connected.kind!r} cannot be read")

    def _canvas(self, connected: Connected) -> Service:
        """Return the one service of a Canvas: it sends one request at a time, as Canvas asks for each token."""
        if connected not in self._services:
            source = token_source(connected.base_url, connected.token, self._network, self._tokens)
            self._services[connected] = Service(source, self._network, MANNERS)
        return self._services[connected]

    def second_opinion(self, connected: Connected, course: CourseId) -> SecondOpinion:
        """Ask the LTI services of a course where a launch told them; not again within a minute."""
        known = self._opinions.get((connected.id, course))
        if known is not None and self._clock() - known[0] < _OPINION_LASTS:
            return known[1]
        with self._storage.reading() as work:
            said = work.courses.services(connected.id, course)
        members = self._lti_service(connected.id, roster.SCOPE)
        grades = self._lti_service(connected.id, gradebook.LINE_ITEMS_SCOPE, gradebook.RESULTS_SCOPE)
        if members is None or grades is None:
            return SecondOpinion()
        asked = "" if connected.kind in _READ_THEIR_ROSTER else said.members
        opinion = CourseServices(course, members, grades, asked, said.line_items).ask()
        if len(self._opinions) >= _MOST_OPINIONS:
            self._opinions.clear()
        self._opinions[connected.id, course] = (self._clock(), opinion)
        return opinion

    def _lti_service(self, platform: PlatformId, *scopes: str) -> Service | None:
        """Return an LTI service of a platform that is also registered; None where it was connected by hand only."""
        registration = self._registration_of(platform)
        if registration is None or not self._keys.keys():
            return None
        client = Client(registration.issuer, registration.client_id, registration.token_endpoint)
        asked = frozenset(scopes)
        tokens = ClientCredentials(client, asked, self._sign, self._network, store=self._tokens, clock=self._clock)
        return Service(tokens, self._network)

    def _registration_of(self, platform: PlatformId) -> Registration | None:
        for registration in self._registrations.registrations():
            if any(each.platform == platform for each in self._registrations.deployments(registration.id)):
                return registration
        return None

    def _sign(self, claims: Mapping[str, object]) -> str:
        key = signing_key(self._keys.keys(), self._clock())
        return signer(key.private_pem, key.key_id)(claims)
