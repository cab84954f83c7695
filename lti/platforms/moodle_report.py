"""Moodle's report builder: who has not completed their course, for everybody at once.

Moodle lists completion of several people in one place only, a custom report that the institution makes (source «Course
participants», condition «Completed» is «No»: docs/moodle.md). Its cells are words in the language of the account, its
headings are too, and both can be changed; so neither is read. What is read:

- the source and the values of the conditions, which Moodle sends as names and numbers beside the rows: only a report
  that lists nobody who has completed is used;
- course and person of a row, out of the addresses that their names link to.

So the report can say «not completed» and nothing else. Whoever is not listed, or not clearly, is asked singly, and so
is one who is listed: Moodle keeps the value of a condition that was removed, and lists people of a course without
completion too (reportbuilder/classes/local/helpers/report.php, Moodle 4.5.6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from lti.errors import Fault, PlatformError
from lti.platforms.moodle_learner import Lists, brief_record_of, single_records
from lti.platforms.moodle_records import course_score_of
from lti.platforms.moodle_service import Call, MoodleService
from lti.schemas import Cells, Json, Text, Whole, load
from mappings.assessment import AssessmentRecord, CourseId, Learner, Standing
from mappings.said import Said, say

FUNCTION = "core_reportbuilder_retrieve_report"

_SOURCE = "core_course\\reportbuilder\\datasource\\participants"
_COMPLETED, _NO = "completion:completed_operator", "2"
"""The condition by its name, and ``boolean_select::NOT_CHECKED``: a text where it was chosen in the editor."""
_ROWS_A_PAGE = 1000
_MOST_ROWS = 10_000
"""The report has no course of its own: it is read whole for each course, so it may not be much longer than a site."""

_COURSE = re.compile(r'<a [^>]*href="[^"]*/course/view\.php\?id=(\d+)"')
_PERSON = re.compile(r'<a [^>]*href="[^"]*/user/profile\.php\?id=(\d+)"')

FIX = say(
    "Site administration > Reports > Report builder > Custom reports > the report: source «Course participants»; "
    "columns «Course full name with link» and «Full name with link»; Conditions: «Course completion > Completed» is "
    "«No»; Audience: the account."
)


@dataclass(frozen=True, slots=True)
class ReportDetails:
    """What a custom report is made of: the class of its source, and the values of its conditions as JSON."""

    source: Text
    conditiondata: Json


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row: HTML and words in the language of the account, in the order of the columns."""

    columns: Cells


@dataclass(frozen=True, slots=True)
class ReportRows:
    """One page of a custom report."""

    rows: tuple[ReportRow, ...]
    totalrowcount: Whole


@dataclass(frozen=True, slots=True)
class CustomReport:
    """``core_reportbuilder_retrieve_report``."""

    details: ReportDetails
    data: ReportRows


class Unsuitable(Exception):
    """The report cannot be used; ``problem`` says why, to people. It never leaves ``lti/platforms``."""

    def __init__(self, problem: Said) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Pairs of course and person that the report lists: whoever is in it has not completed that course."""

    pairs: frozenset[tuple[str, str]]

    def of(self, course: CourseId) -> frozenset[str]:
        """Return the ids of those who have not completed ``course``."""
        return frozenset(person for listed, person in self.pairs if listed == course)


def unfinished(service: MoodleService, report: str) -> Unfinished:
    """Read the whole report. Raises :class:`Unsuitable`, and :class:`PlatformError` where it cannot be read."""
    return Unfinished(frozenset(pair for row in _rows(service, report) for pair in _pair(row)))


def records_by_report(
    service: MoodleService, report: str, lists: Lists, learners: Collection[Learner]
) -> tuple[AssessmentRecord, ...]:
    """Return brief records of those whom the report lists, and the whole one of the witness among them.

    The witness is the one with the best course grade: if anybody is listed who has completed the course, then that
    one. Nobody's record where Moodle, asked singly, says otherwise of the witness, or the report cannot be used; the
    preflight says why.
    """
    try:
        people = unfinished(service, report).of(lists.course.id)
    except Unsuitable:
        return ()
    except PlatformError as error:
        if error.retryable or error.fault is Fault.TOKEN_REFUSED:
            raise
        return ()
    listed = [each for each in learners if each.id in people and each.standing is Standing.LEARNER]
    if not listed:
        return ()
    witness = max(listed, key=lambda each: _course_points(lists, each))
    said = tuple(single_records(service, lists, (witness,), []))
    if not said or said[0].completion.completed is not False:
        return ()
    return (*said, *(brief_record_of(lists, each) for each in listed if each is not witness))


def _course_points(lists: Lists, learner: Learner) -> Decimal:
    grades = lists.grades.get(learner.id)
    total = course_score_of(grades) if grades else None
    return total.value if total and total.value is not None else Decimal(-1)


def _rows(service: MoodleService, report: str) -> Iterator[tuple[object, ...]]:
    page = seen = 0
    while True:
        answer = _page(service, report, page)
        if reason := _against(answer):
            raise Unsuitable(reason)
        for row in answer.data.rows:
            yield row.columns
        seen += len(answer.data.rows)
        if not answer.data.rows or seen >= answer.data.totalrowcount:
            break
        page += 1


def _page(service: MoodleService, report: str, page: int) -> CustomReport:
    arguments = {"reportid": report, "page": page, "perpage": _ROWS_A_PAGE}
    return load(CustomReport, service.call(Call(FUNCTION, arguments)), place=FUNCTION)


def _against(report: CustomReport) -> Said | None:
    """Return what keeps a report from being used, None where nothing does."""
    if report.details.source != _SOURCE:
        return say("The report that was named has another source than «Course participants».")
    if str(_conditions(report.details.conditiondata).get(_COMPLETED)) != _NO:
        return say("The report that was named is not restricted to those who have not completed their course.")
    if report.data.totalrowcount > _MOST_ROWS:
        most = f"{_MOST_ROWS:,}"
        return say(
            "The report that was named has more than %(most)s rows: restrict it to a course category.", most=most
        )
    # A way to enrol that nobody used is a row too, with an empty cell for the person.
    if any(all(row.columns) and not _pair(row.columns) for row in report.data.rows):
        return say("The report that was named does not link each row to a course and a person.")
    return None


def _conditions(text: str) -> dict[str, object]:
    try:
        values = json.loads(text or "null")
    except ValueError as error:
        raise PlatformError(Fault.MALFORMED_ANSWER, FUNCTION, detail="conditions are no JSON") from error
    return values if isinstance(values, dict) else {}


def _pair(cells: tuple[object, ...]) -> tuple[tuple[str, str], ...]:
    """Return course and person of a row; none where it names no course or person, or several."""
    courses = {found.group(1) for cell in cells if (found := _COURSE.match(str(cell)))}
    people = {found.group(1) for cell in cells if (found := _PERSON.match(str(cell)))}
    return ((courses.pop(), people.pop()),) if len(courses) == len(people) == 1 else ()
