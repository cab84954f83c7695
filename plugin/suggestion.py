"""A course profile as far as the platform can tell it, with where each part came from. Pure.

Nothing that only people know is invented: workload, level and, unless the platform says how the course is held, the
form of participation stay open and are asked. Types of assessment are suggested from the kind and the title of an
activity and are the teacher's to correct.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from mappings.assessment import Activity, AssessmentRecord, CompetencyId, Delivery
from mappings.profile import (
    AssessmentSpecification,
    AwardRule,
    CompletedBy,
    CourseProfile,
    Outcome,
    ProvenByCompetency,
)
from mappings.text import Text, clean
from mappings.vocabularies.terms import Term, term

_DELIVERIES: Final = {Delivery.ONLINE: "920fbb3cbe", Delivery.ON_SITE: "9191af2ed9", Delivery.BLENDED: "e92d221e4d"}
_BY_TITLE: Final = (
    (re.compile(r"\b(oral|mondeling\w*|viva)\b", re.IGNORECASE), "d30284d7df"),
    (re.compile(r"\b(final|exams?|examen|tentamen|examination|written)\b", re.IGNORECASE), "6e6cb2cc78"),
    (re.compile(r"project", re.IGNORECASE), "795dac4096"),
    (re.compile(r"portfolio", re.IGNORECASE), "4f03b91c0e"),
    (re.compile(r"\b(lab|practical|practicum|praktijk\w*)\b", re.IGNORECASE), "6a4db9f11d"),
)
_BY_KIND: Final = (("quiz", "b1b68f6735"), ("workshop", "812e3b0ae1"), ("assign", "2939dae15f"), ("", "2939dae15f"))
_MARKUP: Final = re.compile(r"<[^>]*>")
_NAME: Final = re.compile(r"[^A-Za-z0-9._:-]")
PLATFORM, SUGGESTED, TEACHER = "platform", "suggested", "teacher"
"""Origins of a field: read from the platform, guessed from what was read, stated by the teacher."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A draft and the origin of each of its fields by name."""

    profile: CourseProfile
    origins: Mapping[str, str]


def suggest(
    records: Sequence[AssessmentRecord], *, language: str, named: Mapping[CompetencyId, str] | None = None
) -> Suggestion:
    """Suggest a profile for the course of ``records`` (at least one), its texts in ``language`` unless it says one.

    ``named`` are the competencies of the course by id with their names, where nobody need be rated in them.
    """
    record = records[0]
    rated = {each.competency: each.title for one in records for each in one.competencies}
    competencies = {**(named or {}), **rated}
    course = record.course
    spoken = course.language.partition("-")[0].lower() or language
    mode = term("modes-learning-assessment", _DELIVERIES[course.delivery]) if course.delivery in _DELIVERIES else None
    graded = tuple(activity for activity in record.activities if activity.maximum is not None)
    assessments = tuple(_assessment(activity, records, mode, spoken) for activity in graded)
    profile = CourseProfile(
        id=_NAME.sub("-", f"{course.platform[:12]}-{course.id}")[:64],
        version=1,
        title=_text(course.title, spoken),
        description=_text(_MARKUP.sub(" ", course.summary), spoken),
        outcomes=_outcomes(competencies, assessments, spoken),
        assessments=assessments,
        participation=mode,
        languages=(spoken,) if len(spoken) == 2 else (),
        rule=_rule(records, assessments),
    )
    return Suggestion(profile, _origins(profile))


def _text(words: str, language: str) -> Text | None:
    """Return text without line breaks and control characters, None where nothing is left."""
    plain = "".join(sign if sign.isprintable() else " " for sign in words)
    return Text.of({language: clean(" ".join(plain.split()))}) if plain.strip() else None


def _assessment(
    activity: Activity, records: Sequence[AssessmentRecord], mode: Term | None, language: str
) -> AssessmentSpecification:
    return AssessmentSpecification(
        activity=activity.id,
        title=_text(activity.title, language) or Text.of({language: activity.id}),
        type=term("assessment-types", _type(activity)),
        mode=mode,
        pass_mark=None if _is_judged(activity, records) else _half(activity),
    )


def _type(activity: Activity) -> str:
    for pattern, code in _BY_TITLE:
        if pattern.search(activity.title):
            return code
    return next(code for kind, code in _BY_KIND if kind in activity.kind.lower())


def _is_judged(activity: Activity, records: Sequence[AssessmentRecord]) -> bool:
    """Whether the platform itself says who passed: then its verdict counts and no mark is needed."""
    results = (record.result_of(activity.id) for record in records)
    return any(result is not None and result.passed is not None for result in results)


def _half(activity: Activity) -> Decimal | None:
    return activity.maximum / 2 if activity.maximum else None


def _outcomes(
    competencies: Mapping[CompetencyId, str], assessments: tuple[AssessmentSpecification, ...], language: str
) -> tuple[Outcome, ...]:
    """Take the platform's competencies. Without any the teacher is asked: a course's title says nothing of them."""
    everywhere = tuple(assessment.activity for assessment in assessments)
    return tuple(
        Outcome(_NAME.sub("-", competency)[:64], title, ProvenByCompetency(competency, everywhere))
        for competency, name in competencies.items()
        if (title := _text(name, language))
    )


def _rule(records: Sequence[AssessmentRecord], assessments: tuple[AssessmentSpecification, ...]) -> AwardRule:
    required = tuple(assessment.activity for assessment in assessments)
    tracked = any(record.completion.completed is not None for record in records)
    return AwardRule(CompletedBy.PLATFORM if tracked or not required else CompletedBy.ASSESSMENTS, required)


def _origins(profile: CourseProfile) -> dict[str, str]:
    read: dict[str, object] = {
        "title": profile.title,
        "description": profile.description,
        "languages": profile.languages,
        "participation": profile.participation,
        "outcomes": profile.outcomes,
    }
    origins = {name: PLATFORM for name, value in read.items() if value}
    return origins | dict.fromkeys(("assessments", "rule"), SUGGESTED)
