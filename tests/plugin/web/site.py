"""The pages as an application for tests: real storage on SQLite, launches in memory, the real check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti.claims import Launch, LaunchId, Message, Person, Place, Services, VerifiedClaims
from lti.errors import LaunchRefused
from lti.platforms import Platform
from lti.roles import Role
from lti.stores import Deployment, Registration
from mappings.assessment import CourseId, LearnerId, PlatformId
from plugin import class_reading, recovering
from plugin.administering import AdministeringTools, make_link
from plugin.class_reading import ClassReadingTools
from plugin.errors import UnknownRow
from plugin.health import Finding, Health, Status
from plugin.identity import ListedKey
from plugin.listing import stated
from plugin.merging import MergingTools
from plugin.notices import Letter, Sending
from plugin.preflight import Preflight
from plugin.privacy import PrivacyTools
from plugin.recovering import RecoveringTools
from plugin.storage.deliveries import Outcome
from plugin.storage.platforms import Connected
from plugin.storage.registrations import Registrations
from plugin.storage.retention import EVIDENCE, LAUNCHES, PASSING
from plugin.storage.unit_of_work import Storage
from plugin.verification import CheckContext, Report, check
from plugin.web import admin, administrators, pages, personal, same_people, security, sign_ins
from plugin.web.admin import AdminTools
from plugin.web.administrators import Provider
from plugin.web.letters import write_recovery
from plugin.web.personal import PersonalTools
from plugin.web.tools import PageTools
from tests.factories import ISSUED
from tests.plugin.conftest import PUBLIC_URL

LMS = "https://lms.example"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class MemoryLaunches:
    """Launches in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, Launch] = {}

    def keep(self, launch: Launch, claims: VerifiedClaims) -> bool:
        fresh = launch.id not in self.kept
        self.kept.setdefault(launch.id, launch)
        return fresh

    def find(self, launch: LaunchId) -> Launch | None:
        return self.kept.get(launch)

    def end(self, launch: LaunchId) -> None:
        self.kept.pop(launch, None)

    def forget_before(self, moment: datetime) -> int:
        return 0


class OneRegistration:
    """The one platform of the tests, which frames us from its own origin."""

    def find(self, issuer: str, client_id: str) -> Registration | None:
        return Registration(issuer, client_id, f"{LMS}/auth", f"{LMS}/token", f"{LMS}/jwks", "moodle", "LMS", (LMS,))

    def of_issuer(self, issuer: str) -> tuple[Registration, ...]:
        return ()

    def registrations(self) -> tuple[Registration, ...]:
        return ()

    def save(self, registration: Registration, now: datetime) -> None: ...

    def deployments(self, registration: str) -> tuple[Deployment, ...]:
        return ()

    def note_deployment(self, deployment: Deployment) -> None: ...

    def allow_deployment(self, platform: PlatformId, *, allowed: bool) -> bool:
        return False


class RecordedPlatform:
    """A platform that shows what a test put into it."""

    def __init__(self, records: dict[str, Any]) -> None:
        self.records = records

    @property
    def id(self) -> PlatformId:
        return next(iter(self.records.values())).course.platform

    def course(self, course: CourseId) -> Any:
        return next(iter(self.records.values())).course

    def people(self, course: CourseId) -> tuple[Any, ...]:
        return tuple(record.learner for record in self.records.values())

    def read(self, course: CourseId, learners: Any = None, since: datetime | None = None) -> Iterator[Any]:
        wanted = None if learners is None else set(learners)
        for record in self.records.values():
            if record.course.id == course and (wanted is None or record.learner.id in wanted):
                yield record


def a_launch(role: Role, person: str = "4", *, course: str = "3", platform: str = "", **more: Any) -> Launch:
    """A launch into a course, as a person; ``platform`` names another deployment."""
    launch = Launch(
        id=LaunchId(f"{abs(hash((role, person, course, platform))):032x}"[:32]),
        message=Message.RESOURCE_LINK,
        issuer=LMS,
        client_id="client",
        deployment_id=platform or "1",
        person=Person(LearnerId(person), role, "Tessa", "Teacher", "Tessa Teacher", "", "", "en"),
        place=Place(CourseId(course), "ADA101", "Applied Data Analysis", "link-1", "Micro-credential"),
        services=Services("", "", "", ()),
        product="moodle",
        product_version="4.5",
        target_link_uri="",
        return_url=f"{LMS}/return",
        deep_linking=None,
        for_user="",
        custom=(),
        launched_at=ISSUED,
    )
    return replace(launch, **more)


class Site:
    """A running application and what stands behind it."""

    def __init__(
        self,
        storage: Storage,
        platform: Platform | None = None,
        now: datetime = ISSUED,
        *,
        limited: bool = False,
        examine: Callable[[bytes], Report] | None = None,
        worker: bool = True,
        provider: Provider | None = None,
        mails: bool = True,
    ) -> None:
        self.storage, self.platform, self.now = storage, platform, now
        self.launches = MemoryLaunches()
        self.worker = worker
        self.examine = examine or self._check
        self.public_url = PUBLIC_URL
        self.mailed: list[tuple[str, Letter]] = []
        self.recovering = RecoveringTools(
            storage, self._mail if mails else None, write_recovery, f"{PUBLIC_URL}/recover", lambda: self.now
        )
        self.health = Health((Finding("database", Status.PASS, "It can be read and written."),))
        self.preflights: dict[str, Preflight] = {}
        self.keys: tuple[ListedKey, ...] = ()
        self.environment: dict[str, str] = {}
        self.rung: list[datetime] = []
        self.app = Flask("plugin.web")
        self.app.config.update(SECRET_KEY="test", RATELIMIT_ENABLED=limited)
        security.init_app(self.app)
        pages.init_app(self.app, self.tools())
        administrators.init_app(self.app, storage, provider, PUBLIC_URL, lambda: self.now)
        sign_ins.init_app(self.app)
        admin.init_app(self.app, self.admin_tools())
        personal.init_app(self.app, self.personal_tools())
        same_people.init_app(self.app, MergingTools(self.storage, lambda: self.now))
        self.app.register_error_handler(LaunchRefused, lambda refused: (refused.sentence, 403))

    def tools(self) -> PageTools:
        """What the pages work with."""
        return PageTools(
            storage=self.storage,
            launches=self.launches,
            registrations=OneRegistration(),
            connect=self.connect,
            check=self._check,
            examine=self.examine,
            ring=lambda: self.work_off() if self.worker else None,
            clock=lambda: self.now,
            public_url=self.public_url,
            ask_for_link=partial(recovering.ask, self.recovering) if self.recovering.send else None,
        )

    def admin_tools(self) -> AdminTools:
        """What the administrator's pages work with; a test sets ``health``, ``preflights``, ``keys`` and such."""
        stored = Registrations(self.storage)

        def allow(platform: PlatformId, allowed: bool) -> bool:
            return stored.allow_deployment(platform, allowed=allowed)

        return AdminTools(
            storage=self.storage,
            acting=AdministeringTools(self.storage, allow, lambda: self.rung.append(self.now), lambda: self.now),
            registrations=stored,
            ready=lambda: self.health,
            health=lambda: self.health,
            preflight=self.preflight,
            invite=lambda _by: f"{PUBLIC_URL}/lti/register/an-invite",
            keys=lambda: self.keys,
            settings=lambda: stated(self.environment),
            clock=lambda: self.now,
        )

    def preflight(self, registration: str) -> Preflight:
        """What the bridge found out about a platform."""
        if registration not in self.preflights:
            raise UnknownRow("there is no such registration")
        return self.preflights[registration]

    def personal_tools(self) -> PersonalTools:
        """What the pages about personal data work with."""
        days = {LAUNCHES: timedelta(days=30), EVIDENCE: timedelta(days=730), PASSING: timedelta(days=1)}
        return PersonalTools(
            privacy=PrivacyTools(self.storage, days, lambda: self.now),
            institution=lambda: "Example University",
            privacy_contact="",
            accessibility_contact="",
        )

    def connect(self, connected: Connected) -> Platform:
        """What the bridge reads instead of a platform."""
        assert self.platform is not None
        return self.platform

    def _check(self, data: bytes) -> Report:
        return check(data, CheckContext(self.now))

    def _mail(self, address: str, letter: Letter, name: str) -> Sending:
        self.mailed.append((address, letter))
        return Sending(Outcome.SENT)

    def work_off(self) -> None:
        """Read the classes that are waited for and mail links, as a worker does that has nothing else to do."""
        classes = ClassReadingTools(self.storage, self.connect, lambda: None, lambda: self.now)
        with self.storage.read() as connection:
            waiting = (
                connection.exec_driver_sql("SELECT id FROM class_readings WHERE finished_at IS NULL").scalars().all()
            )
        for reading_id in waiting:
            class_reading.read(classes, reading_id)
        with self.storage.read() as connection:
            asked = connection.exec_driver_sql("SELECT id FROM recovery_requests WHERE answered_at IS NULL").scalars()
            requests = asked.all()
        for request_id in requests:
            recovering.answer(self.recovering, request_id)

    def browser(self, *launches: Launch) -> Browser:
        """A visitor with cookies of their own, who came by these launches."""
        client = self.app.test_client()
        for launch in launches:
            self.launches.keep(launch, VerifiedClaims({}))
        with client.session_transaction() as session:
            session["launches"] = [launch.id for launch in launches]
        return Browser(client) if launches else Browser(self.app.test_client())

    def administrator(self, name: str = "Ada Admin") -> Browser:
        """An administrator, who came in by a link."""
        browser = self.browser()
        browser.post(f"/admin/enter/{make_link(self.storage, name, self.now)}")
        return browser


class Browser:
    """A visitor who fills in forms with the token that the page gave."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, form: dict[str, Any] | None = None, *, page: str = "", **more: Any) -> TestResponse:
        """Open ``page`` (or ``path``), take its token, and send ``form``."""
        return self.client.post(path, data={"csrf_token": self.token(page or path), **(form or {})}, **more)

    def token(self, page: str) -> str:
        """The token of the forms on ``page``, empty where it has none."""
        found = TOKEN.search(self.client.get(page).text)
        return found[1] if found else ""
