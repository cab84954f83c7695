"""The claims of a learning credential, one by one: their names, labels, and where each value comes from.

``EU_CLAIMS`` are exactly those of ``urn:eu.europa.ec.eudi:learning:credential:1``; ``OWN_CLAIMS`` are what Annex I asks
for besides (:mod:`mappings.documents.sd_jwt_vc`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mappings.documents.badge_shape import value_of
from mappings.documents.envelope import Envelope
from mappings.documents.identifiers import CATEGORY_WORDS, CYCLE_WORDS, alpha2, plain, subject_urn
from mappings.documents.templates import Json
from mappings.elements import MicroCredential
from mappings.profile import Stackability
from mappings.text import Text

Value = Callable[[MicroCredential, Envelope], Json]


class Claim(NamedTuple):
    """A claim of the type: ``disclosable`` ones stand behind a digest, None as a value leaves the claim out.

    One that is not ``personal`` is decided by the shape and the languages of the credential alone.
    """

    name: str
    label: str
    value: Value
    disclosable: bool = True
    mandatory: bool = False
    personal: bool = False


def _text(credential: MicroCredential, text: Text) -> str:
    return text.in_language(credential.languages[0])


def _authority(credential: MicroCredential, _envelope: Envelope) -> Json:
    return " / ".join(_text(credential, body.legal_name) for body in credential.awarding_bodies.value)


def _country(credential: MicroCredential, _envelope: Envelope) -> Json:
    country = credential.places.value[0].country
    return alpha2(country) or country.label


def _issued(credential: MicroCredential, _envelope: Envelope) -> Json:
    return credential.date_of_issue.value.date().isoformat()


def _expires(_credential: MicroCredential, envelope: Envelope) -> Json:
    return envelope.valid_until.date().isoformat() if envelope.valid_until else None


def _family_name(credential: MicroCredential, _envelope: Envelope) -> Json:
    holder = credential.holder.value
    return holder.family_name or holder.full_name


def _given_name(credential: MicroCredential, _envelope: Envelope) -> Json:
    """Leave it out beside a family name that is the whole name already."""
    holder = credential.holder.value
    return holder.given_name or None if holder.family_name else None


def _identification(credential: MicroCredential, envelope: Envelope) -> Json:
    holder = credential.holder.value
    return holder.student_number or subject_urn(envelope.issuer_url, holder)


def _title(credential: MicroCredential, _envelope: Envelope) -> Json:
    return _text(credential, credential.title.value)


def _description(credential: MicroCredential, _envelope: Envelope) -> Json:
    return _text(credential, credential.description.value) if credential.description else None


def _outcomes(credential: MicroCredential, _envelope: Envelope) -> Json:
    return [_text(credential, outcome.title) for outcome in credential.outcomes.value]


def _grade(credential: MicroCredential, _envelope: Envelope) -> Json:
    return credential.grade.value.shown_as if credential.grade else None


def _languages(credential: MicroCredential, _envelope: Envelope) -> Json:
    return list(credential.course_languages or credential.languages)


def _study_time(credential: MicroCredential, _envelope: Envelope) -> Json:
    workload = credential.workload.value
    credits_ = None if workload.ects is None else f"{plain(workload.ects)} ECTS"
    hours = None if workload.hours is None else f"{plain(workload.hours)} hours"
    return ", ".join(part for part in (credits_, hours) if part)


def _level(credential: MicroCredential, _envelope: Envelope) -> Json:
    return credential.level.value.eqf


def _quality(credential: MicroCredential, _envelope: Envelope) -> Json:
    assurance = credential.quality_assurance.value
    return [f"{each.type.label}: {_text(credential, each.title)}" for each in assurance.accreditations]


def _prerequisites(credential: MicroCredential, _envelope: Envelope) -> Json:
    return [_text(credential, credential.prerequisites.value)] if credential.prerequisites else None


def _stackable(credential: MicroCredential, _envelope: Envelope) -> Json:
    stacking = value_of(credential.stackability)
    return None if stacking is None else stacking.kind is Stackability.STACKABLE


def _assessment_types(credential: MicroCredential, _envelope: Envelope) -> Json:
    return [assessed.type.label for assessed in credential.assessments.value]


def _participation(credential: MicroCredential, _envelope: Envelope) -> Json:
    return credential.participation.value.label


def _supervision(credential: MicroCredential, _envelope: Envelope) -> Json:
    category = credential.supervision.value.category
    return {"category": category.value, "description": CATEGORY_WORDS[category]}


def _cycle(credential: MicroCredential, _envelope: Envelope) -> Json:
    cycle = credential.level.value.cycle
    return None if cycle is None else CYCLE_WORDS[cycle]


def _region(credential: MicroCredential, _envelope: Envelope) -> Json:
    regions: list[Json] = [place.region.label for place in credential.places.value if place.region]
    return regions or None


def _towards(credential: MicroCredential, _envelope: Envelope) -> Json:
    stacking = value_of(credential.stackability)
    if stacking is None or stacking.towards is None or stacking.kind is Stackability.STAND_ALONE:
        return None
    return _text(credential, stacking.towards)


def _further(credential: MicroCredential, _envelope: Envelope) -> Json:
    further = value_of(credential.further_information)
    words = () if further is None else _words(credential, further.text, further.homepage)
    return " ".join(words) or None


def _words(credential: MicroCredential, text: Text | None, homepage: str) -> Iterator[str]:
    if text is not None:
        yield _text(credential, text)
    if homepage:
        yield homepage


EU_CLAIMS = (
    Claim("issuing_authority", "Issuing authority", _authority, disclosable=False, mandatory=True),
    Claim("issuing_country", "Issuing country", _country, disclosable=False, mandatory=True),
    Claim("date_of_issuance", "Date of issuance", _issued, disclosable=False, mandatory=True, personal=True),
    Claim("date_of_expiry", "Date of expiry", _expires, disclosable=False, personal=True),
    Claim("family_name", "Family name(s)", _family_name, mandatory=True, personal=True),
    Claim("given_name", "Given name(s)", _given_name, personal=True),
    Claim("learner_identification", "Learner identification", _identification, mandatory=True, personal=True),
    Claim("achievement_title", "Achievement title", _title, disclosable=False, mandatory=True),
    Claim("achievement_description", "Achievement description", _description, disclosable=False),
    Claim("learning_outcomes", "Learning outcomes", _outcomes),
    Claim("assessment_grade", "Assessment grade", _grade, personal=True),
    Claim("language_of_classes", "Language of classes", _languages, disclosable=False, mandatory=True),
    Claim("expected_study_time", "Expected study time", _study_time, mandatory=True),
    Claim("level_of_learning_experience", "Level of learning experience (EQF)", _level, mandatory=True),
    Claim("types_of_quality_assurance", "Types of quality assurance", _quality, mandatory=True),
    Claim("prerequisites_to_enroll", "Prerequisites to enrol", _prerequisites),
    Claim("integration_stackability_options", "Integration or stackability options", _stackable),
)
OWN_CLAIMS = (
    Claim("type_of_assessment", "Type of assessment", _assessment_types, mandatory=True),
    Claim("form_of_participation", "Form of participation", _participation, mandatory=True),
    Claim("supervision", "Supervision and identity verification", _supervision, mandatory=True),
    Claim("cycle", "Cycle of the European Higher Education Area", _cycle),
    Claim("issuing_region", "Issuing region", _region, disclosable=False),
    Claim("stackable_towards", "Stackable towards", _towards),
    Claim("further_information", "Further information", _further),
)
