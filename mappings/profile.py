"""What teacher and institution state once: the course profile and the issuer.

A profile may be a draft: everything that a person supplies later is optional here. What is missing for a
complete micro-credential is told by :func:`mappings.describe.describe`, never filled in by a default
(Council Recommendation of 16 June 2022, Annex I). What is present is valid: vocabulary terms exist in their
EU list, numbers are in range, every proof points at a declared assessment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from mappings.assessment import ActivityId, CompetencyId, SupervisionEvidence, require_utc
from mappings.errors import InvalidValue
from mappings.scales import IN_POINTS, Scale
from mappings.text import Text
from mappings.vocabularies.terms import Term, require_term


class Cycle(StrEnum):
    """Cycles of the Qualifications Framework of the European Higher Education Area (QF-EHEA)."""

    SHORT = "short"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"


class Stackability(StrEnum):
    """Annex I, O4."""

    STAND_ALONE = "stand_alone"
    STACKABLE = "stackable"


class CompletedBy(StrEnum):
    """Which signal means that a learner has completed the course."""

    PLATFORM = "platform"
    """The platform's own course completion."""
    ASSESSMENTS = "assessments"
    """All assessments in :attr:`AwardRule.required` passed; the platform's completion is not asked."""


@dataclass(frozen=True, slots=True)
class AssessmentSpecification:
    """One graded activity of the course as an assessment of learning outcomes (Annex I, M9).

    ``pass_mark`` is a score on the activity's own scale, ``0..maximum``; None trusts the platform's verdict.
    ``mode`` is a term of the EU list «learning-assessment» (online, presential, blended ...).
    """

    activity: ActivityId
    title: Text
    type: Term | None = None
    mode: Term | None = None
    pass_mark: Decimal | None = None

    def __post_init__(self) -> None:
        require_term(self.type, "assessment-types", "type of assessment")
        require_term(self.mode, "modes-learning-assessment", "mode of assessment")
        if self.pass_mark is not None and not (self.pass_mark.is_finite() and self.pass_mark >= 0):
            raise InvalidValue("a pass mark is a number from 0")


@dataclass(frozen=True, slots=True)
class ProvenByCompetency:
    """The outcome is proven by a proficient rating in this competency or outcome of the platform.

    ``assessments`` name where the rating was earned: their type, supervision and grade travel with it.
    """

    competency: CompetencyId
    assessments: tuple[ActivityId, ...] = ()


@dataclass(frozen=True, slots=True)
class ProvenByAssessments:
    """The outcome is proven by passing every one of these assessments."""

    assessments: tuple[ActivityId, ...]

    def __post_init__(self) -> None:
        if not self.assessments:
            raise InvalidValue("an outcome needs at least one assessment that proves it")


Proof = ProvenByCompetency | ProvenByAssessments


@dataclass(frozen=True, slots=True)
class Outcome:
    """One learning outcome (Annex I, M6) and what proves it."""

    id: str
    title: Text
    proof: Proof
    description: Text | None = None
    kind: Term | None = None
    """EU list «skill-type»: knowledge or skill."""
    reusability: Term | None = None
    esco: tuple[str, ...] = ()
    """ESCO skill IRIs, ``http://data.europa.eu/esco/skill/<uuid>``."""

    def __post_init__(self) -> None:
        require_term(self.kind, "skill-type", "kind of outcome")
        require_term(self.reusability, "skill-reuse-level", "reusability of outcome")


@dataclass(frozen=True, slots=True)
class Workload:
    """Notional workload (Annex I, M7): ECTS credits as a decimal, hours of a typical learner."""

    ects: Decimal | None = None
    hours: Decimal | None = None

    def __post_init__(self) -> None:
        for amount in (self.ects, self.hours):
            if amount is not None and not (amount.is_finite() and amount > 0):
                raise InvalidValue("workload must be above zero")
        if self.ects is None and self.hours is None:
            raise InvalidValue("workload needs credits, hours or both")


@dataclass(frozen=True, slots=True)
class Level:
    """EQF level 1..8 and, where it applies, the QF-EHEA cycle (Annex I, M8)."""

    eqf: int
    cycle: Cycle | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.eqf <= 8:
            raise InvalidValue("an EQF level is 1..8")


@dataclass(frozen=True, slots=True)
class AwardRule:
    """When a learner has earned the credential.

    ``required`` must be passed in any case. ``settled_after`` is the quiet period that a grade must have stood.
    ``every_outcome`` demands that all outcomes are proven; otherwise one is enough and only the proven are stated.
    ``approval`` holds every award for a person.
    """

    completed_by: CompletedBy = CompletedBy.PLATFORM
    required: tuple[ActivityId, ...] = ()
    settled_after: timedelta = timedelta(0)
    every_outcome: bool = False
    approval: bool = False

    def __post_init__(self) -> None:
        if self.settled_after < timedelta(0):
            raise InvalidValue("a quiet period cannot be negative")
        if self.completed_by is CompletedBy.ASSESSMENTS and not self.required:
            raise InvalidValue("completion by assessments needs required assessments")


@dataclass(frozen=True, slots=True)
class Accreditation:
    """Quality assurance that stands behind the credential (Annex I, M11), by whom and what it covers.

    ``type`` is a term of the EU list «accreditation».
    """

    title: Text
    type: Term
    agency: Text
    agency_country: Term
    agency_registration: str = ""
    deqar_id: str = ""
    report_url: str = ""
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.valid_until, "valid_until")
        require_term(self.type, "accreditation-types", "type of accreditation")
        require_term(self.agency_country, "country", "country of the agency")


@dataclass(frozen=True, slots=True)
class Issuer:
    """The institution profile: who awards (Annex I, M3, M4, M11). ``version`` grows with every change.

    ``eidas_identifier`` is the organizationIdentifier of the seal certificate (ETSI EN 319 412-1, 5.1.4, e.g.
    ``VATBE-0123456789``). ``country`` is an EU country term, ``region`` an ATU term.
    """

    id: str
    version: int
    legal_name: Text | None = None
    eidas_identifier: str = ""
    registration: str = ""
    country: Term | None = None
    region: Term | None = None
    address: str = ""
    homepage: str = ""
    email: str = ""
    logo_png: bytes = b""
    accreditations: tuple[Accreditation, ...] = ()
    stated_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.stated_at, "stated_at")
        require_term(self.country, "country", "country of the institution")
        require_term(self.region, "atu", "region of the institution")


@dataclass(frozen=True, slots=True)
class CourseProfile:
    """What the teacher states about the micro-credential of one course. ``version`` grows with every change.

    ``languages`` are those of instruction and assessment (ISO 639-1). ``supervision`` are the declarations of
    named teachers; what the platform shows travels with the record. ``valid_for_months`` None never expires.
    """

    id: str
    version: int
    title: Text | None = None
    description: Text | None = None
    outcomes: tuple[Outcome, ...] = ()
    assessments: tuple[AssessmentSpecification, ...] = ()
    workload: Workload | None = None
    level: Level | None = None
    participation: Term | None = None
    """Annex I, M10: a term of the EU list «learning-assessment»."""
    activity_type: Term | None = None
    learning_setting: Term | None = None
    subjects: tuple[Term, ...] = ()
    """ISCED-F fields."""
    quality_assurance: Text | None = None
    prerequisites: Text | None = None
    stackability: Stackability | None = None
    stacks_towards: Text | None = None
    further_information: Text | None = None
    homepage: str = ""
    languages: tuple[str, ...] = ()
    starts_at: datetime | None = None
    """Where given, it is stated instead of the platform's dates; so is :attr:`ends_at`."""
    ends_at: datetime | None = None
    valid_for_months: int | None = None
    rule: AwardRule = AwardRule()
    scale: Scale = IN_POINTS
    supervision: tuple[SupervisionEvidence, ...] = ()
    stated_by: str = ""
    stated_at: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.stated_at, self.starts_at, self.ends_at):
            require_utc(moment, "a time of the profile")
        self._require_terms()
        self._require_declared_assessments()

    def _require_terms(self) -> None:
        require_term(self.participation, "modes-learning-assessment", "form of participation")
        require_term(self.activity_type, "learning-activity", "type of learning activity")
        require_term(self.learning_setting, "learning-setting", "learning setting")
        for subject in self.subjects:
            require_term(subject, "isced-f", "subject")
        if self.valid_for_months is not None and self.valid_for_months < 1:
            raise InvalidValue("validity is at least one month")

    def _require_declared_assessments(self) -> None:
        declared = {assessment.activity for assessment in self.assessments}
        if len(declared) != len(self.assessments):
            raise InvalidValue("an assessment is declared twice")
        if len({outcome.id for outcome in self.outcomes}) != len(self.outcomes):
            raise InvalidValue("an outcome is declared twice")
        for outcome in self.outcomes:
            if unknown := set(outcome.proof.assessments) - declared:
                raise InvalidValue(f"outcome {outcome.id} is proven by undeclared assessments {sorted(unknown)}")
        if unknown := set(self.rule.required) - declared:
            raise InvalidValue(f"the award rule requires undeclared assessments {sorted(unknown)}")

    def assessment(self, activity: ActivityId) -> AssessmentSpecification:
        """Return the declared assessment of ``activity``; KeyError where it is not declared."""
        return {assessment.activity: assessment for assessment in self.assessments}[activity]
