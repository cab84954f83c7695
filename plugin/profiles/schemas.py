"""Schemas of the course profile and the institution profile, as a file or a form gives them.

Names and shapes are those of :mod:`mappings.profile`; a term may be written by code, IRI or English label.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from marshmallow import Schema, fields, post_dump, post_load, pre_load, validate, validates_schema

from mappings import profile as made
from mappings.assessment import EvidenceSource, Presence, SupervisionEvidence
from mappings.scales import Band, Scale, ShownAs
from plugin.profiles.fields import (
    REQUIRED,
    Hours,
    LanguageTag,
    LanguageText,
    Logo,
    Moment,
    Name,
    TermOf,
    Words,
    amount,
    checked,
    web_address,
)
from plugin.profiles.references import refuse_all, repeated, undeclared

_EIDAS: Final = r"([A-Z]{3}|[A-Z]{2}:)[A-Z]{2}-\S+\Z"
_MESSAGES: Final = {"unknown": "There is no such field.", "type": "Write fields with names here."}
_UNSTATED: Final[tuple[object, ...]] = (None, "", [], {})
_ESCO: Final = r"http://data\.europa\.eu/esco/skill/\S+\Z"


class Part(Schema):
    """A part of a profile. Fields left empty count as not given; a field nobody knows is a problem."""

    makes: ClassVar[type]
    error_messages = _MESSAGES

    @pre_load
    def drop_empty(self, data: Any, **_kwargs: Any) -> Any:
        """Treat ``title:`` without a value like no title."""
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, Mapping) else data

    @post_load
    def make(self, data: dict[str, Any], **_kwargs: Any) -> Any:
        """Build the value; what it refuses is a problem of this part."""
        return checked(lambda: self.build(data))

    @post_dump
    def drop_unstated(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Write only what is stated."""
        return {name: value for name, value in data.items() if value not in _UNSTATED}

    def build(self, data: dict[str, Any]) -> Any:
        """Build the value from fields that are valid one by one."""
        return self.makes(**{name: tuple(value) if isinstance(value, list) else value for name, value in data.items()})


class ProofSchema(Part):
    """``competency`` with the assessments where it was rated, or ``assessments`` alone."""

    competency = Words()
    assessments = fields.List(Words())

    def build(self, data: dict[str, Any]) -> made.Proof:
        """Build the kind of proof that is meant."""
        assessments = tuple(data.get("assessments", ()))
        if "competency" in data:
            return made.ProvenByCompetency(data["competency"], assessments)
        return made.ProvenByAssessments(assessments)


class OutcomeSchema(Part):
    """A learning outcome (Annex I, M6)."""

    makes = made.Outcome
    id = Name(required=True)
    title = LanguageText(required=True)
    proof = fields.Nested(ProofSchema, required=True, data_key="proven_by", error_messages=REQUIRED)
    description = LanguageText()
    kind = TermOf("skill-type")
    reusability = TermOf("skill-reuse-level")
    esco = fields.List(fields.String(validate=validate.Regexp(_ESCO, error="Write the IRI of an ESCO skill.")))


class AssessmentSchema(Part):
    """An assessment (Annex I, M9)."""

    makes = made.AssessmentSpecification
    activity = Words(required=True)
    title = LanguageText(required=True)
    type = TermOf("assessment-types")
    mode = TermOf("modes-learning-assessment")
    pass_mark = amount()


class WorkloadSchema(Part):
    """Notional workload (Annex I, M7)."""

    makes = made.Workload
    ects = amount(above=0)
    hours = amount(above=0)


class LevelSchema(Part):
    """Level and cycle (Annex I, M8)."""

    makes = made.Level
    eqf = fields.Integer(
        required=True, error_messages=REQUIRED, validate=validate.Range(1, 8, error="An EQF level is 1 to 8.")
    )
    cycle = fields.Enum(made.Cycle, by_value=True)


class RuleSchema(Part):
    """When a learner has earned it."""

    makes = made.AwardRule
    completed_by = fields.Enum(made.CompletedBy, by_value=True)
    required = fields.List(Words())
    settled_after = Hours(data_key="settled_after_hours")
    every_outcome = fields.Boolean()
    approval = fields.Boolean()


class BandSchema(Part):
    """A named step of a scale."""

    makes = Band
    from_percent = amount(required=True)
    label = Words(required=True)


class ScaleSchema(Part):
    """How grades are shown (Annex I, O3)."""

    makes = Scale
    shown_as = fields.Enum(ShownAs, by_value=True)
    bands = fields.List(fields.Nested(BandSchema))


class DeclarationSchema(Part):
    """What a named teacher declares about an assessment (Annex I, O2)."""

    activity = Words(required=True)
    supervision = fields.Enum(Presence, by_value=True, required=True, error_messages=REQUIRED)
    identity_verified = fields.Boolean()
    stated_by = Words(required=True)
    stated_at = Moment(required=True, error_messages=REQUIRED)
    learner = Words()
    method = Words()
    place = Words()
    identified_by = Words()

    def build(self, data: dict[str, Any]) -> SupervisionEvidence:
        """Build the evidence; what is not said about identity is not known."""
        fields_given = {"identity_verified": None, **data}
        return SupervisionEvidence(source=EvidenceSource.TEACHER_DECLARATION, **fields_given)


class CourseProfileSchema(Part):
    """The course profile."""

    makes = made.CourseProfile
    id = Name(required=True)
    version = fields.Integer(required=True, error_messages=REQUIRED, validate=validate.Range(min=1))
    title = LanguageText()
    description = LanguageText()
    outcomes = fields.List(fields.Nested(OutcomeSchema))
    assessments = fields.List(fields.Nested(AssessmentSchema))
    workload = fields.Nested(WorkloadSchema)
    level = fields.Nested(LevelSchema)
    participation = TermOf("modes-learning-assessment")
    activity_type = TermOf("learning-activity")
    learning_setting = TermOf("learning-setting")
    subjects = fields.List(TermOf("isced-f"))
    quality_assurance = LanguageText()
    prerequisites = LanguageText()
    stackability = fields.Enum(made.Stackability, by_value=True)
    stacks_towards = LanguageText()
    further_information = LanguageText()
    homepage = web_address()
    languages = fields.List(LanguageTag())
    starts_at = Moment()
    ends_at = Moment()
    valid_for_months = fields.Integer(validate=validate.Range(1, 1200, error="Must be 1 to 1200 months."))
    rule = fields.Nested(RuleSchema)
    scale = fields.Nested(ScaleSchema)
    supervision = fields.List(fields.Nested(DeclarationSchema))
    stated_by = Words()
    stated_at = Moment()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def every_reference_holds(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Name every undeclared and every repeated assessment or outcome, beside whatever else is wrong."""
        refuse_all((*undeclared(original), *repeated(original)))


class AccreditationSchema(Part):
    """Quality assurance (Annex I, M11)."""

    makes = made.Accreditation
    title = LanguageText(required=True)
    type = TermOf("accreditation-types", required=True)
    agency = LanguageText(required=True)
    agency_country = TermOf("country", required=True)
    agency_registration = Words()
    deqar_id = Words()
    report_url = web_address()
    valid_until = Moment()


class InstitutionProfileSchema(Part):
    """The institution profile."""

    makes = made.Issuer
    id = Name(required=True)
    version = fields.Integer(required=True, error_messages=REQUIRED, validate=validate.Range(min=1))
    legal_name = LanguageText()
    eidas_identifier = fields.String(
        validate=validate.Regexp(_EIDAS, error="Write it as in the seal certificate, for example VATBE-0123456789.")
    )
    registration = Words()
    country = TermOf("country")
    region = TermOf("atu")
    address = Words()
    homepage = web_address()
    email = fields.Email()
    logo_png = Logo(data_key="logo")
    accreditations = fields.List(fields.Nested(AccreditationSchema))
    stated_at = Moment()
