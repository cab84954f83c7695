"""The standard elements of one award as stated values, each with who said it, when, and in which field.

Called by :mod:`mappings.describe` once its gate has found every mandatory element present.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from mappings.assessment import ActivityId, AssessmentRecord, EvidenceSource, SupervisionEvidence
from mappings.elements import (
    AssessedBy,
    AwardingBody,
    FurtherInformation,
    Grade,
    Holder,
    LearningOutcome,
    MicroCredential,
    Place,
    Provenance,
    QualityAssurance,
    Stacking,
    Stated,
    Supervision,
    Supplier,
)
from mappings.errors import InvalidValue
from mappings.grades import grade, is_settled
from mappings.profile import Accreditation, CourseProfile, Issuer, Outcome, ProvenByCompetency
from mappings.supervision import evidence_for, mode, of_assessment, weakest
from mappings.text import Text

V = TypeVar("V")


def in_force(issuer: Issuer, at: datetime | None) -> tuple[Accreditation, ...]:
    """Return the accreditations that have not ended at ``at``."""
    return tuple(
        each for each in issuer.accreditations if at is None or each.valid_until is None or at < each.valid_until
    )


@dataclass(frozen=True, slots=True)
class Statements:
    """The elements of one award, one method each, in the order of Annex I. Everything needed is present."""

    record: AssessmentRecord
    profile: CourseProfile
    issuer: Issuer
    outcomes: tuple[Outcome, ...]
    issued_at: datetime

    def credential(self, holder: Holder) -> MicroCredential:
        """Put the elements together."""
        profile = self.profile
        assessments = self._assessments()
        starts_at, ends_at = self._period()
        return MicroCredential(
            holder=Stated(holder, (self._platform("learner"),)),
            title=self._taught(_given(profile.title), "title"),
            places=Stated((self._place(),), (self._institution("country"),)),
            awarding_bodies=Stated((self._awarding_body(),), (self._institution("legal_name"),)),
            date_of_issue=Stated(self.issued_at, (Provenance(Supplier.BRIDGE, "issued_at", self.issued_at),)),
            outcomes=Stated(tuple(map(_outcome, self.outcomes)), self._proofs()),
            workload=self._taught(_given(profile.workload), "workload"),
            level=self._taught(_given(profile.level), "level"),
            assessments=Stated(assessments, (self._teacher("assessments"), self._platform("results"))),
            participation=self._taught(_given(profile.participation), "participation"),
            quality_assurance=self._quality_assurance(),
            prerequisites=self._maybe(profile.prerequisites, "prerequisites"),
            supervision=self._supervision(assessments),
            grade=self._grade(),
            stackability=self._stackability(),
            further_information=self._further_information(),
            description=self._maybe(profile.description, "description"),
            activity_type=profile.activity_type,
            learning_setting=profile.learning_setting,
            subjects=profile.subjects,
            course_starts_at=starts_at,
            course_ends_at=ends_at,
            completed_at=self.record.completion.completed_at,
            course_languages=profile.languages,
            languages=_languages(_given(profile.title), self._texts(assessments)),
            valid_for_months=profile.valid_for_months,
        )

    def _platform(self, field: str, at: datetime | None = None) -> Provenance:
        return Provenance(Supplier.PLATFORM, f"record.{field}", at or self.record.read_at)

    def _teacher(self, field: str) -> Provenance:
        at = self.profile.stated_at or self.issued_at
        return Provenance(Supplier.TEACHER, f"profile@{self.profile.version}.{field}", at, self.profile.stated_by)

    def _institution(self, field: str) -> Provenance:
        at = self.issuer.stated_at or self.issued_at
        return Provenance(Supplier.INSTITUTION, f"institution@{self.issuer.version}.{field}", at)

    def _taught(self, value: V, field: str) -> Stated[V]:
        return Stated(value, (self._teacher(field),))

    def _maybe(self, value: V | None, field: str) -> Stated[V] | None:
        return None if value is None else self._taught(value, field)

    def _period(self) -> tuple[datetime | None, datetime | None]:
        """Return when the course ran; nothing where an end before the start says that one of them is wrong."""
        starts_at = self.profile.starts_at or self.record.course.starts_at
        ends_at = self.profile.ends_at or self.record.course.ends_at
        return (None, None) if starts_at and ends_at and ends_at < starts_at else (starts_at, ends_at)

    def _place(self) -> Place:
        return Place(_given(self.issuer.country), self.issuer.region)

    def _awarding_body(self) -> AwardingBody:
        issuer = self.issuer
        return AwardingBody(
            legal_name=_given(issuer.legal_name),
            eidas_identifier=issuer.eidas_identifier,
            place=self._place(),
            registration=issuer.registration,
            address=issuer.address,
            homepage=issuer.homepage,
            email=issuer.email,
            logo_png=issuer.logo_png,
        )

    def _proofs(self) -> tuple[Provenance, ...]:
        """Say where each outcome was read as proven, after who declared it."""
        fields = dict.fromkeys(_proof_field(outcome) for outcome in self.outcomes)
        return (self._teacher("outcomes"), *(self._platform(field) for field in fields))

    def _assessments(self) -> tuple[AssessedBy, ...]:
        activities = dict.fromkeys(activity for outcome in self.outcomes for activity in outcome.proof.assessments)
        return tuple(self._assessed_by(activity) for activity in activities)

    def _assessed_by(self, activity: ActivityId) -> AssessedBy:
        specification = self.profile.assessment(activity)
        supervision = of_assessment(specification, evidence_for(specification, self.record, self.profile))
        return AssessedBy(
            activity=activity,
            title=specification.title,
            type=_given(specification.type),
            mode=_given(mode(specification, supervision)),
            supervision=supervision,
            grade=grade(_given(self.record.result_of(activity)).score, self.profile.scale),
            url=next((each.url for each in self.record.activities if each.id == activity), ""),
        )

    def _supervision(self, assessments: tuple[AssessedBy, ...]) -> Stated[Supervision]:
        evidence = [
            each
            for assessment in assessments
            for each in evidence_for(self.profile.assessment(assessment.activity), self.record, self.profile)
        ]
        sources = tuple(_evidence_source(each) for each in evidence)
        statement = weakest(assessment.supervision for assessment in assessments)
        return Stated(statement, sources or (self._platform("supervision"),))

    def _grade(self) -> Stated[Grade] | None:
        score, quiet = self.record.course_score, self.profile.rule.settled_after
        if score is None or not is_settled(score, quiet, self.record.read_at):
            return None
        return Stated(grade(score, self.profile.scale), (self._platform("course_score", score.graded_at),))

    def _quality_assurance(self) -> Stated[QualityAssurance]:
        statement = self.profile.quality_assurance
        sources = (self._institution("accreditations"), *((self._teacher("quality_assurance"),) if statement else ()))
        return Stated(QualityAssurance(in_force(self.issuer, self.issued_at), statement), sources)

    def _stackability(self) -> Stated[Stacking] | None:
        kind = self.profile.stackability
        return None if kind is None else self._taught(Stacking(kind, self.profile.stacks_towards), "stackability")

    def _further_information(self) -> Stated[FurtherInformation] | None:
        text, homepage = self.profile.further_information, self.profile.homepage
        return self._taught(FurtherInformation(text, homepage), "further_information") if text or homepage else None

    def _texts(self, assessments: tuple[AssessedBy, ...]) -> list[Text]:
        optional = (
            self.profile.description,
            self.profile.prerequisites,
            self.profile.quality_assurance,
            self.profile.stacks_towards,
            self.profile.further_information,
            *(outcome.description for outcome in self.outcomes),
        )
        titles = (*(outcome.title for outcome in self.outcomes), *(each.title for each in assessments))
        return [*titles, *(text for text in optional if text is not None)]


def _languages(title: Text, texts: list[Text]) -> tuple[str, ...]:
    """Return the languages of the title that all of ``texts`` have; at least the title's preferred one."""
    shared = tuple(language for language in title.languages if all(language in text.languages for text in texts))
    return shared or title.languages[:1]


def _outcome(outcome: Outcome) -> LearningOutcome:
    return LearningOutcome(
        id=outcome.id,
        title=outcome.title,
        assessed_by=outcome.proof.assessments,
        description=outcome.description,
        kind=outcome.kind,
        reusability=outcome.reusability,
        esco=outcome.esco,
    )


def _proof_field(outcome: Outcome) -> str:
    return "competencies.proficient" if isinstance(outcome.proof, ProvenByCompetency) else "results"


def _evidence_source(evidence: SupervisionEvidence) -> Provenance:
    taught = evidence.source is EvidenceSource.TEACHER_DECLARATION
    supplier = Supplier.TEACHER if taught else Supplier.PLATFORM
    return Provenance(supplier, f"supervision.{evidence.activity}", evidence.stated_at, evidence.stated_by)


def _given(value: V | None) -> V:
    """Return what the gate has found present."""
    if value is None:
        raise InvalidValue("described before the gate was passed")
    return value
