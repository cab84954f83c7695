"""A credential in plain words: what a person wants to read from it, whatever format it came in.

Building one concludes nothing and checks nothing: whether a document may be believed is said by
:mod:`plugin.verification`. Text of strangers is kept short here and escaped where it is shown.
"""

from __future__ import annotations

from plugin.portrait.badge import of_badge
from plugin.portrait.contents import content_of
from plugin.portrait.elm import of_elm
from plugin.portrait.sd_jwt import of_claims
from plugin.portrait.snapshot import of_credential
from plugin.portrait.values import AssessmentLine, OutcomeLine, Portrait, QualityLine

__all__ = ["AssessmentLine", "OutcomeLine", "Portrait", "QualityLine", "of_credential", "of_document"]


def of_document(data: bytes, language: str) -> Portrait | None:
    """Return what a sealed or unsealed document says, None where it is of no form that is known here."""
    content = content_of(data)
    if content is None:
        return None
    if content.disclosed:
        return of_claims(content.values, language)
    is_badge = "achievement" in _subject(content.values)
    return of_badge(content.values, language) if is_badge else of_elm(content.values, language)


def _subject(content: dict[str, object]) -> dict[str, object]:
    subject = content.get("credentialSubject")
    first = subject[0] if isinstance(subject, list) and subject else subject
    return first if isinstance(first, dict) else {}
