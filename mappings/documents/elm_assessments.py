"""How the outcomes were proven, in ELM v3: one LearningAssessment per assessment (Annex I, M9, O2, O3)."""

from __future__ import annotations

from functools import lru_cache

from mappings.assessment import Presence
from mappings.documents.elm_json import Node, by_content, present
from mappings.documents.elm_nodes import CACHED, concept, concepts, listed, note, timestamp, web_resources
from mappings.documents.envelope import Envelope
from mappings.elements import AssessedBy, MicroCredential, Supervision, SupervisionCategory
from mappings.text import Text
from mappings.vocabularies.languages import language_term
from mappings.vocabularies.terms import Term, term

_VERIFICATION = {
    SupervisionCategory.UNSUPERVISED: "c598449d64",
    SupervisionCategory.SUPERVISED: "44314532f9",
    SupervisionCategory.SUPERVISED_ONLINE: "70be69aaf9",
    SupervisionCategory.ON_SITE: "70be69aaf9",
}
_UNSUPERVISED_IDENTIFIED = "df2880c5cb"
_PLACE = {Presence.ONLINE: "920fbb3cbe", Presence.ON_SITE: "9191af2ed9"}
_PLACES = frozenset({*_PLACE.values(), "e92d221e4d"})
"""Modes that say where: online, presential, blended. The others (workbased, project based ...) say how."""


def assessments(credential: MicroCredential, envelope: Envelope, awarded: Node) -> list[Node]:
    """Return one LearningAssessment per assessment that proves an outcome, in the order of the credential."""
    language = credential.languages[0]
    return [
        _assessment(assessed, language, {"id": f"urn:epass:learningAssessment:{envelope.id}:{number}"}, awarded)
        | {"specifiedBy": _specification(assessed.title, _modes(assessed), assessed.type, credential.course_languages)}
        for number, assessed in enumerate(credential.assessments.value, 1)
    ]


def _assessment(assessed: AssessedBy, language: str, identity: Node, awarded: Node) -> dict[str, object]:
    """O2 and O3 as this learner has them; a grade is mandatory for the shapes."""
    return {
        **identity,
        "type": "LearningAssessment",
        "title": assessed.title.as_map(),
        "awardedBy": awarded,
        "grade": note(Text.of({language: assessed.grade.shown_as})),
        **present(dateIssued=timestamp(assessed.grade.graded_at)),
        "idVerification": listed("supervision-verification", _verification(assessed.supervision)),
        **present(supplementaryDocument=web_resources(assessed.url)),
    }


def _verification(supervision: Supervision) -> str:
    """O2 as a concept of the EU list, which names one case that Annex I does not."""
    if supervision.category is SupervisionCategory.UNSUPERVISED and supervision.identity_verified:
        return _UNSUPERVISED_IDENTIFIED
    return _VERIFICATION[supervision.category]


def _modes(assessed: AssessedBy) -> tuple[Term, ...]:
    """Return the modes of an assessment: where it was watched replaces where it was planned.

    Only the mode tells Annex I, O2.3 (online) and O2.4 (on site) apart, so no second place may stand beside it.
    """
    place = _PLACE.get(assessed.supervision.presence)
    if place is None:
        return (assessed.mode,)
    planned = () if assessed.mode.iri.rpartition("/")[2] in _PLACES else (assessed.mode,)
    return (term("modes-learning-assessment", place), *planned)


@lru_cache(maxsize=CACHED)
def _specification(title: Text, modes: tuple[Term, ...], type_: Term, languages: tuple[str, ...]) -> Node:
    """M9."""
    return by_content(
        "LearningAssessmentSpecification",
        title=title.as_map(),
        dcType=concept(type_),
        mode=concepts(modes),
        language=concepts(language_term(language) for language in languages),
    )
