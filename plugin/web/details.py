"""The line of one check in the visitor's language.

An English page shows the step's own sentence, which knows every detail. Other languages say by its code what a person
needs; the days that the sentence names are found in it and written as the language writes them. What only a
programmer needs (paths of a schema) stays in English, marked as such, behind the sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plugin.verification import Outcome, Step, StepName
from plugin.web.languages import current, day, lazy_gettext

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SENTENCES = {
    (StepName.FORMAT, "ok"): lazy_gettext("It can be read, and in one way only."),
    (StepName.SCHEMA, "ok"): lazy_gettext("It is built as its standard demands."),
    (StepName.SCHEMA, "other_type"): lazy_gettext("The type of the credential is not known here."),
    (StepName.SCHEMA, "no_type"): lazy_gettext("The credential does not name its type."),
    (StepName.SCHEMA, "learner_unnamed"): lazy_gettext("The credential does not say whose it is."),
    (StepName.SEAL, "ok"): lazy_gettext("The seal is intact: the content is as it was sealed."),
    (StepName.SEAL, "no_seal"): lazy_gettext("The credential carries no seal: anybody could have written it."),
    (StepName.SEAL, "no_key"): lazy_gettext(
        "The issuer does not publish the key that is named, or could not be asked for it."
    ),
    (StepName.SEAL, "proof_expired"): lazy_gettext("The seal itself has expired."),
    (StepName.SEAL, "unsupported_proof"): lazy_gettext("The seal is of a kind that is not known here."),
    (StepName.SEAL, "signature_wrong"): lazy_gettext("It was changed after sealing, or somebody else sealed it."),
    (StepName.CERTIFICATE, "ok"): lazy_gettext("Its certificate leads to an authority that is trusted here."),
    (StepName.CERTIFICATE, "no_seal"): lazy_gettext("Without a seal there is no certificate."),
    (StepName.CERTIFICATE, "key_only"): lazy_gettext("The issuer is known by a key alone: nobody says whose it is."),
    (StepName.CERTIFICATE, "key_compromised"): lazy_gettext(
        "The issuer declared on %(first)s that its key was in wrong hands from then on."
    ),
    (StepName.CERTIFICATE, "time_unproven"): lazy_gettext(
        "The issuer declared on %(first)s that its key was in wrong hands from then on; "
        "nothing but the seal's own word says that it is older."
    ),
    (StepName.CERTIFICATE, "sealed_before_compromise"): lazy_gettext(
        "The key was in wrong hands later, but this was proven to be sealed before."
    ),
    (StepName.CERTIFICATE, "not_for_sealing"): lazy_gettext("The certificate is not made for seals."),
    (StepName.CERTIFICATE, "outside_validity"): lazy_gettext(
        "The certificate is valid from %(first)s to %(second)s only."
    ),
    (StepName.CERTIFICATE, "expired"): lazy_gettext(
        "The certificate expired on %(first)s, and nobody who is trusted here says that it sealed before."
    ),
    (StepName.CERTIFICATE, "untrusted"): lazy_gettext("The certificate leads to no authority that is trusted here."),
    (StepName.CERTIFICATE, "development_seal"): lazy_gettext(
        "A practice seal: anybody can make such a seal in the name of anybody."
    ),
    (StepName.CERTIFICATE, "no_trust_anchor"): lazy_gettext(
        "Not checked whether it is genuine: no authority is trusted here yet."
    ),
    (StepName.CERTIFICATE, "expired_no_trust_anchor"): lazy_gettext(
        "The certificate expired on %(first)s. Not checked whether it is genuine: no authority is trusted here yet."
    ),
    (StepName.CERTIFICATE, "expired_after_sealing"): lazy_gettext(
        "The certificate expired on %(first)s; a trusted timestamp of %(second)s proves that it sealed before."
    ),
    (StepName.ISSUER, "ok"): lazy_gettext("The credential and its seal name the same issuer."),
    (StepName.ISSUER, "no_seal"): lazy_gettext("Without a seal nobody confirms the issuer."),
    (StepName.ISSUER, "issuer_disagrees"): lazy_gettext("The credential names another issuer than its seal."),
    (StepName.VALIDITY, "date_unreadable"): lazy_gettext("A date of validity cannot be read."),
    (StepName.VALIDITY, "no_beginning"): lazy_gettext("The credential does not say from when it is valid."),
    (StepName.VALIDITY, "sealed_in_future"): lazy_gettext("It claims to be sealed on %(first)s, in the future."),
    (StepName.VALIDITY, "not_yet_valid"): lazy_gettext("The credential is not valid before %(first)s."),
    (StepName.VALIDITY, "expired"): lazy_gettext("The credential expired on %(first)s."),
    (StepName.STATUS, "ok"): lazy_gettext("The issuer has not revoked it."),
    (StepName.STATUS, "no_seal"): lazy_gettext("Without a seal there is nobody to ask."),
    (StepName.STATUS, "no_lookup"): lazy_gettext("Nobody was asked whether it was revoked."),
    (StepName.STATUS, "unknown"): lazy_gettext("Nobody could say whether it was revoked."),
    (StepName.STATUS, "revoked"): lazy_gettext("The issuer has revoked the credential."),
    (StepName.STATUS, "suspended"): lazy_gettext("The issuer has suspended the credential for now."),
    (StepName.STATUS, "outside_list"): lazy_gettext("The issuer's list has no such place."),
    (StepName.STATUS, "superseded"): lazy_gettext("The issuer has replaced the credential by a newer one."),
    (StepName.COMPLETENESS, "ok"): lazy_gettext("Every mandatory element of a European micro-credential is stated."),
    (StepName.COMPLETENESS, "withheld"): lazy_gettext("The holder need not show every element."),
    (StepName.COMPLETENESS, "other_terms"): lazy_gettext("It uses other terms, so its elements cannot be counted."),
}
_VALID = lazy_gettext("The credential is valid from %(first)s, without an end.")
_VALID_UNTIL = lazy_gettext("The credential is valid from %(first)s until %(second)s.")
_NOT_REACHED = lazy_gettext("An earlier step failed.")
_OTHERWISE = {
    StepName.FORMAT: lazy_gettext("The file cannot be read as a credential."),
    StepName.SCHEMA: lazy_gettext("It is not built as its standard demands."),
    StepName.SEAL: lazy_gettext("The seal does not hold: something was changed after sealing, or it was damaged."),
    StepName.COMPLETENESS: lazy_gettext("Elements that a European micro-credential must have are missing."),
}
_FOR_PROGRAMMERS = {StepName.FORMAT, StepName.SCHEMA, StepName.SEAL, StepName.COMPLETENESS}


@dataclass(frozen=True, slots=True)
class Detail:
    """What a line says; ``english`` is the technical detail that has no other language, or empty."""

    sentence: str
    english: str = ""


def detail(step: Step) -> Detail:
    """Return the line of ``step``."""
    if current() == "en":
        return Detail(step.sentence)
    known, days = _known(step), [day(each) for each in _DAY.findall(step.sentence)]
    sentence = str(known or _OTHERWISE.get(step.name, step.sentence))
    technical = step.outcome is Outcome.FAILED and step.name in _FOR_PROGRAMMERS and known is None
    return Detail(sentence % dict(zip(("first", "second"), [*days, "", ""], strict=False)), step.sentence * technical)


def _known(step: Step) -> object:
    if step.code == "not_reached":
        return _NOT_REACHED
    if (step.name, step.code) == (StepName.VALIDITY, "ok"):
        return _VALID_UNTIL if len(_DAY.findall(step.sentence)) > 1 else _VALID
    return _SENTENCES.get((step.name, step.code))
