"""What a learning platform told us about one learner in one course.

These values are the border between ``lti/``, which reads them, and ``mappings/``, which decides on them.
They say what the platform shows, at the moment named by ``read_at``, and nothing that was concluded from it:
no value here is an award, an achievement or a claim.

Times are aware UTC datetimes. Scores are ``Decimal`` on the platform's own scale, ``0..maximum``.
Identifiers are strings as the platform spells them, also where it uses integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from mappings.errors import InvalidValue

PlatformId = NewType("PlatformId", str)
"""Issuer, client id and deployment of one registration, as one opaque key. Never an e-mail address."""
CourseId = NewType("CourseId", str)
LearnerId = NewType("LearnerId", str)
"""``sub`` of the launch, ``user_id`` of the roster. Unique only together with a :data:`PlatformId`."""
ActivityId = NewType("ActivityId", str)
"""Moodle: course module id (``cmid``). Canvas: assignment id."""
CompetencyId = NewType("CompetencyId", str)
"""Moodle: competency id number, else its id. Canvas: outcome id."""


def require_utc(moment: datetime | None, name: str) -> None:
    """Refuse a time that does not say that it is UTC."""
    if moment is not None and moment.utcoffset() != UTC.utcoffset(None):
        raise InvalidValue(f"{name} must be an aware UTC datetime")


class Standing(StrEnum):
    """What a person is in the course. Only a learner can be awarded anything."""

    LEARNER = "learner"
    STAFF = "staff"
    PREVIEW = "preview"
    """Canvas Student View, Moodle preview users, test users."""
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Learner:
    """A person of the roster, as the platform names them.

    ``given_name`` and ``family_name`` may be empty where the platform withholds names; ``email`` is a
    contact, never an identity.
    """

    id: LearnerId
    standing: Standing
    given_name: str = ""
    family_name: str = ""
    full_name: str = ""
    email: str = ""
    student_number: str = ""
    """``lis_person_sourcedid``, Moodle ``idnumber``, Canvas ``sis_user_id``."""
    locale: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            raise InvalidValue("a learner needs an id")


@dataclass(frozen=True, slots=True)
class Activity:
    """A thing in the course that can be graded: the same for every learner."""

    id: ActivityId
    title: str
    kind: str
    """The platform's own word: ``quiz``, ``assign``, ``New Quizzes`` ..."""
    maximum: Decimal | None = None
    """Largest score that can be reached; None where the platform does not say."""
    url: str = ""


class GradeState(StrEnum):
    """Whether a score stands. Only a settled one may carry an award (design: «a grade must be settled»)."""

    UNGRADED = "ungraded"
    POSTED = "posted"
    HIDDEN = "hidden"
    """Graded, but not yet shown to the learner (Moodle hidden, Canvas unposted)."""
    PENDING_REGRADE = "pending_regrade"
    """A recalculation is due: the number shown may change without anybody acting."""
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True)
class Score:
    """A learner's score in one activity or in the whole course.

    ``value`` is None exactly when there is nothing to read; 0 is a score.
    """

    value: Decimal | None
    maximum: Decimal | None
    state: GradeState
    graded_at: datetime | None = None
    overridden: bool = False

    def __post_init__(self) -> None:
        require_utc(self.graded_at, "graded_at")
        if self.value is not None and not self.value.is_finite():
            raise InvalidValue("a score must be a finite number")
        if self.maximum is not None and not (self.maximum.is_finite() and self.maximum > 0):
            raise InvalidValue("the maximum of a score must be above zero")
        if self.value is None and self.state is GradeState.POSTED:
            raise InvalidValue("a posted score needs a value")


class Presence(StrEnum):
    """Where a sitting was watched, from weak to strong."""

    UNKNOWN = "unknown"
    NONE = "none"
    ONLINE = "online"
    ON_SITE = "on_site"


class EvidenceSource(StrEnum):
    """Who says so. A platform's *setting* can suggest supervision; alone it never raises a claim."""

    PLATFORM_SETTING = "platform_setting"
    SESSION_RECORD = "session_record"
    TEACHER_DECLARATION = "teacher_declaration"


@dataclass(frozen=True, slots=True)
class SupervisionEvidence:
    """One statement about how one assessment, or one sitting of it, was watched.

    ``identity_verified`` is None where the source does not know. ``open_flag`` is True while a proctoring
    finding waits for a person: it holds the award, it never refuses it (GDPR Art. 22).
    ``learner`` is None where the statement covers every sitting of the assessment.
    """

    activity: ActivityId
    source: EvidenceSource
    supervision: Presence
    identity_verified: bool | None
    stated_at: datetime
    stated_by: str
    """Field name of the platform, vendor of the session record, or name of the teacher."""
    learner: LearnerId | None = None
    method: str = ""
    """How it was watched; in a teacher's declaration, who watched."""
    open_flag: bool = False
    place: str = ""
    """Where it was sat, in the words of a teacher's declaration."""
    identified_by: str = ""
    """Who checked photo identification, in the words of a teacher's declaration."""

    def __post_init__(self) -> None:
        require_utc(self.stated_at, "stated_at")


@dataclass(frozen=True, slots=True)
class Result:
    """What one learner reached in one activity.

    ``passed`` is the platform's own verdict (Moodle completion state «complete with pass» or «with fail»),
    None where it gives none. ``completed_at`` is the platform's completion time of this activity.
    """

    activity: ActivityId
    score: Score
    passed: bool | None = None
    completed_at: datetime | None = None
    submitted_at: datetime | None = None
    overridden_by: str = ""

    def __post_init__(self) -> None:
        require_utc(self.completed_at, "completed_at")
        require_utc(self.submitted_at, "submitted_at")


@dataclass(frozen=True, slots=True)
class CompetencyRating:
    """A rating of one learner in one competency or outcome.

    Only ``proficient`` counts. A grade alone says nothing: rules rate everybody, also as «not yet competent».
    """

    competency: CompetencyId
    title: str
    proficient: bool | None
    grade: str = ""
    rated_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.rated_at, "rated_at")


@dataclass(frozen=True, slots=True)
class Completion:
    """Whether the platform itself calls the course completed.

    ``completed`` is None where the platform does not track completion. ``completed_at`` is the time of the
    last criterion. ``unmet`` are the platform's own words for what is still open, for people to read.
    """

    completed: bool | None
    completed_at: datetime | None = None
    unmet: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_utc(self.completed_at, "completed_at")


class Delivery(StrEnum):
    """How the platform says that a course is held. Canvas: ``course_format``. Moodle says nothing."""

    UNKNOWN = ""
    ONLINE = "online"
    ON_SITE = "on_site"
    BLENDED = "blended"


@dataclass(frozen=True, slots=True)
class Course:
    """A course as the platform describes it."""

    platform: PlatformId
    id: CourseId
    title: str
    code: str = ""
    """Short name (Moodle), course code (Canvas)."""
    summary: str = ""
    language: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    url: str = ""
    delivery: Delivery = Delivery.UNKNOWN

    def __post_init__(self) -> None:
        require_utc(self.starts_at, "starts_at")
        require_utc(self.ends_at, "ends_at")


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """Everything the platform shows about one learner in one course, read at one moment.

    ``activities`` describes every activity that ``results`` mentions. ``brief`` records are of learners who have not
    completed the course, and hold what a platform's lists show: not its verdicts on activities, not ratings, not what
    is still open. What they lack is not known; it does not say that there is none.
    """

    course: Course
    learner: Learner
    completion: Completion
    course_score: Score | None
    results: tuple[Result, ...]
    competencies: tuple[CompetencyRating, ...]
    activities: tuple[Activity, ...]
    read_at: datetime
    supervision: tuple[SupervisionEvidence, ...] = field(default=())
    brief: bool = False

    def __post_init__(self) -> None:
        require_utc(self.read_at, "read_at")
        if self.brief and self.completion.completed is not False:
            raise InvalidValue("only of somebody who has not completed the course is a record brief")
        known = {activity.id for activity in self.activities}
        if len(known) != len(self.activities):
            raise InvalidValue("an activity is listed twice")
        if unknown := {result.activity for result in self.results} - known:
            raise InvalidValue(f"results of unlisted activities: {sorted(unknown)}")

    def result_of(self, activity: ActivityId) -> Result | None:
        """Return the learner's result in ``activity``, None where the platform shows none."""
        return next((result for result in self.results if result.activity == activity), None)

    def rating_of(self, competency: CompetencyId) -> CompetencyRating | None:
        """Return the learner's rating in ``competency``, None where there is none."""
        return next((rating for rating in self.competencies if rating.competency == competency), None)
