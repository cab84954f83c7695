"""The portrait of an SD-JWT VC: what its holder chose to disclose, and nothing of what is withheld."""

from __future__ import annotations

from plugin.portrait.reading import MOST, Node, day, node, text
from plugin.portrait.values import AssessmentLine, OutcomeLine, Portrait, QualityLine


def of_claims(claims: Node, language: str) -> Portrait:
    """Put the claims of the EU's learning credential, or of our type that extends it, into words."""
    return Portrait(
        title=text(claims.get("achievement_title"), language),
        holder=f"{text(claims.get('given_name'), language)} {text(claims.get('family_name'), language)}".strip(),
        issuer=text(claims.get("issuing_authority"), language),
        country=text(claims.get("issuing_country"), language),
        issued_on=day(claims.get("date_of_issuance")),
        valid_until=day(claims.get("date_of_expiry")),
        description=text(claims.get("achievement_description"), language),
        outcomes=tuple(OutcomeLine(each) for each in _listed(claims, "learning_outcomes", language)),
        assessments=_assessments(claims, language),
        workload=text(claims.get("expected_study_time"), language),
        eqf=_level(claims.get("level_of_learning_experience")),
        cycle=text(claims.get("cycle"), language),
        participation=text(claims.get("form_of_participation"), language),
        quality=tuple(QualityLine(each) for each in _listed(claims, "types_of_quality_assurance", language)),
        prerequisites=" ".join(_listed(claims, "prerequisites_to_enroll", language)),
        grade=text(claims.get("assessment_grade"), language),
        stackable=_truth(claims.get("integration_stackability_options")),
        further=tuple(filter(None, [text(claims.get("further_information"), language)])),
    )


def _listed(claims: Node, name: str, language: str) -> list[str]:
    value = claims.get(name)
    return [text(each, language) for each in value[:MOST]] if isinstance(value, list) else []


def _assessments(claims: Node, language: str) -> tuple[AssessmentLine, ...]:
    """Return a line per type of assessment; supervision is stated for all of them together."""
    supervision = text(node(claims, "supervision").get("category"), language)
    return tuple(
        AssessmentLine(each, supervision=supervision) for each in _listed(claims, "type_of_assessment", language)
    )


def _level(value: object) -> str:
    number = str(value)
    return number if number in set("12345678") else ""


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
