"""Who has not completed the course, by a custom report of Moodle's report builder, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from lti.errors import Fault, PlatformError
from lti.platforms import moodle_report
from lti.platforms.brevity import in_brief
from lti.platforms.moodle import Moodle, MoodleSettings
from lti.preflight import Finding, Need
from mappings.assessment import AssessmentRecord, CourseId, LearnerId, PlatformId
from tests.lti.conftest import LOCAL
from tests.simulators.moodle import REPORT, REPORT_ID, MoodleSimulator, enlarged, key, refusal

COURSE = CourseId("3")
ANNA, BRUNO, CHIARA, DIETER, EVA, FARID = (LearnerId(number) for number in "456789")
CONDITIONS = "conditiondata"


def connect(simulator: MoodleSimulator, report: str = REPORT_ID) -> Moodle:
    """Connect with a report."""
    settings = MoodleSettings(completion_report=report)
    return Moodle.connect(PlatformId("moodle"), simulator.url, simulator.token, LOCAL, settings)


@pytest.fixture
def simulator() -> Iterator[MoodleSimulator]:
    """Serve the recorded course, with a report of those who have not completed it."""
    with MoodleSimulator() as running:
        yield running


@pytest.fixture
def moodle(simulator: MoodleSimulator) -> Moodle:
    """Connect with the report."""
    return connect(simulator)


def read(moodle: Moodle) -> dict[LearnerId, AssessmentRecord]:
    """Read the whole course in brief."""
    return {record.learner.id: record for record in in_brief(moodle).read(COURSE)}


def of_report(moodle: Moodle, course: CourseId | None = COURSE) -> Finding:
    """Return what the preflight says of the report."""
    return next(each for each in moodle.preflight(course) if each.place == REPORT)


def test_who_is_listed_is_not_asked_singly(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Of the three who are listed only the one with the best course grade is asked, as a witness."""
    records = read(moodle)

    assert {learner for learner, record in records.items() if record.brief} == {DIETER, FARID}
    asked = {form["userid"] for form in simulator.calls() if "userid" in form}
    assert asked == {ANNA, BRUNO, EVA, CHIARA}


def test_a_brief_record_holds_what_the_lists_show(moodle: Moodle) -> None:
    """Grades and people are as ever; verdicts, ratings and what is open are not known."""
    brief, whole = read(moodle)[DIETER], next(moodle.read(COURSE, [DIETER]))

    assert (brief.learner, brief.course_score) == (whole.learner, whole.course_score)
    assert [result.score for result in brief.results] == [result.score for result in whole.results]
    assert {result.passed for result in brief.results} == {None}
    assert (brief.completion.completed, brief.completion.unmet, brief.competencies) == (False, (), ())


def test_who_has_completed_is_read_whole(moodle: Moodle) -> None:
    """The time of completion, verdicts and ratings come from Moodle's answers about one learner."""
    records = read(moodle)

    for learner in (ANNA, BRUNO, EVA):
        singly = next(moodle.read(COURSE, [learner]))
        assert (records[learner].completion, records[learner].results) == (singly.completion, singly.results)
        assert records[learner].competencies == singly.competencies


def test_the_report_is_read_only_in_brief(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """A whole reading, and whoever is named, does without it: so does the reading right before sealing."""
    assert not any(record.brief for record in moodle.read(COURSE))
    assert not any(record.brief for record in moodle.in_brief().read(COURSE, [DIETER]))
    assert simulator.calls(REPORT) == []


@pytest.mark.parametrize("learners", [100, 200])
def test_a_class_in_progress_takes_the_same_requests_however_large(learners: int) -> None:
    """Lists, the report, the settings of quizzes and one witness."""
    with MoodleSimulator(enlarged(learners, model=CHIARA), batch=True) as running:
        records = read(connect(running))

        assert len(running.asked) == 10
    assert sum(record.brief for record in records.values()) == learners - 1


def test_an_unchanged_course_does_not_ask_for_the_report(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """With nobody to read there is nothing to ask."""
    after_all = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)

    assert list(in_brief(moodle).read(COURSE, since=after_all)) == []
    assert simulator.calls(REPORT) == []


def test_the_report_is_read_page_by_page(
    simulator: MoodleSimulator, moodle: Moodle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six rows, two a page: one without a person, two teachers, three learners."""
    monkeypatch.setattr(moodle_report, "_ROWS_A_PAGE", 2)

    assert sum(record.brief for record in read(moodle).values()) == 2
    assert [form["page"] for form in simulator.calls(REPORT)] == ["0", "1", "2"]


def test_a_listed_learner_who_has_completed_makes_the_report_void(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """As where the condition was removed and Moodle still tells its value: Anna has the best grade and is asked."""
    simulator.finished_too = {ANNA}

    assert not any(record.brief for record in read(moodle).values())


def test_a_course_without_completion_is_not_taken_for_unfinished(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """Moodle lists people of such a course too; the witness tells that nothing is tracked."""
    for learner in "456789":
        place = ("core_completion_get_course_completion_status", key({"courseid": 3, "userid": learner}))
        simulator.answers[place] = refusal("nocriteriaset")

    assert {record.completion.completed for record in read(moodle).values()} == {None}


def test_a_condition_is_known_as_text_and_as_number(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """The editor keeps what it sent as text, a script of the site's own keeps a number."""
    simulator.report["details"][CONDITIONS] = '{"completion:completed_operator":2}'

    assert of_report(moodle).works


def other_source(simulator: MoodleSimulator) -> None:
    """Make it a report of users."""
    simulator.report["details"]["source"] = "core_user\\reportbuilder\\datasource\\users"


def no_condition(simulator: MoodleSimulator) -> None:
    """List everybody."""
    simulator.report["details"][CONDITIONS] = None


def other_condition(simulator: MoodleSimulator) -> None:
    """List who has completed."""
    simulator.report["details"][CONDITIONS] = '{"completion:completed_operator":"1"}'


def odd_conditions(simulator: MoodleSimulator) -> None:
    """Send a list where Moodle sends an object."""
    simulator.report["details"][CONDITIONS] = "[]"


def no_links(simulator: MoodleSimulator) -> None:
    """Show names that link nowhere, and a person's own words that look like a link."""
    simulator._row = lambda user: {"columns": [3, "x", 'see <a href="/user/profile.php?id=8">me</a>']}  # type: ignore[method-assign]


UNSUITABLE = [
    (other_source, "source"),
    (no_condition, "not restricted"),
    (other_condition, "not restricted"),
    (odd_conditions, "not restricted"),
    (no_links, "does not link"),
]


@pytest.mark.parametrize(("spoil", "sentence"), UNSUITABLE)
def test_an_unsuitable_report_is_not_used_and_named(
    simulator: MoodleSimulator, moodle: Moodle, spoil: Callable[[MoodleSimulator], None], sentence: str
) -> None:
    """Everybody is asked singly, and the preflight says what is wrong with the report and how it should be."""
    spoil(simulator)

    assert not any(record.brief for record in read(moodle).values())
    finding = of_report(moodle)
    assert sentence in finding.problem
    assert "Course participants" in finding.fix


def test_a_report_of_a_whole_university_is_not_read(
    simulator: MoodleSimulator, moodle: Moodle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be read whole for every course: its first page says how long it is."""
    monkeypatch.setattr(moodle_report, "_MOST_ROWS", 5)

    assert not any(record.brief for record in read(moodle).values())
    assert len(simulator.calls(REPORT)) == 1
    assert "restrict it to a course category" in of_report(moodle).problem


@pytest.mark.parametrize("code", ["errorreportview", "accessexception", "invalidrecord", "surprise"])
def test_a_report_that_is_refused_stops_nothing(simulator: MoodleSimulator, moodle: Moodle, code: str) -> None:
    """Everybody is asked singly, and the preflight says why."""
    simulator._report = lambda arguments: refusal(code)  # type: ignore[method-assign]

    assert len(read(moodle)) == 6
    assert not any(record.brief for record in read(moodle).values())
    assert of_report(moodle).code


def test_conditions_that_are_no_json_are_a_malformed_answer(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """And so the report is not used."""
    simulator.report["details"][CONDITIONS] = "{"

    assert not any(record.brief for record in read(moodle).values())
    assert of_report(moodle).code == Fault.MALFORMED_ANSWER.value


def test_a_moodle_that_is_down_is_not_a_report_that_is_missing(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """The reading is tried again later."""
    simulator._report = lambda arguments: refusal("sitemaintenance")  # type: ignore[method-assign]

    with pytest.raises(PlatformError) as raised:
        read(moodle)

    assert raised.value.fault is Fault.PLATFORM_DOWN


def test_the_preflight_is_green_where_the_report_can_be_used(moodle: Moodle) -> None:
    """With a course, and without one."""
    assert of_report(moodle).works
    assert of_report(moodle, None).works


def test_the_preflight_asks_for_one_who_is_listed(simulator: MoodleSimulator, moodle: Moodle) -> None:
    """A report that lists somebody who has completed is named, as advice only: nothing stops."""
    simulator.finished_too = {ANNA}

    finding = of_report(moodle)

    assert (finding.need, finding.works) == (Need.SPEED, False)
    assert "has completed" in finding.problem


def test_a_listed_learner_who_cannot_be_asked_is_told_by_another_line(
    simulator: MoodleSimulator, moodle: Moodle
) -> None:
    """The probe of completion names the missing right."""
    for learner in "456789":
        place = ("core_completion_get_course_completion_status", key({"courseid": 3, "userid": learner}))
        simulator.answers[place] = refusal("nopermissions")

    assert of_report(moodle).works


def test_the_preflight_of_a_course_in_which_nobody_is_listed_is_green(
    simulator: MoodleSimulator, moodle: Moodle
) -> None:
    """Where all have completed there is nobody to ask."""
    simulator.answers.update(enlarged(2))

    assert of_report(moodle).works


def test_a_missing_function_is_named_with_its_place() -> None:
    """As with every other function."""
    with MoodleSimulator() as running:
        functions = running.answers["core_webservice_get_site_info", ()]["functions"]
        functions[:] = [each for each in functions if each["name"] != REPORT]
        fix = of_report(connect(running)).fix

    assert fix.endswith(f"External services > Functions: add {REPORT}.")


def test_without_a_report_nothing_is_said_of_one(simulator: MoodleSimulator) -> None:
    """It is advice for large classes, not a need."""
    assert REPORT not in {finding.place for finding in connect(simulator, "").preflight(COURSE)}
