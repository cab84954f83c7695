"""A micro-credential as an unsealed European Digital Credential: JSON-LD of the European Learning Model v3.

Application profile ``edc-generic-full`` of ELM 3.1 and 3.2 (European-Learning-Model, ``rdf/ap/edc``). Where each
standard element of Annex I goes is told by the table in ``mappings/README.md`` and by the function that renders it.
Rendering is a pure function of its arguments: the same input gives the same bytes.

``credentialStatus`` appears exactly when the envelope has a status index. Shapes 3.1 refuse every value of it (their
context makes an IRI what their shape wants as a literal), shapes 3.2 take ``{id, type: CredentialStatus}``: a document
with status therefore conforms to 3.2 only, one without to both. The id is the status list's URL with the index as its
fragment.

Left out on purpose: the learner's e-mail address, because it changes, identifies nobody, and a credential is shared
with strangers.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.documents.elm_assessments import assessments
from mappings.documents.elm_display import display_parameter
from mappings.documents.elm_json import Node, by_content, present, write, written
from mappings.documents.elm_nodes import issuer, listed, note, organisation, timestamp
from mappings.documents.elm_specifications import Offer, activity_specification, qualification
from mappings.documents.envelope import Document, Envelope, Format
from mappings.documents.phrases import Phrase, in_languages
from mappings.elements import AwardingBody, Holder, MicroCredential, Place
from mappings.profile import Accreditation
from mappings.text import Text, clean

CONTEXT = ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap"]
"""Both contexts, http and order included, as the Commission's issuer writes them."""
_SCHEMA = {"id": "http://data.europa.eu/snb/model/ap/edc-generic-full", "type": "ShaclValidator2017"}


@dataclass(frozen=True, slots=True)
class ElmDocument(Document):
    """A European Digital Credential that still knows its issuer, so that a sealer need not read its own JSON again.

    Its body is JSON without blanks: no control character stands in it, not even between its parts.
    """

    issuer: Node


def render_elm(credential: MicroCredential, envelope: Envelope) -> ElmDocument:
    """Render ``credential`` as it will be sealed.

    Raises :class:`~mappings.errors.InvalidValue` for a name with control characters, and
    :class:`~mappings.errors.UnknownTerm` for a language that the EU table lacks.
    """
    _refuse_unreadable(credential.holder.value)
    body = write(_credential(credential, envelope))
    return ElmDocument(Format.ELM, body, issuer(*_issuer(credential)))


def _refuse_unreadable(holder: Holder) -> None:
    """Refuse control characters in a platform's words about a learner: the only text here that nobody checked."""
    for name in (holder.full_name, holder.given_name, holder.family_name, holder.student_number):
        if name:
            clean(name, "name or number of the learner")


def _credential(credential: MicroCredential, envelope: Envelope) -> Node:
    issued = timestamp(credential.date_of_issue.value)
    ends = timestamp(envelope.valid_until)
    return {
        "@context": CONTEXT,
        "id": f"urn:credential:{envelope.id}",
        "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
        "credentialSchema": [_SCHEMA],
        "credentialProfiles": [listed("credential-types", "e34929035b")],
        "issuer": issuer(*_issuer(credential)),
        "issuanceDate": issued,
        "issued": issued,
        "validFrom": timestamp(envelope.valid_from),
        **present(expirationDate=ends, validUntil=ends, credentialStatus=_status(envelope)),
        "displayParameter": display_parameter(credential, envelope),
        "credentialSubject": _person(credential, envelope),
    }


def _status(envelope: Envelope) -> Node | None:
    if envelope.status_index is None:
        return None
    return {"id": f"{envelope.status_list_url}#{envelope.status_index}", "type": "CredentialStatus"}


def _person(credential: MicroCredential, envelope: Envelope) -> Node:
    """M1. Names stand in the credential's first language: a name has no language, a language map needs one."""
    holder = credential.holder.value
    return {
        "id": f"urn:epass:person:{envelope.id}",
        "type": "Person",
        **_names(holder, credential.languages[0]),
        **present(identifier=_student_number(holder)),
        "hasClaim": [_achievement(credential, envelope)],
    }


def _names(holder: Holder, language: str) -> Node:
    names = {"givenName": holder.given_name, "familyName": holder.family_name, "fullName": holder.full_name}
    return {key: {language: name} for key, name in names.items() if name}


def _student_number(holder: Holder) -> list[Node]:
    number = holder.student_number
    return [by_content("Identifier", schemeName="Student number", notation=number)] if number else []


def _achievement(credential: MicroCredential, envelope: Envelope) -> Node:
    """M2, with what it was awarded by, influenced by and proven by."""
    awarded = _awarding_process(credential, envelope)
    return {
        "id": f"urn:epass:learningAchievement:{envelope.id}",
        "type": "LearningAchievement",
        "title": credential.title.value.as_map(),
        **present(description=_description(credential), additionalNote=_course_grade(credential)),
        "awardedBy": awarded,
        "influencedBy": [_activity(credential, envelope, awarded)],
        "provenBy": assessments(credential, envelope, awarded),
        "specifiedBy": qualification(Offer.of(credential)),
    }


def _description(credential: MicroCredential) -> Node | None:
    return credential.description.value.as_map() if credential.description else None


def _course_grade(credential: MicroCredential) -> list[Node]:
    """O3 of the whole course; each assessment carries its own."""
    if credential.grade is None:
        return []
    shown = Text.of({credential.languages[0]: credential.grade.value.shown_as})
    return [note(in_languages(Phrase.COURSE_GRADE, credential.languages, shown))]


def _bodies(credential: MicroCredential) -> list[Node]:
    """M3, M4, M11: the first body is the issuer and carries the places and the accreditations."""
    others = credential.awarding_bodies.value[1:]
    return [organisation(*_issuer(credential)), *(organisation(body) for body in others)]


def _issuer(credential: MicroCredential) -> tuple[AwardingBody, tuple[Place, ...], tuple[Accreditation, ...]]:
    first = credential.awarding_bodies.value[0]
    return first, credential.places.value, credential.quality_assurance.value.accreditations


def _awarding_process(credential: MicroCredential, envelope: Envelope) -> Node:
    """M4, M5."""
    return written(
        {
            "id": f"urn:epass:awardingProcess:{envelope.id}",
            "type": "AwardingProcess",
            "awardingBody": _bodies(credential),
            "awardingDate": timestamp(credential.date_of_issue.value),
        }
    )


def _activity(credential: MicroCredential, envelope: Envelope, awarded: Node) -> Node:
    """M10: how this learner took part."""
    return {
        "id": f"urn:epass:learningActivity:{envelope.id}",
        "type": "LearningActivity",
        "title": credential.title.value.as_map(),
        "awardedBy": awarded,
        **present(temporal=_period(credential)),
        "specifiedBy": activity_specification(Offer.of(credential)),
    }


def _period(credential: MicroCredential) -> list[Node]:
    begins = timestamp(credential.course_starts_at)
    ends = timestamp(credential.completed_at or credential.course_ends_at)
    return [by_content("PeriodOfTime", startDate=begins, endDate=ends)] if begins or ends else []
