"""The portrait of an Open Badge 3.0, with the terms of Annex I where the badge has them."""

from __future__ import annotations

from plugin.portrait.reading import Node, day, link, node, nodes, text
from plugin.portrait.values import AssessmentLine, OutcomeLine, Portrait, QualityLine

_OUTCOME, _LEVEL, _QUALITY = "ext:LearningOutcome", "ext:EQF", "ext:QualityAssurance"


def of_badge(content: Node, language: str) -> Portrait:
    """Put an AchievementCredential into words."""
    subject = node(content, "credentialSubject")
    achievement, issuer = node(subject, "achievement"), node(content, "issuer")
    level = next(iter(_aligned(achievement, _LEVEL)), {})
    return Portrait(
        title=text(achievement.get("name") or content.get("name"), language),
        holder=text(subject.get("name"), language) or _identity(subject),
        issuer=text(issuer.get("name"), language),
        issuer_identifier=text(node(issuer, "otherIdentifier").get("identifier"), language),
        country=text(node(issuer, "address").get("addressCountry"), language),
        homepage=link(issuer.get("url")),
        issued_on=day(content.get("validFrom") or content.get("issuanceDate")),
        valid_until=day(content.get("validUntil") or content.get("expirationDate")),
        description=text(achievement.get("description"), language),
        outcomes=_outcomes(achievement, language),
        assessments=tuple(_assessment(each, language) for each in nodes(content, "evidence")),
        ects=_credits(subject.get("creditsEarned") or achievement.get("creditsAvailable")),
        eqf=text(level.get("targetCode"), language),
        participation=text(node(achievement, "mode"), language),
        quality=tuple(_quality(each, language) for each in _aligned(achievement, _QUALITY)),
        further=tuple(filter(None, [text(node(achievement, "criteria").get("narrative"), language)])),
    )


def _aligned(achievement: Node, kind: str) -> list[Node]:
    return [each for each in nodes(achievement, "alignment") if each.get("targetType") == kind]


def _outcomes(achievement: Node, language: str) -> tuple[OutcomeLine, ...]:
    return tuple(
        OutcomeLine(text(each.get("targetName"), language), text(each.get("targetDescription"), language))
        for each in _aligned(achievement, _OUTCOME)
    )


def _assessment(evidence: Node, language: str) -> AssessmentLine:
    return AssessmentLine(
        title=text(evidence.get("name"), language),
        type=text(node(evidence, "dcType"), language) or text(evidence.get("genre"), language),
        mode=text(node(evidence, "mode"), language),
        supervision=text(evidence.get("supervisionType"), language),
    )


def _quality(target: Node, language: str) -> QualityLine:
    return QualityLine(
        text(target.get("targetName"), language),
        text(target.get("targetDescription"), language),
        link(target.get("targetUrl")),
    )


def _identity(subject: Node) -> str:
    """Return the name among the identities, where it is not hashed."""
    named = (each for each in nodes(subject, "identifier") if each.get("identityType") == "name")
    return next((text(each.get("identityHash"), "") for each in named if each.get("hashed") is False), "")


def _credits(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else ""
