"""A course opens to its own teachers: not to learners, assistants, nor to teachers of other courses and platforms."""

from __future__ import annotations

import pytest

from lti.claims import Launch
from lti.roles import Role
from plugin.storage.awards import State
from plugin.storage.cases import Kind
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED, READ
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import an_offer, held_award, records, sealed_credential

TEACHER = a_launch(Role.TEACHER, "2")
NOT_TEACHERS = {
    "learner": a_launch(Role.LEARNER, "4"),
    "assistant": a_launch(Role.ASSISTANT, "3"),
    "preview": a_launch(Role.PREVIEW, "99"),
    "other": a_launch(Role.OTHER, "98"),
}
ELSEWHERE = {
    "teacher of another course": a_launch(Role.TEACHER, "2", course="4"),
    "teacher of the same number on another platform": a_launch(Role.TEACHER, "2", platform="2"),
}
COURSE_GETS = ("", "/setup", "/preview", "/list.csv")
COURSE_POSTS = ("/setup", "/enable", "/pause", "/resume", "/copy", "/approve")
OBJECT_GETS = ("/award/{held}", "/award/{sealed}")
OBJECT_POSTS = (
    "/award/{held}/approve",
    "/award/{held}/refuse",
    "/award/{sealed}/revoke",
    "/case/{case}",
    "/objection/{objection}",
)
FORM = {"reason": "Because I can.", "confirmed": "yes", "remedy": "revoke"}


@pytest.fixture
def course(rows: Storage) -> Site:
    """The recorded course with an offer."""
    return Site(rows, RecordedPlatform(records()))


@pytest.fixture
def ids(course: Site) -> dict[str, str]:
    """Everything of the course that has an id."""
    offer = an_offer(course.storage)
    held, issued = held_award(course.storage, offer), sealed_credential(course.storage, offer, "bruno")
    with course.storage.begin() as work:
        case = work.cases.open(issued.award_id, Kind.ACHIEVEMENT, "f", reasons=(), now=ISSUED)
        work.holdings.object(held.id, "I object.", READ)
        (objection,) = work.holdings.unanswered(offer.id)
    assert case is not None
    return {
        "held": held.id,
        "sealed": issued.award_id,
        "case": case.id,
        "objection": objection.id,
        "offer": offer.id,
    }


def untouched(course: Site, ids: dict[str, str]) -> bool:
    """Whether nothing of the course was decided."""
    with course.storage.reading() as work:
        states = (work.awards.get(ids["held"]).state, work.awards.get(ids["sealed"]).state)
        cases, objections = work.cases.undecided(ids["offer"]), work.holdings.unanswered(ids["offer"])
        enabled = work.offers.get(ids["offer"]).enabled
    return states == (State.HELD, State.SEALED) and len(cases) == len(objections) == 1 and enabled


def post(browser: Browser, launch: Launch, path: str, token_page: str) -> int:
    """Send every field that any form wants, with a good token."""
    return browser.post(f"/teach/{launch.id}{path}", FORM, page=token_page).status_code


@pytest.mark.parametrize("path", [*COURSE_GETS, *OBJECT_GETS])
def test_the_teacher_gets_there(course: Site, ids: dict[str, str], path: str) -> None:
    """What follows would prove nothing if nobody got there."""
    browser = course.browser(TEACHER)
    browser.get(f"/teach/{TEACHER.id}/setup")

    assert browser.get(f"/teach/{TEACHER.id}{path.format(**ids)}").status_code == 200


@pytest.mark.parametrize("path", OBJECT_POSTS)
def test_the_teacher_may_act(course: Site, ids: dict[str, str], path: str) -> None:
    """Nor if nobody could act."""
    assert post(course.browser(TEACHER), TEACHER, path.format(**ids), f"/teach/{TEACHER.id}") == 303


@pytest.mark.parametrize("who", NOT_TEACHERS)
@pytest.mark.parametrize("path", [*COURSE_GETS, *OBJECT_GETS])
def test_nobody_but_a_teacher_sees_a_teacher_s_page(course: Site, ids: dict[str, str], path: str, who: str) -> None:
    """Each has a launch into this very course."""
    launch = NOT_TEACHERS[who]

    answer = course.browser(launch).get(f"/teach/{launch.id}{path.format(**ids)}")

    assert answer.status_code == 403
    assert "Anna" not in answer.text


@pytest.mark.parametrize("who", NOT_TEACHERS)
@pytest.mark.parametrize("path", [*COURSE_POSTS, *OBJECT_POSTS])
def test_nobody_but_a_teacher_acts(course: Site, ids: dict[str, str], path: str, who: str) -> None:
    """With a good token for their own pages."""
    launch = NOT_TEACHERS[who]

    status = post(course.browser(launch), launch, path.format(**ids), "/verify")

    assert status == 403
    assert untouched(course, ids)


@pytest.mark.parametrize("who", ELSEWHERE)
@pytest.mark.parametrize("path", OBJECT_GETS)
def test_a_teacher_of_elsewhere_finds_nothing(course: Site, ids: dict[str, str], path: str, who: str) -> None:
    """An id of another course is as unknown as an invented one."""
    launch = ELSEWHERE[who]

    answer = course.browser(launch).get(f"/teach/{launch.id}{path.format(**ids)}")

    assert answer.status_code == 404
    assert "Anna" not in answer.text


@pytest.mark.parametrize("who", ELSEWHERE)
@pytest.mark.parametrize("path", [*COURSE_POSTS, *OBJECT_POSTS])
def test_a_teacher_of_elsewhere_changes_nothing_here(course: Site, ids: dict[str, str], path: str, who: str) -> None:
    """Whatever their own launch lets them do stays in their own course."""
    launch = ELSEWHERE[who]

    status = post(course.browser(launch), launch, path.format(**ids), "/verify")

    assert status in {404, 409}
    assert untouched(course, ids)


def test_a_teacher_s_list_of_elsewhere_does_not_show_this_course(course: Site, ids: dict[str, str]) -> None:
    """Neither on the page nor in the export."""
    launch = ELSEWHERE["teacher of another course"]
    browser = course.browser(launch)

    page, export = browser.get(f"/teach/{launch.id}"), browser.get(f"/teach/{launch.id}/list.csv")

    assert "Anna" not in page.text
    assert export.status_code == 404


def test_a_launch_of_somebody_else_s_browser_opens_nothing(course: Site, ids: dict[str, str]) -> None:
    """The id of a launch in an address is no key."""
    course.browser(TEACHER)

    assert course.app.test_client().get(f"/teach/{TEACHER.id}").status_code == 403
