"""Names and roles: who is in the course, and who must not be taken for a learner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lti import gradebook, roster
from lti.errors import Fault, PlatformError
from lti.gradebook import read_line_items, read_results, results_url
from lti.platforms.moodle import Moodle
from lti.roster import Member, Roster, learner_of, read_roster
from lti.service import Service
from lti.tokens import Client, ClientCredentials, TokensInMemory, signer
from mappings.assessment import Activity, ActivityId, CourseId, GradeState, Learner, LearnerId, PlatformId, Standing
from tests.lti.conftest import LOCAL
from tests.lti.test_tokens import TOOL_KEY
from tests.simulators.moodle import MoodleSimulator
from tests.simulators.server import Asked, Reply
from tests.simulators.token_desk import Client as RegisteredClient
from tests.simulators.token_desk import TokenDesk

SCOPES = frozenset({roster.SCOPE, gradebook.LINE_ITEMS_SCOPE, gradebook.RESULTS_SCOPE})
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
ALEX = LearnerId("213")
ADA101 = CourseId("3")
CONTEXT = {"context": {"id": "3"}}


@pytest.fixture
def platform() -> Iterator[MoodleSimulator]:
    """Serve Moodle with its LTI services."""
    with MoodleSimulator(desk=TokenDesk(RegisteredClient("tool-1", TOOL_KEY, SCOPES))) as running:
        yield running


@pytest.fixture
def service(platform: MoodleSimulator) -> Service:
    """Read as the registered tool."""
    client = Client(platform.url, "tool-1", f"{platform.url}/mod/lti/token.php")
    sign = signer(TOOL_KEY.as_pem(private=True), "key-1")
    return Service(ClientCredentials(client, SCOPES, sign, LOCAL, store=TokensInMemory()), LOCAL)


def memberships(platform: MoodleSimulator, query: str = "") -> str:
    """Return the address that a launch gives."""
    return f"{platform.url}/mod/lti/services.php/CourseSection/3/bindings/1/memberships{query}"


def test_everybody_is_read_over_all_pages(platform: MoodleSimulator, service: Service) -> None:
    """Three a page, eight people, three pages."""
    people = read_roster(service, memberships(platform, "?limit=3"), ADA101)

    assert [person.id for person in people] == ["213", "7", "9", "4", "8", "6", "5", "3"]
    assert len([asked for asked in platform.asked if "memberships" in asked.path]) == 3


def test_names_and_contact_are_read(platform: MoodleSimulator, service: Service) -> None:
    """As far as the platform sends them."""
    eva = next(person for person in read_roster(service, memberships(platform), ADA101) if person.id == "8")

    assert (eva.full_name, eva.given_name, eva.family_name) == ("Eva Nováková", "Eva", "Nováková")
    assert (eva.email, eva.student_number, eva.standing) == ("eva@example.org", "STU-0005", Standing.LEARNER)


def test_moodle_calls_a_non_editing_teacher_a_learner_and_the_web_service_does_not(
    platform: MoodleSimulator, service: Service
) -> None:
    """As recorded: only both opinions together keep Alex from being taken for a learner."""
    moodle = Moodle.connect(PlatformId("moodle"), platform.url, platform.token, LOCAL)
    people = {person.id: person for person in read_roster(service, memberships(platform), ADA101)}
    roster = Roster(people, is_whole=True)

    checked = {person.id: roster.checked(person).standing for person in moodle.people(CourseId("3"))}

    assert people[ALEX].standing is Standing.LEARNER
    assert checked.pop(ALEX) is Standing.STAFF
    assert checked.pop(LearnerId("3")) is Standing.STAFF
    assert set(checked.values()) == {Standing.LEARNER}


@pytest.mark.parametrize(("is_whole", "standing"), [(True, Standing.WITHDRAWN), (False, Standing.LEARNER)])
def test_whoever_vanished_from_a_whole_roster_has_withdrawn(is_whole: bool, standing: Standing) -> None:
    """Canvas lists active enrolments only: there it says nothing."""
    roster = Roster({}, is_whole=is_whole)

    assert roster.checked(Learner(LearnerId("1"), Standing.LEARNER)).standing is standing


def test_a_roster_makes_nobody_a_learner() -> None:
    """Whoever is suspended stays so, on it or not."""
    suspended = Learner(LearnerId("1"), Standing.SUSPENDED)

    assert Roster({}, is_whole=True).checked(suspended) == suspended


@pytest.mark.parametrize(
    ("in_roster", "at_platform", "together"),
    [
        (Standing.LEARNER, Standing.SUSPENDED, Standing.SUSPENDED),
        (Standing.STAFF, Standing.LEARNER, Standing.STAFF),
        (Standing.PREVIEW, Standing.LEARNER, Standing.PREVIEW),
        (Standing.SUSPENDED, Standing.LEARNER, Standing.SUSPENDED),
        (Standing.LEARNER, Standing.LEARNER, Standing.LEARNER),
    ],
)
def test_of_two_opinions_the_more_careful_stands(
    in_roster: Standing, at_platform: Standing, together: Standing
) -> None:
    """Whichever side it comes from."""
    one, other = Learner(LearnerId("1"), in_roster), Learner(LearnerId("1"), at_platform)

    assert Roster({one.id: one}, is_whole=True).checked(other).standing is together


@pytest.mark.parametrize(
    ("roles", "status", "standing"),
    [
        (["Learner"], "Active", Standing.LEARNER),
        ([f"{MEMBERSHIP}Learner"], "Active", Standing.LEARNER),
        ([f"{MEMBERSHIP}Learner"], "", Standing.LEARNER),
        (["Learner"], "Inactive", Standing.SUSPENDED),
        (["Learner"], "Deleted", Standing.WITHDRAWN),
        (["Learner"], "Frozen", Standing.SUSPENDED),
        (["Learner", TEST_USER], "Active", Standing.PREVIEW),
        ([f"{MEMBERSHIP}Learner", f"{MEMBERSHIP}Instructor"], "Active", Standing.STAFF),
        (["Mentor"], "Active", Standing.STAFF),
        ([], "Active", Standing.STAFF),
    ],
)
def test_roles_and_status_give_the_standing(roles: list[str], status: str, standing: Standing) -> None:
    """Nobody is a learner who is not plainly one: Student View, inactive, vanished, unknown roles."""
    member = Member("1", status, tuple(roles), "", "", "", "", "")

    assert learner_of(member).standing is standing


def test_somebody_who_comes_twice_is_one_person(platform: MoodleSimulator, service: Service) -> None:
    """With the more careful of both roles."""
    entry = {"user_id": "1", "status": "Active", "roles": ["Learner"]}
    pages = Reply({**CONTEXT, "members": [entry, {**entry, "roles": ["Instructor"]}, {**entry, "user_id": 2}]})
    platform.plan(lambda asked: "memberships" in asked.path, pages)

    people = read_roster(service, memberships(platform), ADA101)

    assert [(person.id, person.standing) for person in people] == [("1", Standing.STAFF), ("2", Standing.LEARNER)]


def test_an_unexpanded_variable_is_a_missing_value(platform: MoodleSimulator, service: Service) -> None:
    """Platforms send variables that they do not know literally."""
    entry = {"user_id": "1", "roles": ["Learner"], "name": None, "lis_person_sourcedid": "$Person.sourcedId"}
    platform.plan(lambda asked: "memberships" in asked.path, Reply({**CONTEXT, "members": [entry]}))

    (person,) = read_roster(service, memberships(platform), ADA101)

    assert (person.full_name, person.student_number) == ("", "")


@pytest.mark.parametrize("entry", [{"roles": []}, {"user_id": None}, {"user_id": ""}, {"user_id": "1", "roles": 5}])
def test_a_member_of_another_form_is_a_named_error(
    platform: MoodleSimulator, service: Service, entry: dict[str, object]
) -> None:
    """Nobody is left out in silence."""
    platform.plan(lambda asked: "memberships" in asked.path, Reply({**CONTEXT, "members": [entry]}))

    with pytest.raises(PlatformError) as raised:
        read_roster(service, memberships(platform), ADA101)

    assert raised.value.fault is Fault.MALFORMED_ANSWER


def foreign(asked: Asked) -> bool:
    """Whether this is the second page of a roster."""
    return "memberships" in asked.path and asked.argument("from") == "3"


@pytest.mark.parametrize("context", [{"id": "1"}, {"id": 1}, {"id": "03"}])
def test_the_roster_of_another_course_is_refused(
    platform: MoodleSimulator, service: Service, context: dict[str, object]
) -> None:
    """By its own code, whichever page it is on: a site-wide tool of Moodle may read any course."""
    entry = {"user_id": "66", "status": "Active", "roles": ["Learner"]}
    platform.plan(foreign, Reply({"context": context, "members": [entry]}))

    with pytest.raises(PlatformError) as raised:
        read_roster(service, memberships(platform, "?limit=3"), ADA101)

    assert (raised.value.fault, raised.value.retryable) == (Fault.FOREIGN_COURSE, False)


@pytest.mark.parametrize("container", [{}, {"context": None}, {"context": {}}, {"context": {"id": ""}}])
def test_a_roster_that_does_not_say_of_which_course_it_is_has_the_wrong_form(
    platform: MoodleSimulator, service: Service, container: dict[str, object]
) -> None:
    """The standard demands it, and without it nobody knows whose people these are."""
    platform.plan(lambda asked: "memberships" in asked.path, Reply({**container, "members": []}))

    with pytest.raises(PlatformError) as raised:
        read_roster(service, memberships(platform), ADA101)

    assert raised.value.fault is Fault.MALFORMED_ANSWER


def test_an_ended_token_is_renewed_while_reading(platform: MoodleSimulator, service: Service) -> None:
    """Moodle's 401 has no ``WWW-Authenticate``; the roster comes all the same."""
    read_roster(service, memberships(platform), ADA101)
    assert platform.desk is not None
    platform.desk.revoke_all()

    assert len(read_roster(service, memberships(platform), ADA101)) == 8


def test_a_tool_sees_its_own_line_items_only(platform: MoodleSimulator, service: Service) -> None:
    """The course has three graded activities and a total; AGS shows the tool its own column."""
    items = read_line_items(service, f"{platform.url}/mod/lti/services.php/3/lineitems?type_id=1")

    assert [(item.title, item.kind, item.maximum) for item in items] == [("Credential desk", "line item", 100)]


def test_results_are_scores_of_learners(platform: MoodleSimulator, service: Service) -> None:
    """A result without a score is not graded, not zero."""
    (item,) = read_line_items(service, f"{platform.url}/mod/lti/services.php/3/lineitems?type_id=1")

    (anna, score), (bruno, none) = read_results(service, item)

    assert (anna, score.value, score.maximum, score.state) == ("4", 100, 100, GradeState.POSTED)
    assert (bruno, none.value, none.state) == ("5", None, GradeState.UNGRADED)


def test_the_results_stand_before_the_query() -> None:
    """Moodle's line items have ``?type_id=``."""
    assert results_url("http://h/9/lineitem?type_id=1") == "http://h/9/lineitem/results?type_id=1"


def test_a_line_item_of_another_tool_is_not_found(platform: MoodleSimulator, service: Service) -> None:
    """As recorded for the quiz of the course."""
    quiz = Activity(ActivityId(f"{platform.url}/mod/lti/services.php/3/lineitems/6/lineitem?type_id=1"), "", "")

    with pytest.raises(PlatformError) as raised:
        list(read_results(service, quiz))

    assert raised.value.fault is Fault.NOT_FOUND
