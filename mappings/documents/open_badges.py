"""Open Badges 3.0: a micro-credential as an AchievementCredential on the W3C VC Data Model 2.0.

https://www.imsglobal.org/spec/ob/v3p0 (1EdTech), https://www.w3.org/TR/vc-data-model-2.0/. Every standard element of
Annex I has its place: the core property where Open Badges has one, else a term of our own small context, whose terms
are properties of the European Learning Model. What plain viewers show (criteria, alignments, results, evidence)
says in words what our terms say in concepts. An Open Badge is in one language: the first one of the credential.

Nodes carry identifiers, not because anybody looks them up, but because nodes without one cost a hash each when
the credential is canonicalised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from mappings.documents.badge_achievement import Node, achievement, concept
from mappings.documents.badge_shape import AssessmentShape, BadgeShape, Watched, leaves_of, shape_of
from mappings.documents.envelope import Document, Envelope, Format
from mappings.documents.identifiers import CATEGORY_WORDS, alpha2, did_web, plain
from mappings.documents.templates import Json, Leaves, Template, plain_leaves, refuse_control
from mappings.elements import AwardingBody, MicroCredential

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
OWN_CONTEXT_PATH = "/contexts/microcredential/v1"
"""Where every issuer serves ``contexts/microcredential-v1.json``, below its base URL."""
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"


@dataclass(frozen=True, slots=True)
class BadgeDocument(Document):
    """An Open Badge that still knows its parts, so that a sealer need not read its own JSON again."""

    shape: BadgeShape
    leaves: Leaves
    plain: Mapping[str, bytes] | None
    """The leaves as UTF-8 where none of them needs an escape."""

    @property
    def issuer(self) -> str:
        """The DID of the issuer."""
        return did_web(self.shape.issuer_url)


def render_open_badge(credential: MicroCredential, envelope: Envelope) -> BadgeDocument:
    """Return the unsealed Open Badge. Raise :class:`~mappings.errors.InvalidValue` where it cannot be said."""
    leaves = leaves_of(credential, envelope)
    if (plain := plain_leaves(leaves)) is None:
        refuse_control(leaves)
    shape, template = template_of(shape_of(credential, envelope, tuple(leaves)))
    return BadgeDocument(Format.OPEN_BADGES, template.fill(leaves, plain), shape, leaves, plain)


def template_of(shape: BadgeShape) -> tuple[BadgeShape, Template]:
    """Return the badge of ``shape`` as JSON with gaps, built once, and the first shape that was equal to this one.

    A class is issued in a row, so the last one is tried first: comparing costs a tenth of hashing.
    """
    last = _LAST[0] if _LAST else None  # read once: other threads render too
    if last is None or last[0] != shape:
        last = _template_of(shape)
        _LAST[:] = [last]
    return last


_LAST: list[tuple[BadgeShape, Template]] = []


@lru_cache(maxsize=512)
def _template_of(shape: BadgeShape) -> tuple[BadgeShape, Template]:
    return shape, Template.of(partial(badge, shape), shape.leaves)


def contexts(shape: BadgeShape) -> tuple[str, ...]:
    """Return the contexts in their order: the third defines the type of the schema, the fourth is ours."""
    own = shape.issuer_url.rstrip("/") + OWN_CONTEXT_PATH
    return CREDENTIALS_V2, OPEN_BADGES_3, OPEN_BADGES_EXTENSIONS, own


def badge(shape: BadgeShape, leaves: Leaves) -> Node:
    """Build the credential as JSON. Reads no leaf's content: a leaf is a string put somewhere."""
    achieved = achievement(shape)
    return {
        "@context": list(contexts(shape)),
        "id": leaves["id"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": shape.text(shape.title),
        "issuer": _issuer(shape),
        "validFrom": leaves["valid_from"],
        "awardedDate": leaves["awarded"],
        **({"validUntil": leaves["valid_until"]} if "valid_until" in leaves else {}),
        "credentialSubject": _subject(shape, leaves, achieved),
        "evidence": list(_evidence(shape, leaves)),
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        **({"replaces": leaves["supersedes"]} if "supersedes" in leaves else {}),
        **_status(leaves),
    }


def _issuer(shape: BadgeShape) -> Node:
    """Return the first awarding body as the issuer, the others and further places beside it."""
    first, *others = shape.bodies
    name = did_web(shape.issuer_url)
    rest: Node = {}
    if others:
        rest["awardingBody"] = [_profile(shape, body, f"{name}#body-{n}") for n, body in enumerate(others, 2)]
    if places := [place for place in shape.places if place != first.place]:
        rest["location"] = [concept(place.region or place.country) for place in places]
    return _profile(shape, first, name) | rest


def _profile(shape: BadgeShape, body: AwardingBody, name: str) -> Node:
    address: Node = {
        "id": f"{name.partition('#')[0]}#address-{name.partition('#')[2] or 1}",
        "type": ["Address"],
        "addressCountry": body.place.country.label,
        "addressCountryCode": alpha2(body.place.country),
        "addressRegion": body.place.region.label if body.place.region else "",
        "streetAddress": body.address,
    }
    return {
        "id": name,
        "type": ["Profile"],
        "name": shape.text(body.legal_name),
        "official": shape.text(body.legal_name),
        **{key: value for key, value in (("url", body.homepage), ("email", body.email)) if value},
        "address": {key: value for key, value in address.items() if value},
        **_identifiers(body),
    }


def _identifiers(body: AwardingBody) -> Node:
    known = (("ext:eIDASIdentifier", body.eidas_identifier), ("ext:registration", body.registration))
    entries: list[Json] = [
        {"type": "IdentifierEntry", "identifier": identifier, "identifierType": kind}
        for kind, identifier in known
        if identifier
    ]
    return {"otherIdentifier": entries} if entries else {}


def _subject(shape: BadgeShape, leaves: Leaves, achieved: Node) -> Node:
    times = (("activityStartDate", "starts"), ("activityEndDate", "ends"))
    ects = shape.workload.ects
    return {
        "id": leaves["subject"],
        "type": ["AchievementSubject"],
        "name": leaves["full_name"],
        "identifier": list(_identities(leaves)),
        **{term: leaves[leaf] for term, leaf in times if leaf in leaves},
        **({} if ects is None else {"creditsEarned": float(ects)}),
        "achievement": achieved,
        "result": list(_results(shape, leaves, str(achieved["id"]))),
        **_supervision(shape.supervision),
    }


def _identities(leaves: Leaves) -> Iterator[Json]:
    """Yield who the learner is: by name, by student number, by e-mail address hashed and salted."""
    yield _identity(leaves["full_name"], "name")
    if "student_number" in leaves:
        yield _identity(leaves["student_number"], "sisSourcedId")
    if "email_hash" in leaves:
        hashed: Node = {"hashed": True, "salt": leaves["email_salt"]}
        yield _identity(leaves["email_hash"], "emailAddress") | hashed


def _identity(value: str, kind: str) -> Node:
    return {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": kind}


def _results(shape: BadgeShape, leaves: Leaves, name: str) -> Iterator[Json]:
    grades = [str(number) for number in range(1, len(shape.assessments) + 1)]
    if "grade.overall.value" in leaves:
        grades.append("overall")
    for which in grades:
        yield {
            "id": f"{leaves['id']}#result-{which}",
            "type": ["Result"],
            "resultDescription": f"{name}#result-{which}",
            "status": "Completed",
            "value": leaves[f"grade.{which}.value"],
            "noteLiteral": leaves[f"grade.{which}.shown"],
        }
    if shape.workload.hours is not None:
        yield {
            "id": f"{name}#workload",
            "type": ["Result"],
            "resultDescription": f"{name}#result-workload",
            "value": plain(shape.workload.hours),
        }


def _supervision(watched: Watched) -> Node:
    verification: Node = {"id": watched.verification.iri, "name": watched.verification.label}
    return {"supervisionType": watched.category.value, "idVerification": verification}


def _evidence(shape: BadgeShape, leaves: Leaves) -> Iterator[Json]:
    for number, assessment in enumerate(shape.assessments, 1):
        yield _assessment(shape, assessment, leaves[f"evidence.{number}"])


def _assessment(shape: BadgeShape, assessment: AssessmentShape, name: str) -> Node:
    words = CATEGORY_WORDS[assessment.supervision.category]
    return {
        "id": name,
        "type": ["Evidence"],
        "name": shape.text(assessment.title),
        "genre": assessment.type.label,
        "narrative": f"{assessment.type.label}, {assessment.mode.label}; {words}.",
        "dcType": concept(assessment.type),
        "mode": concept(assessment.mode),
        **_supervision(assessment.supervision),
    }


def _status(leaves: Leaves) -> Node:
    """Bitstring Status List 1.0, BitstringStatusListEntry; Open Badges wants its ``id`` as well."""
    if "status_list" not in leaves:
        return {}
    return {
        "credentialStatus": {
            "id": f"{leaves['status_list']}#{leaves['status_index']}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": leaves["status_index"],
            "statusListCredential": leaves["status_list"],
        }
    }
