"""Moodle's answers as the values of the line. Pure: shapes in, values out, nothing concluded."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from lti.platforms.moodle_shapes import (
    ActivityStatus,
    Competency,
    CompetencyReport,
    CourseCompletion,
    GradeItem,
    MoodleCourse,
    Quiz,
    User,
    UserGrades,
)
from mappings.assessment import (
    Activity,
    ActivityId,
    CompetencyId,
    CompetencyRating,
    Completion,
    Course,
    CourseId,
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

_PASSED, _FAILED = 2, 3

_CRON_DELAY = timedelta(hours=1)
"""Moodle marks a course-grade criterion by cron, in two runs after the grade: that long a change may still come."""

_METHODS = {
    "quizaccess_seb": "Safe Exam Browser required",
    "quizaccess_ipaddress": "IP addresses restricted",
    "quizaccess_password": "password required",
    "quizaccess_securewindow": "full-screen window",
}


def course_of(course: MoodleCourse, platform: PlatformId, site: str) -> Course:
    """Return the course in our words."""
    return Course(
        platform=platform,
        id=CourseId(course.id),
        title=course.fullname,
        code=course.shortname,
        summary=plain(course.summary),
        language=course.lang.replace("_", "-"),
        starts_at=course.startdate,
        ends_at=course.enddate,
        url=f"{site}/course/view.php?id={course.id}",
    )


def learner_of(user: User, gradable: Collection[str], learner_roles: Collection[str]) -> Learner:
    """Return the person with the standing that roles and gradebook give together.

    Staff is everybody with any role beyond the learner roles, or with none.
    """
    roles = {role.shortname for role in user.roles}
    if not roles or roles - set(learner_roles):
        standing = Standing.STAFF
    else:
        standing = Standing.LEARNER if user.id in gradable else Standing.SUSPENDED
    return Learner(
        id=LearnerId(user.id),
        standing=standing,
        given_name=user.firstname,
        family_name=user.lastname,
        full_name=user.fullname,
        email=user.email,
        student_number=user.idnumber,
    )


def changed_since(since: datetime, user: User, grades: UserGrades | None) -> bool:
    """Say whether the lists show anything of this learner after ``since``, an hour for Moodle's cron allowed."""
    moments = [user.lastcourseaccess]
    for item in grades.gradeitems if grades else ():
        moments += [item.gradedategraded, item.gradedatesubmitted]
    return any(moment > since - _CRON_DELAY for moment in moments if moment)


def activity_id(item: GradeItem) -> ActivityId:
    """Return the cmid; further grades of one activity (workshop) and manual columns get an id of their own."""
    if not item.cmid:
        return ActivityId(f"item:{item.id}")
    return ActivityId(f"{item.cmid}:{item.itemnumber}" if item.itemnumber else item.cmid)


def _is_activity(item: GradeItem) -> bool:
    return item.itemtype in {"mod", "manual"} and not item.outcomeid


def activities_of(grades: Iterable[UserGrades], site: str) -> dict[ActivityId, Activity]:
    """Return every graded activity that any learner's grades show."""
    items = [item for user in grades for item in user.gradeitems if _is_activity(item)]
    return {activity_id(item): _activity(item, site) for item in items}


def _activity(item: GradeItem, site: str) -> Activity:
    kind = item.itemmodule or item.itemtype
    url = f"{site}/mod/{kind}/view.php?id={item.cmid}" if item.cmid else ""
    return Activity(activity_id(item), item.itemname, kind, _maximum(item.grademax), url)


def _maximum(amount: Decimal | None) -> Decimal | None:
    return amount if amount is not None and amount > 0 else None


def score_of(item: GradeItem) -> Score:
    """Return the score; a pending recalculation outranks «hidden», both outrank the number."""
    if item.graderaw is None:
        state = GradeState.UNGRADED
    elif item.gradeneedsupdate:
        state = GradeState.PENDING_REGRADE
    elif item.gradeishidden or item.gradehiddenbydate:
        state = GradeState.HIDDEN
    else:
        state = GradeState.POSTED
    return Score(item.graderaw, _maximum(item.grademax), state, item.gradedategraded, item.gradeisoverridden)


def course_score_of(grades: UserGrades) -> Score | None:
    """Return the course total, None where Moodle shows none."""
    return next((score_of(item) for item in grades.gradeitems if item.itemtype == "course"), None)


def results_of(grades: UserGrades, statuses: Iterable[ActivityStatus]) -> tuple[Result, ...]:
    """Return one result per graded activity, with Moodle's own verdict where its completion rule gives one."""
    by_cmid = {status.cmid: status for status in statuses}
    items = [item for item in grades.gradeitems if _is_activity(item)]
    return tuple(_result(item, by_cmid.get(item.cmid)) for item in items)


def _result(item: GradeItem, status: ActivityStatus | None) -> Result:
    return Result(
        activity=activity_id(item),
        score=score_of(item),
        passed={_PASSED: True, _FAILED: False}.get(status.state) if status else None,
        completed_at=status.timecompleted if status and status.state else None,
        submitted_at=item.gradedatesubmitted,
        overridden_by=status.overrideby if status else "",
    )


def completion_of(answer: CourseCompletion) -> Completion:
    """Return Moodle's verdict; the time is that of the last criterion."""
    status = answer.completionstatus
    times = [criterion.timecompleted for criterion in status.completions if criterion.timecompleted]
    return Completion(
        completed=status.completed,
        completed_at=max(times, default=None) if status.completed else None,
        unmet=tuple(
            f"{criterion.title}: {plain(criterion.details.criteria)}"
            for criterion in status.completions
            if not criterion.complete
        ),
    )


def competency_id(competency: Competency) -> CompetencyId:
    """Return the id under which a competency is rated: the institution's own where it has one."""
    return CompetencyId(competency.idnumber or competency.id)


def ratings_of(report: CompetencyReport) -> tuple[CompetencyRating, ...]:
    """Return the ratings there are; a competency without grade and without flag is not rated."""
    return tuple(
        CompetencyRating(
            competency=competency_id(entry.competency.competency),
            title=entry.competency.competency.shortname,
            proficient=entry.usercompetencycourse.proficiency,
            grade=entry.usercompetencycourse.gradename,
            rated_at=entry.usercompetencycourse.timemodified,
        )
        for entry in report.usercompetencies
        if entry.usercompetencycourse.grade is not None or entry.usercompetencycourse.proficiency is not None
    )


def setting_of(activity: ActivityId, rule: str, at: datetime) -> SupervisionEvidence | None:
    """Return what an access rule in force says of a quiz, None for rules that have nothing to do with watching.

    Lockdown, addresses and passwords are not supervision: only a proctoring plugin suggests any.
    """
    proctored = "proctor" in rule
    if not proctored and rule not in _METHODS:
        return None
    return SupervisionEvidence(
        activity=activity,
        source=EvidenceSource.PLATFORM_SETTING,
        supervision=Presence.ONLINE if proctored else Presence.UNKNOWN,
        identity_verified=None,
        stated_at=at,
        stated_by=rule,
        method="proctoring plugin" if proctored else _METHODS[rule],
    )


def undescribed(activity: ActivityId, at: datetime) -> SupervisionEvidence:
    """Return the trace of a quiz that Moodle cannot describe: as with Safe Exam Browser, which it does not name."""
    return SupervisionEvidence(
        activity=activity,
        source=EvidenceSource.PLATFORM_SETTING,
        supervision=Presence.UNKNOWN,
        identity_verified=None,
        stated_at=at,
        stated_by="mod_quiz_get_quiz_access_information: invalidresponse",
        method="access rule that Moodle does not describe (as with Safe Exam Browser)",
    )


def rules_of(quiz: Quiz) -> frozenset[str]:
    """Return the access rules that a quiz's settings show by themselves (fields depend on the account's role)."""
    shown = {
        "quizaccess_ipaddress": quiz.has_subnet,
        "quizaccess_password": quiz.has_password,
        "quizaccess_securewindow": quiz.browsersecurity == "securewindow",
    }
    return frozenset(rule for rule, there in shown.items() if there)


def plain(text: str) -> str:
    """Return HTML as one line of text."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
