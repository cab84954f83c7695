"""An Open Badge split into what a whole class shares and what is one learner's.

:class:`BadgeShape` holds everything that decides keys, lengths and constant text of the document;
:func:`leaves_of` gives the strings that differ from learner to learner. Both together hold all that the credential
says, so a document may be built from them alone: once per shape with marks, then filled.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from mappings.assessment import ActivityId
from mappings.documents.envelope import Envelope
from mappings.documents.identifiers import Concept, credential_urn, id_verification, instant, plain, subject_urn
from mappings.elements import (
    AssessedBy,
    AwardingBody,
    FurtherInformation,
    Grade,
    Holder,
    LearningOutcome,
    MicroCredential,
    Place,
    QualityAssurance,
    Stacking,
    Stated,
    Supervision,
    SupervisionCategory,
)
from mappings.errors import InvalidValue
from mappings.profile import Level, Workload
from mappings.text import Text
from mappings.vocabularies.terms import Term

T = TypeVar("T")


class Watched(NamedTuple):
    """Supervision and identity verification without their reasons: category of Annex I, O2, and EU concept."""

    category: SupervisionCategory
    verification: Concept

    @classmethod
    def of(cls, supervision: Supervision) -> Watched:
        """Take over what is stated."""
        return cls(supervision.category, id_verification(supervision))


class AssessmentShape(NamedTuple):
    """What the learners of a class share of one assessment (Annex I, M9, O2)."""

    activity: ActivityId
    title: Text
    type: Term
    mode: Term
    supervision: Watched
    maximum: Decimal | None


class BadgeShape(NamedTuple):
    """Everything but the leaves. Equal shapes give documents that differ in leaves only."""

    issuer_url: str
    language: str
    title: Text
    description: Text | None
    bodies: tuple[AwardingBody, ...]
    places: tuple[Place, ...]
    outcomes: tuple[LearningOutcome, ...]
    workload: Workload
    level: Level
    assessments: tuple[AssessmentShape, ...]
    participation: Term
    quality_assurance: QualityAssurance
    supervision: Watched
    prerequisites: Text | None
    grade_maximum: Decimal | None
    stackability: Stacking | None
    further_information: FurtherInformation | None
    learning_setting: Term | None
    subjects: tuple[Term, ...]
    course_languages: tuple[str, ...]
    leaves: tuple[str, ...]
    """Names of the leaves that are there."""

    def text(self, text: Text) -> str:
        """Return ``text`` in the language of the badge, which knows no language maps."""
        return text.in_language(self.language)


def value_of(stated: Stated[T] | None) -> T | None:
    """Return what was stated, None where nothing was."""
    return None if stated is None else stated.value


def shape_of(credential: MicroCredential, envelope: Envelope, leaves: tuple[str, ...]) -> BadgeShape:
    """Return the shape of the badge. Raise :class:`InvalidValue` where the issuer has no URL."""
    if not envelope.issuer_url:
        raise InvalidValue("an Open Badge needs the URL of its issuer")
    grade = value_of(credential.grade)
    return BadgeShape(
        issuer_url=envelope.issuer_url,
        language=credential.languages[0],
        title=credential.title.value,
        description=value_of(credential.description),
        bodies=credential.awarding_bodies.value,
        places=credential.places.value,
        outcomes=credential.outcomes.value,
        workload=credential.workload.value,
        level=credential.level.value,
        assessments=tuple(_assessment(assessment) for assessment in credential.assessments.value),
        participation=credential.participation.value,
        quality_assurance=credential.quality_assurance.value,
        supervision=Watched.of(credential.supervision.value),
        prerequisites=value_of(credential.prerequisites),
        grade_maximum=grade.maximum if grade else None,
        stackability=value_of(credential.stackability),
        further_information=value_of(credential.further_information),
        learning_setting=credential.learning_setting,
        subjects=credential.subjects,
        course_languages=credential.course_languages,
        leaves=leaves,
    )


def _assessment(assessed: AssessedBy) -> AssessmentShape:
    return AssessmentShape(
        assessed.activity,
        assessed.title,
        assessed.type,
        assessed.mode,
        Watched.of(assessed.supervision),
        assessed.grade.maximum,
    )


def leaves_of(credential: MicroCredential, envelope: Envelope) -> dict[str, str]:
    """Return the strings of this learner by leaf name."""
    leaves = _times(credential, envelope) | _holder(credential.holder.value, envelope)
    if envelope.status_index is not None:
        leaves["status_list"], leaves["status_index"] = envelope.status_list_url, str(envelope.status_index)
    if envelope.supersedes:
        leaves["supersedes"] = credential_urn(envelope.supersedes)
    for number, assessed in enumerate(credential.assessments.value, 1):
        leaves |= _grade(assessed.grade, str(number))
        leaves[f"evidence.{number}"] = assessed.url or f"{leaves['id']}#evidence-{number}"
    if credential.grade is not None:
        leaves |= _grade(credential.grade.value, "overall")
    return leaves


def _times(credential: MicroCredential, envelope: Envelope) -> dict[str, str]:
    moments: dict[str, datetime | None] = {
        "valid_from": envelope.valid_from,
        "valid_until": envelope.valid_until,
        "awarded": credential.date_of_issue.value,
        "starts": credential.course_starts_at,
        "ends": credential.completed_at or credential.course_ends_at,
    }
    return {name: instant(moment) for name, moment in moments.items() if moment is not None}


def _holder(holder: Holder, envelope: Envelope) -> dict[str, str]:
    """Open Badges 3.0, IdentityObject: a salt is appended to what is hashed; an address is hashed in lower case."""
    leaves = {
        "id": credential_urn(envelope.id),
        "subject": subject_urn(envelope.issuer_url, holder),
        "full_name": holder.full_name,
    }
    if holder.student_number:
        leaves["student_number"] = holder.student_number
    if holder.email:
        salt = hashlib.sha256(envelope.id.encode()).hexdigest()[:16]
        leaves["email_salt"] = salt
        leaves["email_hash"] = f"sha256${hashlib.sha256(f'{holder.email.lower()}{salt}'.encode()).hexdigest()}"
    return leaves


def _grade(grade: Grade, which: str) -> dict[str, str]:
    return {f"grade.{which}.value": plain(grade.value), f"grade.{which}.shown": grade.shown_as}
