"""Checking a credential in eight numbered steps: ours, other people's, and files that only claim to be one.

:func:`check` takes the bytes as they were handed in. A bad document is a report, never an exception. No network is
touched; whom to trust and whom to ask about revocation is said by the :class:`CheckContext`.
"""

from __future__ import annotations

from mappings.documents.baking import is_picture, unbake
from mappings.errors import InvalidValue
from plugin.verification import elm, open_badge, sd_jwt_vc
from plugin.verification.context import CheckContext, Status, StatusAnswer, StatusLookup
from plugin.verification.formats import Checker, Findings, Received
from plugin.verification.parsing import Limits, Unreadable, read_json, read_text
from plugin.verification.report import Outcome, Report, SealFacts, Step, StepName, arranged, failed

__all__ = [
    "CheckContext",
    "Checker",
    "Findings",
    "Limits",
    "Outcome",
    "Received",
    "Report",
    "SealFacts",
    "Status",
    "StatusAnswer",
    "StatusLookup",
    "Step",
    "StepName",
    "arranged",
    "check",
    "failed",
]

CHECKERS: tuple[Checker, ...] = (
    elm.CHECKER,
    open_badge.BADGE_CHECKER,
    sd_jwt_vc.CHECKER,
    open_badge.TOKEN_CHECKER,
)
"""Asked in this order whether they recognise what was received; the first that does checks it."""


def check(data: bytes, context: CheckContext) -> Report:
    """Check ``data`` at ``context.now``."""
    try:
        received = _received(_unbaked(data, context.limits), context.limits)
    except Unreadable as error:
        return Report("", arranged([failed(StepName.FORMAT, error.code, str(error))]))
    for checker in CHECKERS:
        if checker.recognises(received):
            findings = checker.check(received, context)
            return Report(checker.format, arranged(findings.steps), findings.seal)
    sentence = "The file is no credential of a format that is known here."
    return Report("", arranged([failed(StepName.FORMAT, "unknown_format", sentence)]))


def _unbaked(data: bytes, limits: Limits) -> bytes:
    """Return what a picture holds, other data as it is. Raise :class:`Unreadable`."""
    if len(data) > limits.size or not is_picture(data):
        return data
    try:
        return unbake(data)
    except InvalidValue as error:
        raise Unreadable("nothing_baked", f"A picture: {error}.") from None


def _received(data: bytes, limits: Limits) -> Received:
    """Read what can be read. Raise :class:`Unreadable` for JSON that is ambiguous or too large."""
    text = read_text(data, limits)
    return Received(data, text, read_json(text, limits) if text.lstrip()[:1] in ("{", "[") else None)
