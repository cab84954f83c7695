"""The portrait of a European Digital Credential (European Learning Model v3)."""

from __future__ import annotations

import re

from plugin.portrait.reading import Node, code, day, link, mailbox, named, node, nodes, text
from plugin.portrait.values import AssessmentLine, OutcomeLine, Portrait, QualityLine

_ONLINE, _PRESENTIAL = "920fbb3cbe", "9191af2ed9"
_UNSUPERVISED = frozenset({"c598449d64", "df2880c5cb"})
_SUPERVISED, _IDENTIFIED = "44314532f9", "70be69aaf9"
_DURATION = re.compile(r"PT?(?:(\d+)H)?(?:(\d+)M)?\Z")


def of_elm(content: Node, language: str) -> Portrait:
    """Put the first achievement of an ELM credential into words."""
    subject = node(content, "credentialSubject")
    achievement = _achievement(subject)
    specified = node(achievement, "specifiedBy")
    issuer = node(content, "issuer") or node(achievement, "awardedBy", "awardingBody")
    return Portrait(
        title=text(achievement.get("title"), language)
        or text(node(content, "displayParameter").get("title"), language),
        holder=_name(subject, language),
        issuer=text(issuer.get("legalName") or issuer.get("prefLabel"), language),
        issuer_identifier=_identifier(issuer, language),
        country=named(node(issuer, "location", "address", "countryCode"), "country", language),
        homepage=link(node(issuer, "homepage").get("contentURL")),
        contact=mailbox(node(issuer, "contactPoint")),
        issued_on=day(content.get("issuanceDate") or content.get("validFrom")),
        valid_until=day(content.get("validUntil") or content.get("expirationDate")),
        description=text(achievement.get("description"), language),
        outcomes=_outcomes(specified, language),
        assessments=tuple(_assessment(each, language) for each in nodes(achievement, "provenBy")),
        ects=_plain(node(specified, "creditPoint").get("point")),
        hours=_hours(specified.get("volumeOfLearning")),
        eqf=_eqf(node(specified, "eqfLevel")),
        cycle=text(node(specified, "educationLevel"), language),
        participation=named(node(specified, "mode"), "modes-learning-assessment", language),
        quality=tuple(_quality(each, language) for each in nodes(issuer, "accreditation")),
        prerequisites=text(specified.get("entryRequirement"), language),
        stackable=_truth(specified.get("isPartialQualification")),
        further=tuple(text(each, language) for each in nodes(specified, "additionalNote")),
    )


def _achievement(subject: Node) -> Node:
    """Return the achievement among the claims; other claims (activities, entitlements) may stand before it."""
    claims = list(nodes(subject, "hasClaim"))
    return next((each for each in claims if "Achievement" in str(each.get("type"))), claims[0] if claims else {})


def _name(person: Node, language: str) -> str:
    whole = text(person.get("fullName"), language)
    return whole or f"{text(person.get('givenName'), language)} {text(person.get('familyName'), language)}".strip()


def _identifier(issuer: Node, language: str) -> str:
    for name in ("eIDASIdentifier", "registration", "vatIdentifier", "identifier"):
        if found := text(node(issuer, name).get("notation"), language):
            return found
    return ""


def _outcomes(specified: Node, language: str) -> tuple[OutcomeLine, ...]:
    return tuple(
        OutcomeLine(text(each.get("title"), language), text(each.get("additionalNote"), language))
        for each in nodes(specified, "learningOutcome")
    )


def _assessment(assessment: Node, language: str) -> AssessmentLine:
    specified = node(assessment, "specifiedBy")
    return AssessmentLine(
        title=text(assessment.get("title"), language),
        type=named(node(specified, "dcType"), "assessment-types", language),
        mode=named(node(specified, "mode"), "modes-learning-assessment", language),
        supervision=_supervision(code(node(assessment, "idVerification")), code(node(specified, "mode"))),
        grade=text(assessment.get("grade"), language),
    )


def _supervision(verification: str, mode: str) -> str:
    """Return the category of Annex I, O2 for the concept of the EU list, which names other cases."""
    if verification in _UNSUPERVISED:
        return "O2.1"
    if verification == _IDENTIFIED:
        return {_ONLINE: "O2.3", _PRESENTIAL: "O2.4"}.get(mode, "O2.2")
    return "O2.2" if verification == _SUPERVISED else ""


def _quality(accreditation: Node, language: str) -> QualityLine:
    agency = node(accreditation, "accreditingAgent")
    return QualityLine(
        text(accreditation.get("title"), language),
        text(agency.get("legalName"), language),
        link(node(accreditation, "report").get("contentURL")),
    )


def _hours(value: object) -> str:
    """Return hours from an xsd:duration in hours and minutes."""
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        return ""
    hours, minutes = int(found[1] or 0), int(found[2] or 0)
    return f"{hours + minutes / 60:g}"


def _eqf(level: Node) -> str:
    number = code(level)
    return number if number in set("12345678") else ""


def _plain(value: object) -> str:
    return f"{value}"[:20] if isinstance(value, str | int | float) else ""


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
