"""The shapes of Canvas' REST answers, as far as the bridge reads them (``application/json+canvas-string-ids``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from lti.schemas import Amount, Flag, Id, Maybe, OptionalId, OptionalWhole, Text, Texts, Time, is_there, part, parts


@dataclass(frozen=True, slots=True)
class CanvasCourse:
    """``GET /api/v1/courses/:id``."""

    id: Id
    name: Text
    course_code: Text
    locale: Text
    start_at: Time
    end_at: Time
    course_format: Text
    """``on_campus``, ``online`` or ``blended``, where somebody has said it."""
    public_description: Text


@dataclass(frozen=True, slots=True)
class Grades:
    """Percent, 0..100 and above. ``final_score`` counts missing work as 0; an override wins."""

    final_score: Amount
    override_score: Amount


@dataclass(frozen=True, slots=True)
class Person:
    """The user inside an enrollment."""

    name: Text
    sortable_name: Text
    login_id: OptionalId
    email: Text


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One row for each section somebody is in. ``type`` is the base of the institution's own roles."""

    user_id: Id
    type: Id
    enrollment_state: Text
    sis_user_id: OptionalId
    updated_at: Time
    grades: Annotated[Grades | None, part(Grades)]
    user: Annotated[Person | None, part(Person)]


@dataclass(frozen=True, slots=True)
class ToolOfAssignment:
    """``external_tool_tag_attributes``: the tool that an assignment opens."""

    url: Text


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment; quizzes of both kinds are assignments too."""

    id: Id
    name: Text
    points_possible: Amount
    grading_type: Text
    html_url: Text
    is_quiz_assignment: Flag
    is_quiz_lti_assignment: Flag
    require_lockdown_browser: Flag
    submission_types: Texts
    external_tool_tag_attributes: Annotated[ToolOfAssignment | None, part(ToolOfAssignment)]


@dataclass(frozen=True, slots=True)
class Submission:
    """One learner's work in one assignment, also where nothing was handed in."""

    assignment_id: Id
    user_id: Id
    score: Amount
    grade: OptionalId
    workflow_state: Text
    submitted_at: Time
    graded_at: Time
    posted_at: Time
    excused: Maybe
    grade_matches_current_submission: Maybe


@dataclass(frozen=True, slots=True)
class Progress:
    """Module requirements that a learner has met. ``completed_at`` can go back to null."""

    requirement_count: OptionalWhole
    requirement_completed_count: OptionalWhole
    completed_at: Time


@dataclass(frozen=True, slots=True)
class UserProgress:
    """An entry of ``bulk_user_progress``."""

    id: Id
    progress: Annotated[Progress | None, part(Progress)]


@dataclass(frozen=True, slots=True)
class LinkedOutcome:
    """An outcome with the points that mean mastery; account-level scales are already applied by Canvas."""

    id: Id
    title: Text
    display_name: Text
    mastery_points: Amount


@dataclass(frozen=True, slots=True)
class OutcomeLink:
    """Which outcome a score is for."""

    outcome: Id


@dataclass(frozen=True, slots=True)
class OutcomeScore:
    """A learner's rolled-up score in one outcome. There is no mastery flag here."""

    score: Amount
    submitted_at: Time
    links: OutcomeLink


@dataclass(frozen=True, slots=True)
class RollupLinks:
    """Whose scores."""

    user: Id


@dataclass(frozen=True, slots=True)
class Rollup:
    """All outcomes of one learner, one row for each section."""

    scores: tuple[OutcomeScore, ...]
    links: RollupLinks


@dataclass(frozen=True, slots=True)
class Linked:
    """What ``include[]=outcomes`` adds; Canvas leaves it out in silence where the key may not include."""

    outcomes: Annotated[tuple[LinkedOutcome, ...], parts(LinkedOutcome)]


@dataclass(frozen=True, slots=True)
class Rollups:
    """``GET /api/v1/courses/:id/outcome_rollups``."""

    rollups: tuple[Rollup, ...]
    linked: Annotated[Linked | None, part(Linked)]


@dataclass(frozen=True, slots=True)
class ClassicQuiz:
    """A classic quiz. Canvas hands its access code to graders: read is only that there is one."""

    assignment_id: OptionalId
    require_lockdown_browser: Flag
    require_lockdown_browser_monitor: Flag
    has_access_code: Flag
    has_ip_filter: Annotated[bool, is_there("ip_filter")]


@dataclass(frozen=True, slots=True)
class NewQuizSettings:
    """Settings of a New Quiz; there is nothing on proctoring among them."""

    filter_ip_address: Flag
    require_student_access_code: Flag


@dataclass(frozen=True, slots=True)
class NewQuiz:
    """``/api/quiz/v1``: the id is the assignment's."""

    id: Id
    quiz_settings: Annotated[NewQuizSettings | None, part(NewQuizSettings)]
