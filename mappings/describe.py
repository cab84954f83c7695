"""Describe an award as a micro-credential with every standard element and its provenance, or say what is missing.

Council Recommendation of 16 June 2022, Annex I. The SHACL of the European model enforces 4 of the 11 mandatory
elements; this is the gate for all of them. What nobody stated is named with the one who can supply it, and is
never filled in by a default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mappings.assessment import AssessmentRecord, Learner
from mappings.awarding import Award
from mappings.elements import Element, Holder, MicroCredential, Supplier
from mappings.errors import InvalidValue
from mappings.profile import CourseProfile, Issuer, Outcome
from mappings.statements import Statements, in_force


@dataclass(frozen=True, slots=True)
class Missing:
    """A mandatory element that cannot be stated, who can supply it, and what to do in a sentence."""

    element: Element
    supplier: Supplier
    sentence: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """No micro-credential: everything that is missing, in the order of Annex I."""

    missing: tuple[Missing, ...]

    def __post_init__(self) -> None:
        if not self.missing:
            raise InvalidValue("incomplete without anything missing")


_SENTENCES: Final = {
    Element.LEARNER: (Supplier.PLATFORM, "The platform does not tell the learner's name; let it send names."),
    Element.TITLE: (Supplier.TEACHER, "The course profile has no title."),
    Element.COUNTRY: (Supplier.INSTITUTION, "The institution profile names no country."),
    Element.AWARDING_BODY: (Supplier.INSTITUTION, "The institution profile lacks the legal name or eIDAS identifier."),
    Element.DATE_OF_ISSUE: (Supplier.BRIDGE, "The date of issue is not set."),
    Element.LEARNING_OUTCOMES: (Supplier.TEACHER, "The course profile declares none of the awarded outcomes."),
    Element.WORKLOAD: (Supplier.TEACHER, "The course profile states no workload, in ECTS credits or hours."),
    Element.LEVEL: (Supplier.TEACHER, "The course profile states no EQF level."),
    Element.ASSESSMENT_TYPE: (
        Supplier.TEACHER,
        "The course profile does not say for every outcome by which type and mode of assessment it was assessed.",
    ),
    Element.PARTICIPATION: (Supplier.TEACHER, "The course profile does not say how learners took part."),
    Element.QUALITY_ASSURANCE: (
        Supplier.INSTITUTION,
        "The institution profile names no accreditation that is in force.",
    ),
}


def describe(
    award: Award, profile: CourseProfile, issuer: Issuer, issued_at: datetime | None
) -> MicroCredential | Incomplete:
    """Describe the outcomes of ``award`` that ``profile`` declares, as of ``issued_at`` (aware UTC)."""
    holder = _holder(award.record)
    outcomes = _declared(award.outcomes, profile)
    absent = {*_absent(profile, issuer, outcomes, issued_at), *({Element.LEARNER} if holder is None else ())}
    if holder is None or issued_at is None or absent:
        return Incomplete(_missing(absent))
    return Statements(award.record, profile, issuer, outcomes, issued_at).credential(holder)


def gaps(profile: CourseProfile, issuer: Issuer, now: datetime) -> tuple[Missing, ...]:
    """Tell before anybody has finished what the two profiles lack for a complete micro-credential."""
    return _missing(set(_absent(profile, issuer, profile.outcomes, now)))


def _missing(absent: set[Element]) -> tuple[Missing, ...]:
    return tuple(Missing(element, *_SENTENCES[element]) for element in Element if element in absent)


def _absent(
    profile: CourseProfile, issuer: Issuer, outcomes: tuple[Outcome, ...], at: datetime | None
) -> Iterator[Element]:
    present = {
        Element.TITLE: profile.title,
        Element.COUNTRY: issuer.country,
        Element.AWARDING_BODY: issuer.legal_name and issuer.eidas_identifier,
        Element.DATE_OF_ISSUE: at,
        Element.LEARNING_OUTCOMES: outcomes,
        Element.WORKLOAD: profile.workload,
        Element.LEVEL: profile.level,
        Element.ASSESSMENT_TYPE: all(_is_assessed(outcome, profile) for outcome in outcomes),
        Element.PARTICIPATION: profile.participation,
        Element.QUALITY_ASSURANCE: in_force(issuer, at),
    }
    return (element for element, value in present.items() if not value)


def _is_assessed(outcome: Outcome, profile: CourseProfile) -> bool:
    specifications = [profile.assessment(activity) for activity in outcome.proof.assessments]
    return bool(specifications) and all(each.type and each.mode for each in specifications)


def _declared(awarded: tuple[Outcome, ...], profile: CourseProfile) -> tuple[Outcome, ...]:
    """Return the awarded outcomes as the profile still states them: a changed one was never decided on."""
    return tuple(outcome for outcome in awarded if outcome in profile.outcomes)


def _holder(record: AssessmentRecord) -> Holder | None:
    learner = record.learner
    name = _name(learner)
    if not name:
        return None
    return Holder(
        record.course.platform,
        learner.id,
        name,
        learner.given_name.strip(),
        learner.family_name.strip(),
        learner.student_number,
        learner.email,
    )


def _name(learner: Learner) -> str:
    return learner.full_name.strip() or f"{learner.given_name} {learner.family_name}".strip()
