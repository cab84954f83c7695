"""Which standard elements of Annex I a European Digital Credential lacks, ours or anybody's.

Council Recommendation of 16 June 2022, Annex I, M1..M11. The shapes enforce four of them. An element counts as present
when it stands at any of the places where the model lets it stand; :data:`PLACES` names them.
"""

from __future__ import annotations

from typing import Final

from mappings.documents.elm_graph import Graph, JsonObject
from mappings.elements import Element

_SUBJECT = ("credentialSubject",)
_CLAIM = (*_SUBJECT, "hasClaim")
_SPECIFIED = (*_CLAIM, "specifiedBy")
_BODY = (*_CLAIM, "awardedBy", "awardingBody")

PLACES: Final[dict[Element, tuple[tuple[str, ...], ...]]] = {
    Element.LEARNER: (
        (*_SUBJECT, "fullName"),
        (*_SUBJECT, "givenName"),
        (*_SUBJECT, "familyName"),
        (*_SUBJECT, "nationalID", "notation"),
        (*_SUBJECT, "identifier", "notation"),
    ),
    Element.TITLE: ((*_CLAIM, "title"),),
    Element.COUNTRY: (
        ("issuer", "location", "address", "countryCode"),
        ("issuer", "location", "spatialCode"),
        (*_BODY, "location", "address", "countryCode"),
        (*_BODY, "location", "spatialCode"),
    ),
    Element.AWARDING_BODY: ((*_BODY, "legalName"),),
    Element.DATE_OF_ISSUE: (("issued",), ("issuanceDate",), (*_CLAIM, "awardedBy", "awardingDate")),
    Element.LEARNING_OUTCOMES: (
        (*_SPECIFIED, "learningOutcome", "title"),
        (*_SPECIFIED, "learningOutcomeSummary", "noteLiteral"),
    ),
    Element.WORKLOAD: (
        (*_SPECIFIED, "creditPoint", "point"),
        (*_SPECIFIED, "volumeOfLearning"),
        (*_CLAIM, "creditReceived", "point"),
        (*_CLAIM, "influencedBy", "specifiedBy", "volumeOfLearning"),
    ),
    Element.LEVEL: ((*_SPECIFIED, "eqfLevel"), (*_SPECIFIED, "nqfLevel"), (*_SPECIFIED, "educationLevel")),
    Element.ASSESSMENT_TYPE: (
        (*_CLAIM, "provenBy", "specifiedBy", "dcType"),
        (*_SPECIFIED, "provenBy", "dcType"),
    ),
    Element.PARTICIPATION: (
        (*_CLAIM, "influencedBy", "specifiedBy", "mode"),
        (*_SPECIFIED, "mode"),
        (*_SPECIFIED, "influencedBy", "mode"),
    ),
    Element.QUALITY_ASSURANCE: (
        ("issuer", "accreditation", "dcType"),
        (*_BODY, "accreditation", "dcType"),
        (*_SPECIFIED, "accreditation", "dcType"),
        ("evidence", "accreditation", "dcType"),
    ),
}
"""JSON paths of the mandatory elements, any of which is enough."""


def missing_elements(document: JsonObject) -> tuple[Element, ...]:
    """Return the mandatory elements that ``document`` does not state, in the order of Annex I."""
    graph = Graph(document)
    return tuple(element for element, places in PLACES.items() if not any(graph.has(*place) for place in places))
