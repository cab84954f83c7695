"""The European standard elements of a micro-credential as typed values.

Council Recommendation of 16 June 2022 on a European approach to micro-credentials (OJ C 243, 27.6.2022, p. 10),
Annex I: M1..M11 mandatory, O1..O5 optional. A :class:`MicroCredential` is complete by construction, is what gets
stored, and is the only thing that documents of any format are rendered from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from mappings.assessment import ActivityId, LearnerId, PlatformId, Presence, require_utc
from mappings.errors import InvalidValue
from mappings.profile import Accreditation, Level, Stackability, Workload
from mappings.text import Text
from mappings.vocabularies.terms import Term

T = TypeVar("T")


class Element(StrEnum):
    """Codes of the elements in the order of Annex I."""

    LEARNER = "M1"
    TITLE = "M2"
    COUNTRY = "M3"
    AWARDING_BODY = "M4"
    DATE_OF_ISSUE = "M5"
    LEARNING_OUTCOMES = "M6"
    WORKLOAD = "M7"
    LEVEL = "M8"
    ASSESSMENT_TYPE = "M9"
    PARTICIPATION = "M10"
    QUALITY_ASSURANCE = "M11"
    PREREQUISITES = "O1"
    SUPERVISION = "O2"
    GRADE = "O3"
    STACKABILITY = "O4"
    FURTHER_INFORMATION = "O5"


class Supplier(StrEnum):
    """Who said something, or who can supply what is missing."""

    PLATFORM = "platform"
    TEACHER = "teacher"
    INSTITUTION = "institution"
    BRIDGE = "bridge"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who said it, when, and from which field (``gradereport_user_get_grade_items.graderaw``, ``profile.title``)."""

    supplier: Supplier
    field: str
    at: datetime
    by: str = ""

    def __post_init__(self) -> None:
        require_utc(self.at, "at")


@dataclass(frozen=True, slots=True)
class Stated(Generic[T]):
    """A value with where it came from, at least one source."""

    value: T
    provenance: tuple[Provenance, ...]

    def __post_init__(self) -> None:
        if not self.provenance:
            raise InvalidValue("a stated value needs a source")


@dataclass(frozen=True, slots=True)
class Holder:
    """M1: who holds it. At least a name; the identity is (platform, learner), never an e-mail address."""

    platform: PlatformId
    learner: LearnerId
    full_name: str
    given_name: str = ""
    family_name: str = ""
    student_number: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """M3: country (EU authority table) and, where known, region (ATU)."""

    country: Term
    region: Term | None = None


@dataclass(frozen=True, slots=True)
class AwardingBody:
    """M4: legal name and identifiers, as the seal certificate must confirm them."""

    legal_name: Text
    eidas_identifier: str
    place: Place
    registration: str = ""
    address: str = ""
    homepage: str = ""
    email: str = ""
    logo_png: bytes = b""


class SupervisionCategory(StrEnum):
    """O2: the four categories of Annex I, from the weakest to the strongest."""

    UNSUPERVISED = "O2.1"
    SUPERVISED = "O2.2"
    SUPERVISED_ONLINE = "O2.3"
    ON_SITE = "O2.4"


@dataclass(frozen=True, slots=True)
class Supervision:
    """O2: the weakest statement that the evidence carries. ``reasons`` are sentences, one per limit found.

    O2.3 and O2.4 only with verified identity (annex-i reading: anything supervised without it is O2.2, also online).
    """

    presence: Presence
    identity_verified: bool
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.presence is Presence.UNKNOWN:
            raise InvalidValue("unknown supervision is stated as none")

    @property
    def category(self) -> SupervisionCategory:
        """The category of Annex I, O2."""
        if self.presence is Presence.NONE:
            return SupervisionCategory.UNSUPERVISED
        if not self.identity_verified:
            return SupervisionCategory.SUPERVISED
        return (
            SupervisionCategory.ON_SITE if self.presence is Presence.ON_SITE else SupervisionCategory.SUPERVISED_ONLINE
        )


@dataclass(frozen=True, slots=True)
class Grade:
    """O3: a settled score on its own scale (``0..maximum``) and as it is to be shown."""

    value: Decimal
    maximum: Decimal | None
    shown_as: str
    graded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssessedBy:
    """M9, O2, O3 of one assessment that this learner passed."""

    activity: ActivityId
    title: Text
    type: Term
    mode: Term
    supervision: Supervision
    grade: Grade
    url: str = ""


@dataclass(frozen=True, slots=True)
class LearningOutcome:
    """M6: one outcome that this learner proved. ``assessed_by`` points into :attr:`MicroCredential.assessments`."""

    id: str
    title: Text
    assessed_by: tuple[ActivityId, ...]
    description: Text | None = None
    kind: Term | None = None
    reusability: Term | None = None
    esco: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityAssurance:
    """M11: accreditations of the institution, with the teacher's words on the course where there are any."""

    accreditations: tuple[Accreditation, ...]
    statement: Text | None = None

    def __post_init__(self) -> None:
        if not self.accreditations:
            raise InvalidValue("quality assurance needs an accreditation")


@dataclass(frozen=True, slots=True)
class Stacking:
    """O4."""

    kind: Stackability
    towards: Text | None = None


@dataclass(frozen=True, slots=True)
class FurtherInformation:
    """O5."""

    text: Text | None = None
    homepage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroCredential:
    """A complete micro-credential: every mandatory element present, each with its provenance.

    ``assessments`` are M9 with O2 and O3 per assessment, each proving at least one outcome. ``supervision`` and
    ``grade`` are O2 and O3 of the whole. ``languages`` are those that every text is available in, preferred first.
    """

    holder: Stated[Holder]
    title: Stated[Text]
    places: Stated[tuple[Place, ...]]
    awarding_bodies: Stated[tuple[AwardingBody, ...]]
    date_of_issue: Stated[datetime]
    outcomes: Stated[tuple[LearningOutcome, ...]]
    workload: Stated[Workload]
    level: Stated[Level]
    assessments: Stated[tuple[AssessedBy, ...]]
    participation: Stated[Term]
    quality_assurance: Stated[QualityAssurance]
    supervision: Stated[Supervision]
    prerequisites: Stated[Text] | None = None
    grade: Stated[Grade] | None = None
    stackability: Stated[Stacking] | None = None
    further_information: Stated[FurtherInformation] | None = None
    description: Stated[Text] | None = None
    activity_type: Term | None = None
    learning_setting: Term | None = None
    subjects: tuple[Term, ...] = ()
    course_starts_at: datetime | None = None
    course_ends_at: datetime | None = None
    completed_at: datetime | None = None
    course_languages: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    valid_for_months: int | None = None

    def __post_init__(self) -> None:
        require_utc(self.date_of_issue.value, "date_of_issue")
        if not self.outcomes.value:
            raise InvalidValue("a micro-credential states at least one outcome")
        known = {assessment.activity for assessment in self.assessments.value}
        for outcome in self.outcomes.value:
            if not outcome.assessed_by or set(outcome.assessed_by) - known:
                raise InvalidValue(f"outcome {outcome.id} names no stated assessment")
        if not self.places.value or not self.awarding_bodies.value:
            raise InvalidValue("a micro-credential names at least one place and one awarding body")
