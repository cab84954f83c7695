"""A platform as the bridge reads it: by REST or web services, with roster and own columns by LTI, and counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from joserfc.jwk import RSAKey

from lti import gradebook, roster
from lti.authorization import as_credential
from lti.claims import platform_id
from lti.errors import PlatformError
from lti.platforms import Platform
from lti.stores import Deployment, Registration
from lti.tool_keys import new_key
from mappings.assessment import CourseId, LearnerId, Standing
from plugin.assurance import assured
from plugin.connecting import Connector
from plugin.storage.courses import CourseServices
from plugin.storage.platforms import Connected
from plugin.storage.registrations import Registrations, ToolKeys
from plugin.storage.unit_of_work import Storage
from plugin.sync import SyncTools, sync
from tests import factories
from tests.factories import READ
from tests.lti.conftest import LOCAL
from tests.lti.platforms.test_canvas import AFTER_ALL
from tests.plugin.platforms import Clock
from tests.plugin.rows import an_offer
from tests.simulators.canvas import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, CanvasSimulator, lti_id
from tests.simulators.canvas_course import CanvasCourse, large
from tests.simulators.moodle import MoodleSimulator
from tests.simulators.server import Asked, Reply, Simulator
from tests.simulators.token_desk import Client, TokenDesk

SCOPES = frozenset({roster.SCOPE, gradebook.LINE_ITEMS_SCOPE, gradebook.RESULTS_SCOPE})
CLIENT = "10000000000001"
ADA101, DATA_ETHICS = CourseId("3"), CourseId("565")
ANNA, TERRENCE = LearnerId("4"), LearnerId(lti_id(48))


class Wired:
    """A platform that is registered and connected, with what a launch into its course told."""

    def __init__(self, storage: Storage, simulator: Simulator, kind: str, token: str, token_path: str) -> None:
        self.storage, self.clock = storage, Clock()
        self.platform = platform_id(simulator.url, CLIENT, "1")
        registration = Registration(simulator.url, CLIENT, "", f"{simulator.url}{token_path}", "", kind)
        Registrations(storage).save(registration, READ)
        Registrations(storage).note_deployment(Deployment(registration.id, "1", self.platform, True, READ))
        self.connected = Connected(self.platform, kind, simulator.url, token=token)

    def launched(self, course: CourseId, members: str, line_items: str) -> None:
        """Let a launch have brought these addresses."""
        with self.storage.begin() as work:
            work.courses.note_services(self.platform, course, CourseServices(members, line_items), READ)

    def open(self) -> Platform:
        """Connect as the application does."""
        connector = Connector(LOCAL, self.storage, self.clock)
        return assured(connector, self.storage, connector.second_opinion)(self.connected)


def desk_of(storage: Storage) -> TokenDesk:
    """Where the platform gives tokens to this bridge."""
    key = new_key(READ)
    ToolKeys(storage).add(key)
    return TokenDesk(Client(CLIENT, RSAKey.import_key(key.private_pem), SCOPES), clock=READ.timestamp)


class OneAtATime(CanvasSimulator):
    """A Canvas that notices how many requests it is asked at once."""

    most = under_way = 0
    counting = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        with self.counting:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            return super().answer(asked)
        finally:
            with self.counting:
                self.under_way -= 1


@contextmanager
def canvas(storage: Storage, course: CanvasCourse | None = None) -> Iterator[tuple[OneAtATime, Wired]]:
    """A Canvas that somebody has authorised the bridge to read, and that a teacher has launched from."""
    with OneAtATime(course, desk=desk_of(storage)) as simulator:
        token = as_credential(CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)
        wired = Wired(storage, simulator, "canvas", token, "/login/oauth2/token")
        at = f"{simulator.url}/api/lti/courses/{simulator.course.id}"
        wired.launched(CourseId(simulator.course.id), f"{at}/names_and_roles", f"{at}/line_items")
        yield simulator, wired


@pytest.fixture
def moodle(storage: Storage) -> Iterator[tuple[MoodleSimulator, Wired]]:
    """The recorded Moodle, registered and connected."""
    with MoodleSimulator(desk=desk_of(storage)) as simulator:
        wired = Wired(storage, simulator, "moodle", simulator.token, "/mod/lti/token.php")
        at = f"{simulator.url}/mod/lti/services.php"
        wired.launched(ADA101, f"{at}/CourseSection/3/bindings/1/memberships", f"{at}/3/lineitems?type_id=1")
        yield simulator, wired


def test_a_large_canvas_takes_at_most_forty_requests_with_roster_and_columns(storage: Storage) -> None:
    """200 learners and six assessments, one request in flight; without changes nobody is asked for singly."""
    with canvas(storage, large()) as (simulator, wired):
        records = list(wired.open().read(CourseId(simulator.course.id)))
        first = len(simulator.asked)
        again = list(wired.open().read(CourseId(simulator.course.id), since=AFTER_ALL))
        second = simulator.asked[first:]

        assert {len(record.results) for record in records} == {6}
        assert (len(records), again) == (200, [])
        assert first <= 40
        assert len(second) <= 30
        assert not [asked for asked in second if "/users/" in asked.path or _names_somebody(asked)]
        assert simulator.most == 1


def _names_somebody(asked: Asked) -> bool:
    return any(name == "student_ids[]" and value != "all" for name, value in asked.query)


STRANGER = {"user_id": "66", "status": "Active", "roles": ["Learner"]}
ROSTERS = {
    "another course's roster": (Reply({"context": {"id": "1"}, "members": [STRANGER]}), "foreign_course"),
    "a next page on a private host": (
        Reply({"context": {"id": ADA101}, "members": [STRANGER]}, headers={"Link": '<http://10.0.0.1/2>; rel="next"'}),
        "foreign_page",
    ),
}


@pytest.mark.parametrize(("answer", "code"), ROSTERS.values(), ids=ROSTERS)
def test_a_roster_that_leads_elsewhere_stores_nothing(
    storage: Storage, moodle: tuple[MoodleSimulator, Wired], answer: Reply, code: str
) -> None:
    """Not even of those who are rightly there: the reading fails as a whole, by a code of its own."""
    simulator, wired = moodle
    offer = an_offer(storage, factories.profile())
    simulator.plan(lambda asked: "memberships" in asked.path, answer)

    with pytest.raises(PlatformError) as raised:
        sync(SyncTools(storage, lambda _: wired.open(), wired.clock), offer.id)

    assert raised.value.code == code
    with storage.reading() as work:
        assert list(work.assessments.of_course(wired.platform, ADA101)) == []
        assert list(work.awards.of_offer(offer.id)) == []


def test_a_moodle_course_asks_for_its_roster_once_a_minute(
    moodle: tuple[MoodleSimulator, Wired],
) -> None:
    """However many awards are read again right before sealing."""
    simulator, wired = moodle
    platform = wired.open()

    for learner in ("4", "5", "6"):
        list(platform.read(ADA101, [LearnerId(learner)]))

    assert len([asked for asked in simulator.asked if "memberships" in asked.path]) == 1


@pytest.mark.parametrize(
    ("entry", "standing"),
    [
        ({"roles": ["Learner"], "status": "Inactive"}, Standing.SUSPENDED),
        ({"roles": ["Learner", "Instructor"], "status": "Active"}, Standing.STAFF),
        ({"roles": ["Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"]}, Standing.PREVIEW),
        ({"roles": ["Learner"], "user_id": "somebody-else"}, Standing.WITHDRAWN),
        ({"roles": ["Learner"], "status": "Active"}, Standing.LEARNER),
    ],
    ids=["inactive", "teaches too", "preview", "vanished", "learner"],
)
def test_the_roster_is_a_second_opinion(
    moodle: tuple[MoodleSimulator, Wired], entry: dict[str, object], standing: Standing
) -> None:
    """Nobody is taken for a learner whom either list does not take for one."""
    simulator, wired = moodle
    simulator.plan(
        lambda asked: "memberships" in asked.path,
        Reply({"context": {"id": ADA101}, "members": [{"user_id": "4", **entry}]}),
    )

    (record,) = wired.open().read(ADA101, [ANNA])

    assert record.learner.standing is standing


def test_a_non_editing_teacher_of_the_roster_is_still_none(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """As recorded: Moodle's roster calls Alex a learner, the web service does not."""
    _, wired = moodle

    standings = {person.id: person.standing for person in wired.open().people(ADA101)}

    assert standings[LearnerId("213")] is Standing.STAFF


def test_without_the_right_to_the_roster_the_platform_s_own_list_decides(
    moodle: tuple[MoodleSimulator, Wired],
) -> None:
    """It is a second opinion, and the preflight names what is missing."""
    simulator, wired = moodle
    assert simulator.desk is not None
    simulator.desk.client = replace(simulator.desk.client, scopes=frozenset())

    (record,) = wired.open().read(ADA101, [ANNA])

    assert record.learner.standing is Standing.LEARNER


def test_a_platform_that_is_away_is_no_opinion_either(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """Then nothing is read at all, and tried again later."""
    simulator, wired = moodle
    for _ in range(10):
        simulator.plan(lambda asked: "memberships" in asked.path, Reply(status=503))

    with pytest.raises(PlatformError) as raised:
        list(wired.open().read(ADA101, [ANNA]))

    assert raised.value.retryable


def test_no_address_is_asked_that_no_launch_brought(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """A site-wide tool could read any course by changing it."""
    simulator, wired = moodle
    wired.launched(ADA101, "", "")

    list(wired.open().read(ADA101, [ANNA]))

    assert not [asked for asked in simulator.asked if "services.php" in asked.path]


def test_the_tool_s_own_column_joins_where_the_platform_shows_none(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """As recorded: the account may not see external tools, AGS shows the tool its own."""
    _, wired = moodle

    (record,) = wired.open().read(ADA101, [ANNA])

    (own,) = (activity for activity in record.activities if activity.kind == "line item")
    result = record.result_of(own.id)
    assert own.title == "Credential desk"
    assert result is not None
    assert (result.score.value, result.score.maximum) == (100, 100)


def test_no_scope_to_write_is_asked_for(moodle: tuple[MoodleSimulator, Wired]) -> None:
    """A tool's column changes the course total."""
    simulator, wired = moodle

    list(wired.open().read(ADA101, [ANNA]))

    asked = {scope for each in simulator.asked for scope in each.form.get("scope", "").split()}
    assert asked == SCOPES


def test_whoever_completes_a_canvas_course_keeps_the_id_of_their_launches(storage: Storage) -> None:
    """The roster lists active members only; what it told before is remembered, also by another process."""
    with canvas(storage) as (simulator, wired):
        before = {record.learner.full_name: record.learner.id for record in wired.open().read(DATA_ETHICS)}
        for row in simulator.course.enrollments:
            row["enrollment_state"] = "completed"

        after = {record.learner.full_name: record.learner for record in wired.open().read(DATA_ETHICS)}

    assert before["Terrence Walls"] == after["Terrence Walls"].id == TERRENCE
    assert after["Terrence Walls"].standing is Standing.LEARNER


def test_the_roster_of_canvas_is_a_second_opinion_too(storage: Storage) -> None:
    """Somebody whom it calls a test user is none, whatever the enrolment says."""
    with canvas(storage) as (simulator, wired):
        enrolled = next(row for row in simulator.course.enrollments if row["user_id"] == 48)
        list(wired.open().read(DATA_ETHICS))
        simulator.roles["StudentEnrollment"] = [*simulator.roles["StudentViewEnrollment"]]

        standings = {person.id: person.standing for person in wired.open().people(DATA_ETHICS)}

    assert enrolled["type"] == "StudentEnrollment"
    assert standings[TERRENCE] is Standing.PREVIEW
