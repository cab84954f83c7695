"""The portrait of a stored micro-credential."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import urlsplit

from mappings.elements import AssessedBy, MicroCredential, Stated
from mappings.profile import Accreditation, Stackability
from mappings.text import Text
from mappings.vocabularies.labels import label
from plugin.portrait.values import AssessmentLine, OutcomeLine, Portrait, QualityLine

_MAIL = re.compile(r"[^@\s?&<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,255}")


def of_credential(credential: MicroCredential, language: str, *, valid_until: str = "") -> Portrait:
    """Put ``credential`` into the words that its texts have in ``language``, else in its preferred one."""
    body = credential.awarding_bodies.value[0]
    level, workload = credential.level.value, credential.workload.value
    stacking = credential.stackability
    return Portrait(
        title=credential.title.value.in_language(language),
        holder=credential.holder.value.full_name,
        issuer=body.legal_name.in_language(language),
        issuer_identifier=body.eidas_identifier,
        country=label(body.place.country, language),
        homepage=web_address(body.homepage),
        contact=mail_address(body.email),
        issued_on=credential.date_of_issue.value.date().isoformat(),
        valid_until=valid_until,
        description=_said(credential.description, language),
        outcomes=_outcomes(credential, language),
        assessments=tuple(_assessment(each, language) for each in credential.assessments.value),
        ects=_number(workload.ects),
        hours=_number(workload.hours),
        eqf=str(level.eqf),
        cycle=level.cycle.value if level.cycle else "",
        participation=label(credential.participation.value, language),
        quality=tuple(_quality(each, language) for each in credential.quality_assurance.value.accreditations),
        prerequisites=_said(credential.prerequisites, language),
        grade=credential.grade.value.shown_as if credential.grade else "",
        stackable=None if stacking is None else stacking.value.kind is Stackability.STACKABLE,
        further=_further(credential, language),
    )


def web_address(text: str) -> str:
    """Return ``text`` where it is an http or https address, else nothing: no other scheme becomes a link."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and parts.hostname else ""


def mail_address(text: str) -> str:
    """Return ``text`` where it has the form of one e-mail address, else nothing."""
    return text if _MAIL.fullmatch(text) else ""


def _said(stated: Stated[Text] | None, language: str) -> str:
    return stated.value.in_language(language) if stated else ""


def _outcomes(credential: MicroCredential, language: str) -> tuple[OutcomeLine, ...]:
    return tuple(
        OutcomeLine(
            each.title.in_language(language), each.description.in_language(language) if each.description else ""
        )
        for each in credential.outcomes.value
    )


def _assessment(assessed: AssessedBy, language: str) -> AssessmentLine:
    return AssessmentLine(
        title=assessed.title.in_language(language),
        type=label(assessed.type, language),
        mode=label(assessed.mode, language),
        supervision=assessed.supervision.category.value,
        grade=assessed.grade.shown_as,
    )


def _quality(accreditation: Accreditation, language: str) -> QualityLine:
    return QualityLine(
        accreditation.title.in_language(language),
        accreditation.agency.in_language(language),
        web_address(accreditation.report_url),
    )


def _further(credential: MicroCredential, language: str) -> tuple[str, ...]:
    information = credential.further_information
    statement = credential.quality_assurance.value.statement
    texts = (information.value.text if information else None, statement)
    return tuple(text.in_language(language) for text in texts if text)


def _number(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
