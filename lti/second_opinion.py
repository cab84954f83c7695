"""What the LTI services of a course say beside the platform's own lists: the roster, and the tool's own columns.

Both are asked only at the addresses that a launch brought, and neither has to be there: a right that was not granted,
or a course that is over, means no opinion. A platform that is away is another thing, and is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from lti.errors import Fault, PlatformError
from lti.gradebook import read_line_items, read_results
from lti.roster import Roster, read_roster
from lti.service import Service
from mappings.assessment import Activity, AssessmentRecord, CourseId, LearnerId, Result, Score

T = TypeVar("T")
_NO_OPINION = frozenset(
    {
        *(Fault.NO_ACCESS, Fault.SCOPE_REFUSED, Fault.TOKEN_REFUSED, Fault.NOT_FOUND, Fault.COURSE_CONCLUDED),
        *(Fault.INVALID_REQUEST, Fault.ADDRESS_REFUSED),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the gradebook that belongs to the tool, with who has something in it."""

    activity: Activity
    scores: Mapping[LearnerId, Score]


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What was said of one course; nothing where nothing could be asked."""

    roster: Roster | None = None
    columns: tuple[Column, ...] = ()

    def applied(self, record: AssessmentRecord) -> AssessmentRecord:
        """Return a record with the standing that both allow, and with the tool's columns that it does not show."""
        learner = record.learner if self.roster is None else self.roster.checked(record.learner)
        shown = {activity.title for activity in record.activities}
        columns = [each for each in self.columns if each.activity.title not in shown and record.activities]
        own = [Result(each.activity.id, each.scores[learner.id]) for each in columns if learner.id in each.scores]
        activities = (*record.activities, *(each.activity for each in columns))
        return replace(record, learner=learner, activities=activities, results=(*record.results, *own))


@dataclass(frozen=True, slots=True)
class CourseServices:
    """The LTI services of a course. Addresses are empty where none was granted; each service has its own scopes."""

    course: CourseId
    roster: Service
    grades: Service
    members: str
    line_items: str

    def ask(self) -> SecondOpinion:
        """Ask for roster and columns. Raises :class:`lti.errors.PlatformError` where the platform is away."""
        roster = _if_granted(self._roster) if self.members else None
        columns = _if_granted(self._columns) if self.line_items else None
        return SecondOpinion(roster, columns or ())

    def _roster(self) -> Roster:
        people = read_roster(self.roster, self.members, self.course)
        return Roster({person.id: person for person in people}, is_whole=True)

    def _columns(self) -> tuple[Column, ...]:
        items = read_line_items(self.grades, self.line_items)
        return tuple(Column(item, dict(read_results(self.grades, item))) for item in items)


def _if_granted(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except PlatformError as error:
        if error.fault in _NO_OPINION:
            return None
        raise
