"""The recurring nodes of ELM v3: concepts, notes, organisations, accreditations.

Everything here is the same for every learner of a course: built and written once per value, shared by documents.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote

from mappings.documents.elm_json import Node, Plain, by_content, present, written
from mappings.elements import AwardingBody, Place
from mappings.profile import Accreditation, Cycle
from mappings.text import Text
from mappings.vocabularies.terms import Term, term

CACHED = 1024
"""Distinct values of each kind that are kept rendered: courses and institutions, never learners."""

_CYCLES = {
    Cycle.SHORT: "Short cycle (QF-EHEA)",
    Cycle.FIRST: "First cycle (QF-EHEA)",
    Cycle.SECOND: "Second cycle (QF-EHEA)",
    Cycle.THIRD: "Third cycle (QF-EHEA)",
}
_CYCLE_SCHEME = "urn:epass:conceptScheme:qf-ehea"
_ESCO_SCHEME = "http://data.europa.eu/esco/concept-scheme/skills"


def timestamp(moment: datetime | None) -> str | None:
    """Return xsd:dateTime in whole seconds with its offset, None for no moment."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def duration(hours: Decimal | None) -> str | None:
    """Return hours of work as xsd:duration in hours and minutes (``PT12H30M``), None for no hours."""
    if hours is None:
        return None
    whole, minutes = divmod(max(round(hours * 60), 1), 60)
    return "PT" + (f"{whole}H" if whole else "") + (f"{minutes}M" if minutes else "")


@lru_cache(maxsize=CACHED)
def concept(value: Term) -> Node:
    """Return the Concept pattern: type on the concept and on its scheme, or the shapes see neither."""
    scheme = {"id": value.scheme, "type": "ConceptScheme"}
    return written(
        {
            "id": value.iri,
            "type": "Concept",
            "inScheme": scheme,
            "prefLabel": {"en": value.label},
            **present(notation=value.notation),
        }
    )


def listed(list_name: str, code: str) -> Node:
    """Return the concept ``code`` of an EU list."""
    return concept(term(list_name, code))


@lru_cache(maxsize=4)
def cycle(value: Cycle) -> Node:
    """Return a QF-EHEA cycle under our own urn: no EU list of cycles exists, ``educationLevel`` takes any concept."""
    return concept(Term(_CYCLE_SCHEME, f"urn:epass:concept:qf-ehea-{value}-cycle", _CYCLES[value]))


def esco_skill(iri: str) -> Node:
    """Return an ESCO skill by its IRI alone: its labels are ESCO's to give."""
    return {"id": iri, "type": "Concept", "inScheme": {"id": _ESCO_SCHEME, "type": "ConceptScheme"}}


@lru_cache(maxsize=CACHED)
def note(text: Text) -> Node:
    """Return a Note; two notes with the same words are one node."""
    return by_content("Note", noteLiteral=text.as_map())


def web_resources(url: str) -> list[Node]:
    """Return a link as a list of one, no link for no address."""
    return [by_content("WebResource", contentURL=url)] if url else []


def legal_identifier(notation: str, country: Term, scheme_name: str = "") -> Node | None:
    """Return a LegalIdentifier, which always says in which country it holds; None for no notation."""
    if not notation:
        return None
    return by_content("LegalIdentifier", notation=notation, schemeName=scheme_name, spatial=concept(country))


def png(image: bytes, title: Mapping[str, str] | None = None) -> Node:
    """Return a PNG as an embedded MediaObject."""
    return by_content(
        "MediaObject",
        title=title,
        content=Plain(base64.b64encode(image).decode()),
        contentEncoding=listed("content-encoding", "6146cde7dd"),
        contentType=listed("file-type", "PNG"),
    )


def location(place: Place, address: Node | None = None) -> Node:
    """Return a Location: country in the address (Annex I, M3), region as a unit of the EU's ATU table."""
    return by_content(
        "Location",
        address=[by_content("Address", countryCode=concept(place.country), fullAddress=address)],
        spatialCode=[concept(place.region)] if place.region else None,
    )


@lru_cache(maxsize=CACHED)
def organisation(
    body: AwardingBody, places: tuple[Place, ...] = (), accreditations: tuple[Accreditation, ...] = ()
) -> Node:
    """Return an awarding body (Annex I, M4), with further places (M3) and accreditations (M11) where they are its."""
    address = note(Text.of({body.legal_name.languages[0]: body.address})) if body.address else None
    elsewhere = [location(place) for place in places if place != body.place]
    return by_content(
        "Organisation",
        legalName=body.legal_name.as_map(),
        location=[location(body.place, address), *elsewhere],
        registration=legal_identifier(body.registration, body.place.country),
        eIDASIdentifier=legal_identifier(body.eidas_identifier, body.place.country, "eIDAS legal identifier"),
        accreditation=[accreditation(value) for value in accreditations],
        homepage=web_resources(body.homepage),
        contactPoint=[_contact(body.email)] if body.email else None,
    )


@lru_cache(maxsize=CACHED)
def issuer(body: AwardingBody, places: tuple[Place, ...], accreditations: tuple[Accreditation, ...]) -> Node:
    """Return the organisation as the issuer, with its logo, which in every copy of the node would only add weight."""
    node = organisation(body, places, accreditations)
    return written({**node, "logo": png(body.logo_png)}) if body.logo_png else node


def _contact(email: str) -> Node:
    mailbox = {"id": f"mailto:{quote(email, safe='@+!#$&*/=?^{}|~.')}", "type": "Mailbox"}
    return by_content("ContactPoint", emailAddress=[mailbox])


@lru_cache(maxsize=CACHED)
def accreditation(value: Accreditation) -> Node:
    """Return quality assurance (Annex I, M11): its type, who stands behind it, its DEQAR report and its end."""
    deqar = by_content("Identifier", schemeName="DEQAR", notation=value.deqar_id) if value.deqar_id else None
    return by_content(
        "Accreditation",
        title=value.title.as_map(),
        dcType=concept(value.type),
        accreditingAgent=_agency(value),
        identifier=[deqar] if deqar else None,
        report=next(iter(web_resources(value.report_url)), None),
        expiryDate=timestamp(value.valid_until),
    )


def _agency(value: Accreditation) -> Node:
    return by_content(
        "Organisation",
        legalName=value.agency.as_map(),
        location=[location(Place(value.agency_country))],
        registration=legal_identifier(value.agency_registration, value.agency_country),
    )


def concepts(terms: Iterable[Term]) -> list[Node]:
    """Return the concept of every term, each once, in order."""
    return [concept(value) for value in dict.fromkeys(terms)]
