"""Reading a real Moodle: the recorded course gives the recorded values, and requests stay within their budget."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from lti.platforms.moodle import Moodle, MoodleSettings
from lti.platforms.moodle_report import FUNCTION as REPORT
from lti.platforms.moodle_service import BATCH
from mappings.assessment import AssessmentRecord, CourseId, PlatformId
from tests.lti.conftest import LOCAL
from tests.simulators.moodle import MoodleSimulator

pytestmark = pytest.mark.live

SINGLY = frozenset(
    {
        "core_completion_get_course_completion_status",
        "core_completion_get_activities_completion_status",
        "report_competency_data_for_report",
    }
)


def course() -> CourseId:
    """Return the course that MOODLE_COURSE names."""
    return CourseId(os.environ["MOODLE_COURSE"])


def told(record: AssessmentRecord) -> dict[str, object]:
    """Return what a record says, without what differs between two sites: ids and times."""
    total = record.course_score
    titles = {activity.id: activity.title for activity in record.activities}
    return {
        "standing": record.learner.standing,
        "names": (record.learner.given_name, record.learner.family_name, record.learner.email),
        "completed": (record.completion.completed, record.completion.unmet),
        # The maximum without a grade counts every column, also those of the tools that were placed when recording.
        "course": (total.value, total.maximum) if total and total.value is not None else None,
        "results": {
            titles[result.activity]: (result.score.value, result.score.maximum, result.score.state, result.passed)
            for result in record.results
        },
        "ratings": {rating.competency: (rating.proficient, rating.grade) for rating in record.competencies},
        "supervision": {(titles[one.activity], one.method, one.supervision) for one in record.supervision},
    }


def by_student_number(moodle: Moodle, course: CourseId) -> dict[str, dict[str, object]]:
    """Read the course."""
    return {record.learner.student_number: told(record) for record in moodle.read(course)}


def test_the_recorded_course_reads_as_recorded(live_moodle: Moodle) -> None:
    """The same values for the same six people."""
    if live_moodle.course(course()).code != "ADA101":
        pytest.skip("MOODLE_COURSE is not the recorded course ADA101")
    with MoodleSimulator() as simulator:
        recorded = Moodle.connect(PlatformId("recorded"), simulator.url, simulator.token, LOCAL)
        expected = by_student_number(recorded, CourseId("3"))

    assert by_student_number(live_moodle, course()) == expected


def test_the_first_reading_stays_in_its_budget(live_moodle: Moodle, places: list[str]) -> None:
    """At most 12 requests, and one for each learner that had to be asked singly.

    Without Moodle's function for several calls in one the budget cannot be kept: three calls for each learner.
    """
    learners = len(list(live_moodle.read(course())))
    if BATCH not in places:
        pytest.skip(f"{BATCH} is not in the service: {len(places)} requests for {learners} learners")

    assert len(places) <= 12 + learners
    assert not SINGLY & set(places)


def test_a_second_reading_without_changes_asks_for_nobody_singly(live_moodle: Moodle, places: list[str]) -> None:
    """As if the last change were two hours ago."""
    later = datetime.now(UTC) + timedelta(hours=2)

    assert list(live_moodle.read(course(), since=later)) == []
    assert not SINGLY & set(places)
    assert len(places) <= 12


@pytest.fixture
def reported(live_moodle: Moodle) -> Moodle:
    """The same Moodle with the report of those who have not completed their course."""
    report = os.environ.get("MOODLE_COMPLETION_REPORT", "")
    if not report:
        pytest.skip("MOODLE_COMPLETION_REPORT is not set")
    return Moodle(PlatformId("live"), live_moodle._service, MoodleSettings(completion_report=report))


def test_whom_the_report_lists_has_not_completed(reported: Moodle) -> None:
    """Asked singly, Moodle says the same of each; of all others the records are the same either way."""
    whole = {record.learner.id: record for record in reported.read(course())}
    brief = {record.learner.id: record for record in reported.in_brief().read(course())}

    unfinished = {learner for learner, record in whole.items() if record.completion.completed is False}
    listed = {learner for learner, record in brief.items() if record.brief}
    assert listed < unfinished
    assert len(unfinished - listed) == 1  # the witness
    assert brief.keys() == whole.keys()
    assert all(told(brief[learner]) == told(whole[learner]) for learner in whole.keys() - listed)


def test_a_reading_by_report_stays_in_its_budget(reported: Moodle, places: list[str]) -> None:
    """At most 12 requests, and one for each learner that had to be asked singly."""
    records = list(reported.in_brief().read(course()))

    assert len(places) <= 12 + sum(not record.brief for record in records)
    assert places.count(REPORT) == 1


def test_the_preflight_finds_the_report_usable(reported: Moodle) -> None:
    """By the minimal role, which is in the report's audience."""
    assert [each.works for each in reported.preflight(course()) if each.place == REPORT] == [True]


def test_the_preflight_is_green_but_for_advice(live_moodle: Moodle) -> None:
    """The minimal role of lti/README.md is enough for everything; columns of tools may stay unseen."""
    advised = {BATCH, "core_grades_get_gradeitems"}

    assert {finding.place for finding in live_moodle.preflight(course()) if not finding.works} <= advised
