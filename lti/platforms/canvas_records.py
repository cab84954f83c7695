"""Canvas' answers as the values of the line. Pure: shapes in, values out, nothing concluded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from lti.platforms.canvas_shapes import (
    Assignment,
    CanvasCourse,
    ClassicQuiz,
    Enrollment,
    LinkedOutcome,
    NewQuiz,
    OutcomeScore,
    Progress,
    Submission,
)
from mappings.assessment import (
    Activity,
    ActivityId,
    CompetencyId,
    CompetencyRating,
    Completion,
    Course,
    CourseId,
    Delivery,
    EvidenceSource,
    GradeState,
    Learner,
    LearnerId,
    PlatformId,
    Presence,
    Result,
    Score,
    Standing,
    SupervisionEvidence,
)

_DELIVERIES = {"on_campus": Delivery.ON_SITE, "online": Delivery.ONLINE, "blended": Delivery.BLENDED}
_LEARNER_STATES = {"active": Standing.LEARNER, "completed": Standing.LEARNER, "deleted": Standing.WITHDRAWN}
_VERDICTS = {"complete": True, "incomplete": False}
_HUNDRED = Decimal(100)

_PROCTORS = ("honorlock.com", "proctorio.com", "examity.com", "proctoru.com", "meazurelearning.com", "respondus.com")
"""Hosts of tools that watch; an assignment that opens one suggests watching and says nothing of its result."""


def course_of(course: CanvasCourse, asked_for: CourseId, platform: PlatformId, site: str) -> Course:
    """Return the course in our words, under the id it was asked for by."""
    return Course(
        platform=platform,
        id=asked_for,
        title=course.name,
        code=course.course_code,
        summary=course.public_description,
        language=course.locale,
        starts_at=course.start_at,
        ends_at=course.end_at,
        url=f"{site}/courses/{course.id}",
        delivery=_DELIVERIES.get(course.course_format, Delivery.UNKNOWN),
    )


def standing_of(enrollments: Iterable[Enrollment]) -> Standing:
    """Return what somebody is by all their enrollments: any but a student's makes staff, Student View a preview.

    An enrollment that was completed with its course is still a learner's.
    """
    rows = tuple(enrollments)
    if any(row.type == "StudentViewEnrollment" for row in rows):
        return Standing.PREVIEW
    if any(row.type != "StudentEnrollment" for row in rows if row.enrollment_state != "deleted"):
        return Standing.STAFF
    standings = {_LEARNER_STATES.get(row.enrollment_state, Standing.SUSPENDED) for row in rows}
    return next(one for one in (Standing.LEARNER, Standing.SUSPENDED, Standing.WITHDRAWN) if one in standings)


def learner_of(enrollments: tuple[Enrollment, ...], learner: LearnerId) -> Learner:
    """Return the person of these enrollments (one for each section)."""
    first = enrollments[0]
    family, _, given = first.user.sortable_name.partition(",") if first.user else ("", "", "")
    return Learner(
        id=learner,
        standing=standing_of(enrollments),
        given_name=given.strip(),
        family_name=family.strip() if given else "",
        full_name=first.user.name if first.user else "",
        email=first.user.email if first.user else "",
        student_number=first.sis_user_id,
    )


def course_score_of(enrollments: Iterable[Enrollment]) -> Score | None:
    """Return the course grade in percent: the override where a teacher set one, else with missing work as 0."""
    grades = next((row.grades for row in enrollments if row.grades), None)
    if grades is None:
        return None
    overridden = grades.override_score is not None
    value = grades.override_score if overridden else grades.final_score
    state = GradeState.UNGRADED if value is None else GradeState.POSTED
    return Score(value, _HUNDRED, state, overridden=overridden)


def activity_of(assignment: Assignment) -> Activity:
    """Return a gradable assignment."""
    maximum = assignment.points_possible
    return Activity(
        ActivityId(assignment.id),
        assignment.name,
        _kind(assignment),
        maximum if maximum is not None and maximum > 0 else None,
        assignment.html_url,
    )


def _kind(assignment: Assignment) -> str:
    if assignment.is_quiz_lti_assignment:
        return "New Quizzes"
    return "quiz" if assignment.is_quiz_assignment else "assignment"


def result_of(submission: Submission, assignment: Assignment) -> Result:
    """Return the result; only a pass/fail assignment has a verdict of Canvas' own."""
    activity = activity_of(assignment)
    passed = _VERDICTS.get(submission.grade) if assignment.grading_type == "pass_fail" else None
    return Result(
        activity=activity.id,
        score=Score(submission.score, activity.maximum, grade_state_of(submission), submission.graded_at),
        passed=passed,
        submitted_at=submission.submitted_at,
    )


def grade_state_of(submission: Submission) -> GradeState:
    """Return whether the score stands: a later submission or a review that is due may still change it."""
    if submission.excused:
        return GradeState.EXCUSED
    if submission.score is None:
        return GradeState.UNGRADED
    if submission.workflow_state != "graded" or submission.grade_matches_current_submission is False:
        return GradeState.PENDING_REGRADE
    return GradeState.HIDDEN if submission.posted_at is None else GradeState.POSTED


def completion_of(progress: Progress | None) -> Completion:
    """Return whether all module requirements are met; a course without any tells nothing."""
    if progress is None or not progress.requirement_count:
        return Completion(None)
    met, all_of_them = progress.requirement_completed_count or 0, progress.requirement_count
    if progress.completed_at is None:
        return Completion(False, unmet=(f"{met} of {all_of_them} module requirements are met",))
    return Completion(True, progress.completed_at)


def ratings_of(scores: Iterable[OutcomeScore], outcomes: Mapping[str, LinkedOutcome]) -> tuple[CompetencyRating, ...]:
    """Return the ratings: proficient is a score at or above the mastery points, unknown where Canvas tells none."""
    return tuple(_rating(score, outcomes.get(score.links.outcome)) for score in scores if score.score is not None)


def _rating(score: OutcomeScore, outcome: LinkedOutcome | None) -> CompetencyRating:
    mastery = outcome.mastery_points if outcome else None
    return CompetencyRating(
        competency=CompetencyId(score.links.outcome),
        title=(outcome.title or outcome.display_name) if outcome else "",
        proficient=None if mastery is None or score.score is None else score.score >= mastery,
        grade=str(score.score),
        rated_at=score.submitted_at,
    )


def settings_of_assignment(assignment: Assignment, at: datetime) -> Iterator[SupervisionEvidence]:
    """Yield what an assignment says of how it is sat: LockDown Browser, or a tool of a proctoring vendor."""
    activity = ActivityId(assignment.id)
    if assignment.require_lockdown_browser:
        yield _setting(activity, "require_lockdown_browser", "LockDown Browser required", at)
    tool = assignment.external_tool_tag_attributes
    host = (urlsplit(tool.url).hostname or "") if tool else ""
    if any(host == vendor or host.endswith(f".{vendor}") for vendor in _PROCTORS):
        yield _setting(activity, "external_tool_tag_attributes.url", "proctoring tool", at, Presence.ONLINE)


def settings_of_quiz(quiz: ClassicQuiz, at: datetime) -> Iterator[SupervisionEvidence]:
    """Yield what a quiz says of how it is sat. Only Monitor, which records, suggests watching."""
    activity = ActivityId(quiz.assignment_id)
    if quiz.require_lockdown_browser:
        yield _setting(activity, "require_lockdown_browser", "LockDown Browser required", at)
    if quiz.require_lockdown_browser_monitor:
        yield _setting(
            activity, "require_lockdown_browser_monitor", "LockDown Browser Monitor required", at, Presence.ONLINE
        )
    if quiz.has_ip_filter:
        yield _setting(activity, "ip_filter", "IP addresses restricted", at)
    if quiz.has_access_code:
        yield _setting(activity, "has_access_code", "access code required", at)


def settings_of_new_quiz(quiz: NewQuiz, at: datetime) -> Iterator[SupervisionEvidence]:
    """Yield what a New Quiz says of how it is sat."""
    settings = quiz.quiz_settings
    if settings and settings.filter_ip_address:
        yield _setting(ActivityId(quiz.id), "filter_ip_address", "IP addresses restricted", at)
    if settings and settings.require_student_access_code:
        yield _setting(ActivityId(quiz.id), "require_student_access_code", "access code required", at)


def _setting(
    activity: ActivityId, field: str, method: str, at: datetime, presence: Presence = Presence.UNKNOWN
) -> SupervisionEvidence:
    return SupervisionEvidence(
        activity=activity,
        source=EvidenceSource.PLATFORM_SETTING,
        supervision=presence,
        identity_verified=None,
        stated_at=at,
        stated_by=field,
        method=method,
    )
