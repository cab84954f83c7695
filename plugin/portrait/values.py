"""The lines of a portrait, in one language. Empty text means: the credential does not say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """Annex I, M6."""

    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """Annex I, M9 with O2 and O3. ``supervision`` is a category of O2 (``O2.1`` ... ``O2.4``) or empty."""

    title: str
    type: str = ""
    mode: str = ""
    supervision: str = ""
    grade: str = ""


@dataclass(frozen=True, slots=True)
class QualityLine:
    """Annex I, M11. ``url`` is http or https, or empty."""

    title: str
    agency: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What a person reads from a credential. Dates are ISO 8601 days; ``eqf`` is ``1`` ... ``8`` or empty."""

    title: str
    holder: str = ""
    issuer: str = ""
    issuer_identifier: str = ""
    country: str = ""
    homepage: str = ""
    contact: str = ""
    """An e-mail address of the awarding body."""
    issued_on: str = ""
    valid_until: str = ""
    description: str = ""
    outcomes: tuple[OutcomeLine, ...] = ()
    assessments: tuple[AssessmentLine, ...] = ()
    ects: str = ""
    hours: str = ""
    workload: str = ""
    """The workload as one text, where the credential has it in no other way."""
    eqf: str = ""
    cycle: str = ""
    participation: str = ""
    quality: tuple[QualityLine, ...] = ()
    prerequisites: str = ""
    grade: str = ""
    stackable: bool | None = None
    further: tuple[str, ...] = ()
