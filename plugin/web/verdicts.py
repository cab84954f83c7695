"""A report as one sentence in the visitor's language, and what its codes mean in words.

Three verdicts: valid, not valid and why, cannot be checked and why. The steps' own sentences are English and carry
the details; here stands what a person who has ten seconds needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.storage.holdings import Standing
from plugin.verification import Outcome, Report, StepName
from plugin.verification.report import TIME_UNPROVEN
from plugin.web.languages import day, gettext, lazy_gettext

STEP_NAMES = {
    StepName.FORMAT: lazy_gettext("Kind of file"),
    StepName.SCHEMA: lazy_gettext("Structure"),
    StepName.SEAL: lazy_gettext("Unchanged since it was sealed"),
    StepName.CERTIFICATE: lazy_gettext("Certificate of the sealer"),
    StepName.ISSUER: lazy_gettext("The issuer is the sealer"),
    StepName.VALIDITY: lazy_gettext("Dates"),
    StepName.STATUS: lazy_gettext("Not revoked or replaced"),
    StepName.COMPLETENESS: lazy_gettext("All European standard elements"),
}
OUTCOMES = {
    Outcome.PASSED: lazy_gettext("passed"),
    Outcome.FAILED: lazy_gettext("failed"),
    Outcome.NOT_CHECKED: lazy_gettext("not checked"),
}
_UNREADABLE = {
    "too_large": lazy_gettext("the file is larger than any credential"),
    "too_deep": lazy_gettext("the document is nested deeper than any credential"),
    "too_many_keys": lazy_gettext("the document has more entries than any credential"),
    "number_too_large": lazy_gettext("the document contains a number beyond any use"),
    "repeated_key": lazy_gettext("the document says the same thing twice, so readers would see different things"),
    "not_json": lazy_gettext("the text is damaged or only part of a credential was given"),
    "not_utf8": lazy_gettext(
        "the file is no text in UTF-8, as every digital credential is; give the file as you received it"
    ),
    "is_pdf": lazy_gettext(
        "it is a PDF and not the digital credential; ask the holder for the digital file or a link to it"
    ),
    "is_archive": lazy_gettext("it is a ZIP archive or an office document; give the file of the credential itself"),
    "nothing_baked": lazy_gettext("the picture carries no credential, or is damaged"),
    "too_slow": lazy_gettext("the check did not come to an end in the time that any credential needs"),
    "busy": lazy_gettext("too many files are being checked at the moment; please try again in a minute"),
    "unknown_format": lazy_gettext("it is not a kind of credential that is known here"),
}
_REFUSALS = {
    StepName.FORMAT: lazy_gettext("the file is damaged"),
    StepName.SCHEMA: lazy_gettext("it is not built as the European model demands"),
    StepName.SEAL: lazy_gettext("it was changed after it was sealed, or its seal is not genuine"),
    StepName.CERTIFICATE: lazy_gettext("the certificate behind the seal cannot be relied on"),
    StepName.ISSUER: lazy_gettext("it was not sealed by the institution that it names"),
    StepName.VALIDITY: lazy_gettext("its dates do not fit: it is expired or not valid yet"),
    StepName.STATUS: lazy_gettext("the issuer has withdrawn it"),
    StepName.COMPLETENESS: lazy_gettext("it lacks elements that a European micro-credential must have"),
}
_CODES = {
    "no_seal": lazy_gettext("it carries no seal, so anybody could have written it"),
    "expired": lazy_gettext("it has expired"),
    "not_yet_valid": lazy_gettext("it is not valid yet"),
    "revoked": lazy_gettext("the issuer has revoked it"),
    "suspended": lazy_gettext("the issuer has suspended it for now"),
    "outside_list": lazy_gettext("it names a place in the issuer's list that does not exist"),
    "superseded": lazy_gettext("the issuer has replaced it by a newer one"),
}


_UNPROVEN = lazy_gettext(
    "the issuer's key was in wrong hands, and nothing proves that this was sealed before; ask the issuer or the holder "
    "for the page of the credential"
)
_ABOUT_CONTENT = {StepName.SCHEMA, StepName.COMPLETENESS}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence; ``tone`` is ``good``, ``bad`` or ``wait`` and is never told by colour alone."""

    tone: str
    sentence: str


def verdict(report: Report) -> Verdict:
    """Say in one sentence what the whole report comes to."""
    if not report.format or report.step(StepName.FORMAT).code in _UNREADABLE:
        reason = _UNREADABLE.get(report.step(StepName.FORMAT).code, _UNREADABLE["unknown_format"])
        return Verdict("wait", gettext("Cannot be checked: %(reason)s.", reason=reason))
    if doubts := {step.code for step in report.failures if step.name not in _ABOUT_CONTENT}:
        if doubts == {TIME_UNPROVEN}:
            return Verdict("bad", gettext("Cannot be trusted: %(reason)s.", reason=_UNPROVEN))
        return Verdict("bad", gettext("Not valid: %(reason)s.", reason=_refusal(report)))
    if report.failures and report.seal_checked:
        sentence = gettext(
            "Not valid as a European micro-credential, although unchanged since it was sealed: %(reason)s.",
            reason=_refusal(report),
        )
        return Verdict("bad", sentence)
    if not report.seal_checked:
        return Verdict("wait", gettext("Cannot be checked: nobody could check its seal."))
    return _intact(report)


def _refusal(report: Report) -> str:
    """Name the failure that a person should know of first: what the issuer says, then the seal, then the rest."""
    weights = (StepName.SEAL, StepName.STATUS, StepName.VALIDITY, StepName.ISSUER, StepName.CERTIFICATE)
    first = min(report.failures, key=lambda step: weights.index(step.name) if step.name in weights else len(weights))
    specific = _CODES.get(first.code) if first.name is not StepName.CERTIFICATE else None
    return str(specific or _REFUSALS[first.name])


def _intact(report: Report) -> Verdict:
    if report.seal and report.seal.development:
        return Verdict("wait", gettext("Practice only: it is sealed with a development seal, which proves nothing."))
    if report.step(StepName.CERTIFICATE).outcome is not Outcome.PASSED:
        return Verdict(
            "wait",
            gettext(
                "Cannot be checked fully: it is unchanged since it was sealed, but who sealed it is not confirmed."
            ),
        )
    if report.step(StepName.STATUS).outcome is not Outcome.PASSED:
        sentence = gettext("Valid as it was sealed; whether the issuer has revoked it since could not be asked.")
        return Verdict("wait", sentence)
    return Verdict("good", gettext("Valid: sealed by its issuer, unchanged, and not revoked."))


def of_standing(standing: Standing, now: datetime) -> Verdict:
    """Say in one sentence how one of our own credentials stands."""
    since = day(standing.at)
    if standing.status == "revoked":
        return Verdict("bad", gettext("Not valid: the issuer revoked it on %(day)s.", day=since))
    if standing.status == "superseded":
        return Verdict("bad", gettext("Not valid any more: it was replaced by a newer one on %(day)s.", day=since))
    if standing.valid_until is not None and standing.valid_until <= now:
        return Verdict("bad", gettext("Not valid any more: it expired on %(day)s.", day=day(standing.valid_until)))
    return Verdict("good", gettext("The issuer has not revoked this credential."))
