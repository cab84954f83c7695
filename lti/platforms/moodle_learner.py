"""One learner of a Moodle course: which calls Moodle needs for them, and the record these and the lists make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from lti.errors import Fault, PlatformError
from lti.platforms import moodle_records as records
from lti.platforms.moodle_service import Call, MoodleService
from lti.platforms.moodle_shapes import ActivityStatuses, CompetencyReport, CourseCompletion, User, UserGrades
from lti.schemas import load
from mappings.assessment import (
    Activity,
    AssessmentRecord,
    Completion,
    Course,
    Learner,
    Standing,
    SupervisionEvidence,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lists:
    """What Moodle shows of a whole course at once, at the moment ``read_at``."""

    course: Course
    users: Mapping[str, User]
    learners: Mapping[str, Learner]
    grades: Mapping[str, UserGrades]
    activities: tuple[Activity, ...]
    supervision: tuple[SupervisionEvidence, ...]
    rated: bool
    batch: bool
    read_at: datetime


def single_records(
    service: MoodleService, lists: Lists, learners: Sequence[Learner], faults: list[PlatformError]
) -> Iterator[AssessmentRecord]:
    """Ask for what Moodle tells only singly, and yield one record per learner; faults are set aside."""
    calls = [call for learner in learners for call in single_calls(lists, learner)]
    answers = iter(service.call_each(calls, batch=lists.batch))
    for learner in learners:
        own = [next(answers) for _ in single_calls(lists, learner)]
        try:
            yield record_of(lists, learner, own)
        except PlatformError as fault:
            faults.append(fault)


def single_calls(lists: Lists, learner: Learner) -> tuple[Call, ...]:
    """Return the calls that one learner needs: none for a suspended one, whom Moodle does not track."""
    if learner.standing is not Standing.LEARNER:
        return ()
    who = {"courseid": lists.course.id, "userid": learner.id}
    calls = (
        Call("core_completion_get_course_completion_status", who),
        Call("core_completion_get_activities_completion_status", who),
    )
    return (*calls, Call("report_competency_data_for_report", {**who, "moduleid": 0})) if lists.rated else calls


def record_of(lists: Lists, learner: Learner, answers: Sequence[object | PlatformError]) -> AssessmentRecord:
    """Put together what the lists and the single answers show of one learner."""
    course, activities, report = (*answers, None, None, None)[:3]
    completion = _completion(course) if course is not None else Completion(None)
    statuses = _loaded(ActivityStatuses, activities).statuses if activities is not None else ()
    grades = lists.grades.get(learner.id, UserGrades(learner.id, ()))
    return AssessmentRecord(
        course=lists.course,
        learner=learner,
        completion=completion,
        course_score=records.course_score_of(grades),
        results=records.results_of(grades, statuses),
        competencies=records.ratings_of(_loaded(CompetencyReport, report)) if report is not None else (),
        activities=lists.activities,
        read_at=lists.read_at,
        supervision=lists.supervision,
    )


def brief_record_of(lists: Lists, learner: Learner) -> AssessmentRecord:
    """Put together what the lists show of one who has not completed the course."""
    grades = lists.grades.get(learner.id, UserGrades(learner.id, ()))
    return AssessmentRecord(
        course=lists.course,
        learner=learner,
        completion=Completion(False),
        course_score=records.course_score_of(grades),
        results=records.results_of(grades, ()),
        competencies=(),
        activities=lists.activities,
        read_at=lists.read_at,
        supervision=lists.supervision,
        brief=True,
    )


def _completion(answer: object | PlatformError) -> Completion:
    """Return the completion; a course that has none, or a person it does not track, is «not known»."""
    if isinstance(answer, PlatformError) and answer.fault in {Fault.NO_COMPLETION, Fault.NOT_ENROLLED}:
        return Completion(None)
    return records.completion_of(_loaded(CourseCompletion, answer))


def _loaded(shape: type[T], answer: object | PlatformError) -> T:
    if isinstance(answer, PlatformError):
        raise answer
    return load(shape, answer, place=shape.__name__)
