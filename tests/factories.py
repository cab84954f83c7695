"""Valid values for tests, and the six learners of the recorded course ADA101 (Moodle 4.5.6) as records.

Every factory takes what a test is about as keywords and fills the rest with something plain.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from mappings.assessment import (
    Activity,
    ActivityId,
    AssessmentRecord,
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
from mappings.profile import (
    Accreditation,
    AssessmentSpecification,
    AwardRule,
    CourseProfile,
    Cycle,
    Issuer,
    Level,
    Outcome,
    ProvenByAssessments,
    ProvenByCompetency,
    Stackability,
    Workload,
)
from mappings.text import Text
from mappings.vocabularies.terms import term

GRADED = datetime(2026, 11, 23, 12, 18, 25, tzinfo=UTC)
READ = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ISSUED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
QUIZ, EXAM, PROJECT = ActivityId("6"), ActivityId("7"), ActivityId("8")
LO_1, LO_2, LO_3 = CompetencyId("LO-ADA-1"), CompetencyId("LO-ADA-2"), CompetencyId("LO-ADA-3")
OUTCOMES = {
    LO_1: "Prepare and clean a data set",
    LO_2: "Apply descriptive statistics",
    LO_3: "Communicate findings",
}
ACTIVITIES = (
    Activity(QUIZ, "Module 1 quiz", "quiz", Decimal(100)),
    Activity(EXAM, "Final exam (proctored, Safe Exam Browser)", "quiz", Decimal(100)),
    Activity(PROJECT, "Data project", "assign", Decimal(100)),
)


def text(english: str, **others: str) -> Text:
    """English, and other languages as keywords."""
    return Text.of({"en": english, **others})


def posted(points: int | str, maximum: int = 100, graded_at: datetime | None = GRADED) -> Score:
    """A settled score."""
    return Score(Decimal(points), Decimal(maximum), GradeState.POSTED, graded_at)


UNGRADED = Score(None, Decimal(100), GradeState.UNGRADED)


def result(activity: ActivityId, points: int | None, passed: bool | None = None, **more: Any) -> Result:
    """A posted result with the platform's verdict, or an ungraded one."""
    score = UNGRADED if points is None else posted(points)
    return Result(activity, score, passed, **more)


def rating(competency: CompetencyId, proficient: bool | None) -> CompetencyRating:
    """A rating as Moodle words it; None is not rated."""
    word = {True: "Competent", False: "Not yet competent", None: ""}[proficient]
    return CompetencyRating(competency, OUTCOMES[competency], proficient, word, GRADED if word else None)


def learner(name: str = "Anna Kowalska", id_: str = "4", **more: Any) -> Learner:
    """A learner of the roster."""
    given, _, family = name.partition(" ")
    fields: dict[str, Any] = {
        "standing": Standing.LEARNER,
        "given_name": given,
        "family_name": family,
        "full_name": name,
        "email": f"{given.lower()}@example.org",
        **more,
    }
    return Learner(LearnerId(id_), **fields)


def course(**more: Any) -> Course:
    """The recorded course."""
    fields: dict[str, Any] = {
        "platform": PlatformId("moodle-1"),
        "id": CourseId("3"),
        "title": "Micro-credential: Applied Data Analysis",
        "code": "ADA101",
        "starts_at": datetime(2026, 9, 24, 11, 38, 24, tzinfo=UTC),
        "ends_at": datetime(2026, 12, 23, 12, 38, 24, tzinfo=UTC),
        **more,
    }
    return Course(**fields)


def record(**more: Any) -> AssessmentRecord:
    """A learner who completed everything and was rated proficient in everything, unless told otherwise."""
    fields: dict[str, Any] = {
        "course": course(),
        "learner": learner(),
        "completion": Completion(True, GRADED),
        "course_score": posted(295, 300),
        "results": (result(QUIZ, 100, True), result(EXAM, 100, True), result(PROJECT, 95, True)),
        "competencies": tuple(rating(each, True) for each in OUTCOMES),
        "activities": ACTIVITIES,
        "read_at": READ,
        **more,
    }
    return AssessmentRecord(**fields)


def _recorded(
    name: str,
    id_: str,
    *,
    completed: bool,
    points: tuple[int | None, int | None, int | None],
    course_points: tuple[int, int] | None,
    proficient: tuple[bool | None, bool | None, bool | None],
) -> AssessmentRecord:
    activities = (QUIZ, EXAM, PROJECT)
    verdicts = (None if each is None else each >= 50 for each in points)
    return record(
        learner=learner(name, id_, student_number=f"STU-000{int(id_) - 3}"),
        completion=Completion(completed, GRADED if completed else None),
        course_score=posted(*course_points) if course_points else replace(UNGRADED, maximum=Decimal(500)),
        results=tuple(result(*each) for each in zip(activities, points, verdicts, strict=True)),
        competencies=tuple(rating(*each) for each in zip(OUTCOMES, proficient, strict=True)),
    )


def ada101() -> dict[str, AssessmentRecord]:
    """The six learners as the recording shows them, by given name."""
    everything, nothing = (True, True, True), (None, None, None)
    recorded = (
        _recorded(
            "Anna Kowalska", "4", completed=True, points=(100, 100, 95), course_points=(295, 300), proficient=everything
        ),
        _recorded(
            "Bruno Silva",
            "5",
            completed=True,
            points=(50, 75, 62),
            course_points=(187, 300),
            proficient=(True, True, False),
        ),
        _recorded(
            "Chiara Rossi",
            "6",
            completed=False,
            points=(100, 25, 80),
            course_points=(205, 300),
            proficient=(False, None, False),
        ),
        _recorded(
            "Dieter Braun",
            "7",
            completed=False,
            points=(100, 75, None),
            course_points=(175, 200),
            proficient=(False, False, None),
        ),
        _recorded(
            "Eva Nováková",
            "8",
            completed=True,
            points=(50, 100, 85),
            course_points=(235, 300),
            proficient=(False, False, False),
        ),
        _recorded("Farid Haddad", "9", completed=False, points=nothing, course_points=None, proficient=nothing),
    )
    return {each.learner.given_name.lower(): each for each in recorded}


def specification(activity: ActivityId, title: str, type_: str, **more: Any) -> AssessmentSpecification:
    """An online assessment with a pass mark of 50 points."""
    fields: dict[str, Any] = {
        "type": term("assessment-types", type_),
        "mode": term("modes-learning-assessment", "920fbb3cbe"),
        "pass_mark": Decimal(50),
        **more,
    }
    return AssessmentSpecification(activity, text(title), **fields)


QUIZ_SPECIFICATION = specification(QUIZ, "Module 1 quiz", "b1b68f6735")
EXAM_SPECIFICATION = specification(EXAM, "Final exam", "6e6cb2cc78")
PROJECT_SPECIFICATION = specification(PROJECT, "Data project", "795dac4096")

PROVEN_IN = {LO_1: (QUIZ, PROJECT), LO_2: (EXAM,), LO_3: (PROJECT,)}


def outcomes_by_competency() -> tuple[Outcome, ...]:
    """The three outcomes, proven by proficient ratings that were earned in named assessments."""
    return tuple(Outcome(id_, text(title), ProvenByCompetency(id_, PROVEN_IN[id_])) for id_, title in OUTCOMES.items())


def outcomes_by_assessment() -> tuple[Outcome, ...]:
    """The three outcomes, proven by passed assessments."""
    return tuple(Outcome(id_, text(title), ProvenByAssessments(PROVEN_IN[id_])) for id_, title in OUTCOMES.items())


def profile(**more: Any) -> CourseProfile:
    """A complete profile of the recorded course; outcomes are proven by competency ratings."""
    fields: dict[str, Any] = {
        "title": text("Applied Data Analysis"),
        "outcomes": outcomes_by_competency(),
        "assessments": (QUIZ_SPECIFICATION, EXAM_SPECIFICATION, PROJECT_SPECIFICATION),
        "workload": Workload(Decimal(5), Decimal(125)),
        "level": Level(6, Cycle.FIRST),
        "participation": term("modes-learning-assessment", "920fbb3cbe"),
        "activity_type": term("learning-activity", "bf2e3a7bae"),
        "learning_setting": term("learning-setting", "6fd4685715"),
        "subjects": (term("isced-f", "0542"),),
        "prerequisites": text("Secondary school mathematics."),
        "stackability": Stackability.STACKABLE,
        "further_information": text("Taught in English."),
        "languages": ("en",),
        "rule": AwardRule(required=(QUIZ, EXAM, PROJECT)),
        "stated_by": "Tessa Teacher",
        "stated_at": datetime(2026, 9, 1, tzinfo=UTC),
        **more,
    }
    return CourseProfile("ada101", 1, **fields)


def accreditation(**more: Any) -> Accreditation:
    """An institutional quality assurance that does not end."""
    fields: dict[str, Any] = {
        "title": text("Institutional review"),
        "type": term("accreditation-types", "bb4618238e"),
        "agency": text("Test Quality Agency"),
        "agency_country": term("country", "BEL"),
        **more,
    }
    return Accreditation(**fields)


def issuer(**more: Any) -> Issuer:
    """A complete institution."""
    fields: dict[str, Any] = {
        "legal_name": text("Test Academy"),
        "eidas_identifier": "VATBE-0123456789",
        "registration": "0123456789",
        "country": term("country", "BEL"),
        "region": term("atu", "BEL"),
        "address": "Teststraat 1, 1000 Brussel",
        "homepage": "https://academy.example.org",
        "email": "registry@academy.example.org",
        "accreditations": (accreditation(),),
        "stated_at": datetime(2026, 8, 1, tzinfo=UTC),
        **more,
    }
    return Issuer("test-academy", 1, **fields)


def evidence(activity: ActivityId = EXAM, **more: Any) -> SupervisionEvidence:
    """A teacher's declaration that everybody sat the exam on site and showed an identity document."""
    fields: dict[str, Any] = {
        "source": EvidenceSource.TEACHER_DECLARATION,
        "supervision": Presence.ON_SITE,
        "identity_verified": True,
        "stated_at": GRADED - timedelta(days=1),
        "stated_by": "Tessa Teacher",
        **more,
    }
    return SupervisionEvidence(activity, **fields)
