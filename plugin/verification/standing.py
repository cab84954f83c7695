"""Time and status: whether the credential counts today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plugin.verification.context import CheckContext, Status
from plugin.verification.parsing import JsonObject
from plugin.verification.report import SealFacts, Step, StepName, failed, not_checked, passed

_LEEWAY = timedelta(minutes=5)  # clocks of strangers
_REFUSED = {
    Status.REVOKED: "The issuer has revoked the credential.",
    Status.SUSPENDED: "The issuer has suspended the credential.",
    Status.OUTSIDE: "The issuer's status list has no such place: the credential names one that does not exist.",
    Status.SUPERSEDED: "The issuer has replaced the credential by a newer one.",
}


def validity_step(credential: JsonObject, facts: SealFacts | None, context: CheckContext) -> Step:
    """Compare ``validFrom``, ``validUntil`` (or ``expirationDate``) and the claimed time of sealing with now."""
    try:
        begins = _moment(credential, "validFrom") or _moment(credential, "issuanceDate")
        ends = _moment(credential, "validUntil") or _moment(credential, "expirationDate")
    except ValueError:
        return failed(StepName.VALIDITY, "date_unreadable", "A date of validity is no date with a time.")
    claimed = facts.claimed_at if facts else None
    if claimed and claimed > context.now + _LEEWAY:
        return failed(
            StepName.VALIDITY, "sealed_in_future", f"It claims to be sealed on {_day(claimed)}, in the future."
        )
    if begins is None:
        return failed(StepName.VALIDITY, "no_beginning", "The credential does not say from when it is valid.")
    if begins > context.now + _LEEWAY:
        return failed(StepName.VALIDITY, "not_yet_valid", f"The credential is not valid before {_day(begins)}.")
    if ends and ends <= context.now:
        return failed(StepName.VALIDITY, "expired", f"The credential expired on {_day(ends)}.")
    until = f" until {_day(ends)}" if ends else ", without an end"
    return passed(StepName.VALIDITY, f"The credential is valid from {_day(begins)}{until}.")


def status_step(credential: JsonObject, context: CheckContext) -> Step:
    """Ask the status lookup of the context."""
    if context.status is None:
        return not_checked(StepName.STATUS, "no_lookup", "Nobody was asked whether it was revoked.")
    answer = context.status(credential)
    if answer.status is Status.UNKNOWN:
        return not_checked(StepName.STATUS, "unknown", answer.sentence or "Nobody could say whether it was revoked.")
    if sentence := _REFUSED.get(answer.status):
        return failed(StepName.STATUS, answer.status, answer.sentence or sentence)
    return passed(StepName.STATUS, answer.sentence or "The issuer has not revoked it.")


def _moment(credential: JsonObject, name: str) -> datetime | None:
    """Read an xsd:dateTime; one without zone counts as UTC. Raise ValueError."""
    value = credential.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or "T" not in value:
        raise ValueError(name)
    moment = datetime.fromisoformat(value)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:  # the first and the last hours of the calendar
        raise ValueError(name) from None


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
