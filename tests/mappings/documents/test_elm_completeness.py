"""Which standard elements a document states, wherever the model lets them stand."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.documents.elm_completeness import PLACES, missing_elements
from mappings.documents.elm_graph import as_list, nodes
from mappings.elements import Element
from tests.mappings.documents.elm_samples import rendered

CLAIM = "credentialSubject.hasClaim"
ALTERNATIVES = [
    (Element.LEARNER, "credentialSubject.fullName"),
    (Element.LEARNER, "credentialSubject.givenName"),
    (Element.LEARNER, "credentialSubject.familyName"),
    (Element.LEARNER, "credentialSubject.nationalID.notation"),
    (Element.LEARNER, "credentialSubject.identifier.notation"),
    (Element.TITLE, f"{CLAIM}.title"),
    (Element.COUNTRY, "issuer.location.address.countryCode"),
    (Element.COUNTRY, "issuer.location.spatialCode"),
    (Element.COUNTRY, f"{CLAIM}.awardedBy.awardingBody.location.address.countryCode"),
    (Element.COUNTRY, f"{CLAIM}.awardedBy.awardingBody.location.spatialCode"),
    (Element.AWARDING_BODY, f"{CLAIM}.awardedBy.awardingBody.legalName"),
    (Element.DATE_OF_ISSUE, "issued"),
    (Element.DATE_OF_ISSUE, "issuanceDate"),
    (Element.DATE_OF_ISSUE, f"{CLAIM}.awardedBy.awardingDate"),
    (Element.LEARNING_OUTCOMES, f"{CLAIM}.specifiedBy.learningOutcome.title"),
    (Element.LEARNING_OUTCOMES, f"{CLAIM}.specifiedBy.learningOutcomeSummary.noteLiteral"),
    (Element.WORKLOAD, f"{CLAIM}.specifiedBy.creditPoint.point"),
    (Element.WORKLOAD, f"{CLAIM}.specifiedBy.volumeOfLearning"),
    (Element.WORKLOAD, f"{CLAIM}.creditReceived.point"),
    (Element.WORKLOAD, f"{CLAIM}.influencedBy.specifiedBy.volumeOfLearning"),
    (Element.LEVEL, f"{CLAIM}.specifiedBy.eqfLevel"),
    (Element.LEVEL, f"{CLAIM}.specifiedBy.nqfLevel"),
    (Element.LEVEL, f"{CLAIM}.specifiedBy.educationLevel"),
    (Element.ASSESSMENT_TYPE, f"{CLAIM}.provenBy.specifiedBy.dcType"),
    (Element.ASSESSMENT_TYPE, f"{CLAIM}.specifiedBy.provenBy.dcType"),
    (Element.PARTICIPATION, f"{CLAIM}.influencedBy.specifiedBy.mode"),
    (Element.PARTICIPATION, f"{CLAIM}.specifiedBy.mode"),
    (Element.PARTICIPATION, f"{CLAIM}.specifiedBy.influencedBy.mode"),
    (Element.QUALITY_ASSURANCE, "issuer.accreditation.dcType"),
    (Element.QUALITY_ASSURANCE, f"{CLAIM}.awardedBy.awardingBody.accreditation.dcType"),
    (Element.QUALITY_ASSURANCE, f"{CLAIM}.specifiedBy.accreditation.dcType"),
    (Element.QUALITY_ASSURANCE, "evidence.accreditation.dcType"),
]


def claim(document: dict[str, Any]) -> dict[str, Any]:
    """The achievement of ``document``."""
    achievement: dict[str, Any] = document["credentialSubject"]["hasClaim"][0]
    return achievement


@pytest.mark.parametrize(("element", "place"), ALTERNATIVES)
@pytest.mark.parametrize("wrapped", [False, True])
def test_one_place_is_enough(element: Element, place: str, wrapped: bool) -> None:
    """Alone at any of its places, single or in a list, the element is there and no other is."""
    document: Any = {"en": "x"}
    for key in reversed(place.split(".")):
        document = {key: [document] if wrapped else document}

    assert set(Element) - {*missing_elements(document), *optional()} == {element}


def optional() -> set[Element]:
    """O1..O5, which nobody has to state."""
    return {element for element in Element if element.startswith("O")}


@pytest.mark.parametrize("nothing", [None, "", [], {}, 0])
def test_an_empty_value_is_no_element(nothing: object) -> None:
    """A key without a value says nothing."""
    assert Element.DATE_OF_ISSUE in missing_elements({"issued": nothing})


def test_our_own_document_is_complete() -> None:
    """Every mandatory element of Annex I stands at one of its places."""
    assert missing_elements(rendered()) == ()


@pytest.mark.parametrize("element", list(PLACES))
def test_an_element_removed_from_all_its_places_is_missing(element: Element) -> None:
    """M1..M11: exactly that one is named."""
    document = rendered()
    for place in PLACES[element]:
        remove(document, place)

    assert missing_elements(document) == (element,)


def remove(document: dict[str, Any], place: tuple[str, ...]) -> None:
    """Remove the last key of ``place`` from every node that the keys before it lead to, and from all its copies."""
    owners = [document]
    for key in place[:-1]:
        owners = [each for owner in owners for each in as_list(owner.get(key)) if isinstance(each, dict)]
    ids = {owner.get("id") for owner in owners}
    for found in nodes(document):
        if isinstance(found.node, dict) and found.node.get("id") in ids:
            found.node.pop(place[-1], None)


def test_an_element_behind_a_reference_is_found() -> None:
    """Foreign documents describe a node once and name it elsewhere."""
    document = rendered()
    described = document["issuer"]
    document["issuer"] = described["id"]
    claim(document)["awardedBy"]["awardingBody"] = [{"id": described["id"]}]

    assert missing_elements(document) == ()
