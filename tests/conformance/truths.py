"""What a document of each format says of the standard elements, in one notation, so that formats can be compared.

Times are dates, workload is ECTS and minutes, texts are in the credential's first language, or in a text's own first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.documents.identifiers import alpha2, id_verification
from mappings.elements import MicroCredential
from mappings.profile import Stackability
from mappings.vocabularies.terms import Term

Json = Mapping[str, Any]
_CYCLES = ("short", "first", "second", "third")


@dataclass(frozen=True)
class Truth:
    """The elements as one document states them; None where its format has no place for one."""

    learner: str
    title: str
    country: str
    bodies: tuple[str, ...]
    issued: str
    outcomes: tuple[str, ...]
    ects: str
    minutes: int
    level: int
    cycle: str | None
    assessments: tuple[str, ...] | None
    participation: str | None
    quality: tuple[str, ...]
    prerequisites: str
    verification: tuple[str, ...] | None
    category: str | None
    grade: str
    stackable: bool | None
    towards: str | None
    homepage: str | None


def minutes(duration: str) -> int:
    """Return an xsd:duration of hours and minutes in minutes."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", duration)
    assert found is not None, duration
    days, hours, rest = (int(part or 0) for part in found.groups())
    return (days * 24 + hours) * 60 + rest


def cycle_of(label: str) -> str:
    """Return the cycle that a label names."""
    return next(cycle for cycle in _CYCLES if cycle in label.lower())


def of_credential(credential: MicroCredential, language: str) -> Truth:
    """Return what is true: the snapshot that every document is rendered from."""
    workload, further = credential.workload.value, credential.further_information
    stacking = credential.stackability.value if credential.stackability else None
    level = credential.level.value
    towards = stacking.towards if stacking and stacking.kind is Stackability.STACKABLE else None
    return Truth(
        learner=credential.holder.value.full_name,
        title=credential.title.value.in_language(language),
        country=alpha2(credential.places.value[0].country),
        bodies=tuple(body.legal_name.in_language(language) for body in credential.awarding_bodies.value),
        issued=credential.date_of_issue.value.date().isoformat(),
        outcomes=tuple(outcome.title.in_language(language) for outcome in credential.outcomes.value),
        ects="" if workload.ects is None else str(float(workload.ects)),
        minutes=round((workload.hours or 0) * 60),
        level=level.eqf,
        cycle=level.cycle,
        assessments=tuple(each.type.label for each in credential.assessments.value),
        participation=credential.participation.value.label,
        quality=tuple(each.title.in_language(language) for each in credential.quality_assurance.value.accreditations),
        prerequisites=credential.prerequisites.value.in_language(language) if credential.prerequisites else "",
        verification=tuple(id_verification(each.supervision).iri for each in credential.assessments.value),
        category=credential.supervision.value.category,
        grade=credential.grade.value.shown_as if credential.grade else "",
        stackable=None if stacking is None else stacking.kind is Stackability.STACKABLE,
        towards=towards.in_language(language) if towards else "",
        homepage=further.value.homepage if further else "",
    )


def of_elm(document: Json, language: str) -> Truth:
    """Read a European Digital Credential; the category of the whole has no place there."""
    subject = document["credentialSubject"]
    achieved = subject["hasClaim"][0]
    what = achieved["specifiedBy"]
    credits_ = [each["point"] for each in what.get("creditPoint", [])]
    bodies = achieved["awardedBy"]["awardingBody"]
    notes = [_said(note["noteLiteral"], language) for note in what.get("additionalNote", [])]
    grades = [_said(note["noteLiteral"], language) for note in achieved.get("additionalNote", [])]
    return Truth(
        learner=_said(subject["fullName"], language),
        title=_said(achieved["title"], language),
        country=_alpha2(document["issuer"]["location"][0]["address"][0]["countryCode"]["id"]),
        bodies=tuple(_said(body["legalName"], language) for body in bodies),
        issued=document["issued"][:10],
        outcomes=tuple(_said(each["title"], language) for each in what["learningOutcome"]),
        ects=str(float(credits_[0])) if credits_ else "",
        minutes=minutes(what.get("volumeOfLearning", "PT0H")),
        level=int(what["eqfLevel"]["id"][-1]),
        cycle=next((cycle_of(each["prefLabel"]["en"]) for each in what.get("educationLevel", [])), None),
        assessments=tuple(each["specifiedBy"]["dcType"]["prefLabel"]["en"] for each in achieved["provenBy"]),
        participation=what["mode"][0]["prefLabel"]["en"],
        quality=tuple(_said(each["title"], language) for each in document["issuer"]["accreditation"]),
        prerequisites=_said(what["entryRequirement"]["noteLiteral"], language) if "entryRequirement" in what else "",
        verification=tuple(each["idVerification"]["id"] for each in achieved["provenBy"]),
        category=None,
        grade=_after_colon(grades),
        stackable=what.get("isPartialQualification"),
        towards=_after_colon(note for note in notes if note.count(":")),
        homepage=what["homepage"][0]["contentURL"] if "homepage" in what else "",
    )


def of_badge(badge: Json) -> Truth:
    """Read an Open Badge in our terms, which say every element."""
    subject, issuer = badge["credentialSubject"], badge["issuer"]
    achieved = subject["achievement"]
    targets = achieved["alignment"]
    own = {each["id"].partition("#result-")[2]: each.get("noteLiteral", "") for each in subject["result"]}
    return Truth(
        learner=subject["identifier"][0]["identityHash"],
        title=achieved["name"],
        country=issuer["address"]["addressCountryCode"],
        bodies=(issuer["name"], *(body["name"] for body in issuer.get("awardingBody", []))),
        issued=badge["awardedDate"][:10],
        outcomes=_targets(targets, "ext:LearningOutcome"),
        ects=str(float(achieved["creditPoint"]["point"])) if "creditPoint" in achieved else "",
        minutes=minutes(achieved.get("volumeOfLearning", "PT0H")),
        level=int(achieved["eqfLevel"]["id"][-1]),
        cycle=cycle_of(achieved["educationLevel"]) if "educationLevel" in achieved else None,
        assessments=tuple(each["dcType"]["name"] for each in badge["evidence"]),
        participation=achieved["mode"]["name"],
        quality=_targets(targets, "ext:QualityAssurance"),
        prerequisites=achieved.get("entryRequirement", {}).get("noteLiteral", ""),
        verification=tuple(each["idVerification"]["id"] for each in badge["evidence"]),
        category=subject["supervisionType"],
        grade=own.get("overall", ""),
        stackable=achieved.get("isPartialQualification"),
        towards=achieved.get("stacksTowards", {}).get("name", ""),
        homepage=achieved.get("homepage", ""),
    )


def of_sd_jwt(claims: Json) -> Truth:
    """Read an SD-JWT VC of our type, or of the EU's, which lacks some elements."""
    time = dict(reversed(part.split(" ")) for part in claims["expected_study_time"].split(", "))
    given = claims.get("given_name", "")
    return Truth(
        learner=f"{given} {claims['family_name']}".strip(),
        title=claims["achievement_title"],
        country=claims["issuing_country"],
        bodies=tuple(claims["issuing_authority"].split(" / ")),
        issued=claims["date_of_issuance"],
        outcomes=tuple(claims["learning_outcomes"]),
        ects=str(float(time["ECTS"])) if "ECTS" in time else "",
        minutes=round(float(time.get("hours", 0)) * 60),
        level=claims["level_of_learning_experience"],
        cycle=cycle_of(claims["cycle"]) if "cycle" in claims else None,
        assessments=tuple(claims["type_of_assessment"]) if "type_of_assessment" in claims else None,
        participation=claims.get("form_of_participation"),
        quality=tuple(each.partition(": ")[2] for each in claims["types_of_quality_assurance"]),
        prerequisites=next(iter(claims.get("prerequisites_to_enroll", [])), ""),
        verification=None,
        category=claims.get("supervision", {}).get("category"),
        grade=claims.get("assessment_grade", ""),
        stackable=claims.get("integration_stackability_options"),
        towards=claims.get("stackable_towards", ""),
        homepage=None,
    )


def _said(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()))


def _after_colon(notes: Iterable[str]) -> str:
    return next((note.partition(": ")[2] for note in notes if ": " in note), "")


def _alpha2(iri: str) -> str:
    return alpha2(Term(iri.rpartition("/")[0], iri, ""))


def _targets(alignments: list[Json], kind: str) -> tuple[str, ...]:
    return tuple(each["targetName"] for each in alignments if each["targetType"] == kind)
