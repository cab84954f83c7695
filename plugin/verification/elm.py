"""Checking a European Digital Credential: ELM v3 in a JAdES seal, or not sealed at all.

Left to others: the seal itself (:mod:`plugin.verification.seal`), the certificate, and what ELM demands of the content
(:mod:`mappings.documents.elm_check`).
"""

from __future__ import annotations

from mappings.documents.envelope import Format
from plugin.sealing.identity import certified_identity, disagreements, stated_identity
from plugin.sealing.keys import certificate_key_id
from plugin.verification.certificates import certificate_step, seal_facts
from plugin.verification.content import content_steps
from plugin.verification.context import CheckContext
from plugin.verification.formats import Checker, Findings, Received
from plugin.verification.jws import BadSeal, Envelope, content, read_envelope, read_header
from plugin.verification.parsing import JsonObject, Limits, Unreadable, read_json
from plugin.verification.report import Outcome, SealFacts, Step, StepName, failed, not_checked, passed
from plugin.verification.seal import IntactSeal, check_seal
from plugin.verification.signed import compromised_step
from plugin.verification.standing import status_step, validity_step

_TYPE = "EuropeanDigitalCredential"


def recognises(received: Received) -> bool:
    """Accept a JWS in JSON around a payload, a bare credential, and a file for upload (``{"credential": ...}``)."""
    value = received.value
    if not isinstance(value, dict):
        return False
    return _is_sealed(value) or _is_credential(value) or _is_credential(value.get("credential"))


def check(received: Received, context: CheckContext) -> Findings:
    """Take all eight steps as far as they go; ``received`` is recognised."""
    assert isinstance(received.value, dict)
    if _is_sealed(received.value):
        return _sealed(received.value, context)
    inner = received.value.get("credential")
    return _unsealed(inner if isinstance(inner, dict) else received.value, context)


CHECKER = Checker(Format.ELM, recognises, check)


def _sealed(document: JsonObject, context: CheckContext) -> Findings:
    """Check content and seal each for itself: where both fail, the seal can say what was changed."""
    try:
        envelope = read_envelope(document)
    except BadSeal as error:
        return Findings((failed(StepName.FORMAT, error.code, str(error)),))
    try:
        credential = _credential(envelope, context.limits)
    except (BadSeal, Unreadable) as error:
        wrong = failed(StepName.FORMAT, error.code, str(error))
        return Findings((wrong, _seal_step(envelope, context)[0]))
    return _sealed_credential(envelope, credential, context)


def _sealed_credential(envelope: Envelope, credential: JsonObject, context: CheckContext) -> Findings:
    sentence = "A European Digital Credential in a JAdES seal (JWS, JSON serialisation)."
    steps = (passed(StepName.FORMAT, sentence), *content_steps(credential))
    step, seal = _seal_step(envelope, context)
    if seal is None:
        return Findings((*steps, step))
    facts = seal_facts(seal, context)
    compromised_at = context.compromised_seals(certificate_key_id(seal.path[0]))
    certificate = certificate_step(seal, facts, context)
    if compromised_at is not None and certificate.outcome is not Outcome.FAILED:
        proven = (facts.proven_at if facts.proof_trusted else None, context.records(credential, envelope.signature))
        earliest = min((each for each in proven if each is not None), default=None)
        certificate = compromised_step(compromised_at, earliest)
    trust = (certificate, _issuer_step(credential, seal, facts))
    return Findings(
        (*steps, step, *trust, validity_step(credential, facts, context), status_step(credential, context)), facts
    )


def _seal_step(envelope: Envelope, context: CheckContext) -> tuple[Step, IntactSeal | None]:
    try:
        seal = check_seal(envelope, context.limits)
    except BadSeal as error:
        return failed(StepName.SEAL, error.code, str(error)), None
    return passed(StepName.SEAL, "The seal is intact: header and content are as they were sealed."), seal


def _unsealed(credential: JsonObject, context: CheckContext) -> Findings:
    nobody = "Nobody sealed it, so nobody stands behind it."
    return Findings(
        (
            passed(StepName.FORMAT, "A European Digital Credential without a seal, as it is uploaded for sealing."),
            *content_steps(credential),
            failed(StepName.SEAL, "no_seal", "The credential carries no seal: anybody could have written it."),
            not_checked(StepName.CERTIFICATE, "no_seal", nobody),
            not_checked(StepName.ISSUER, "no_seal", nobody),
            validity_step(credential, None, context),
            not_checked(StepName.STATUS, "no_seal", nobody),
        )
    )


def _credential(envelope: Envelope, limits: Limits) -> JsonObject:
    """Parse the payload; a header that cannot be read is told by the seal step, the payload then counts as plain."""
    try:
        header = read_header(envelope, limits)
    except BadSeal:
        text = envelope.payload
    else:
        text = content(envelope, header)
    credential = read_json(text, limits)
    if not _is_credential(credential):
        raise BadSeal("not_edc", "What is sealed is no European Digital Credential.")
    assert isinstance(credential, dict)
    return credential


def _issuer_step(credential: JsonObject, seal: IntactSeal, facts: SealFacts) -> Step:
    found = disagreements(stated_identity(credential.get("issuer")), certified_identity(seal.path[0]))
    if found:
        return failed(StepName.ISSUER, "issuer_disagrees", f"{'; '.join(str(one) for one in found)}.")
    who = f"{facts.organisation} ({facts.identifier}, {facts.country})"
    return passed(StepName.ISSUER, f"The credential and the certificate name the same issuer: {who}.")


def _is_sealed(value: JsonObject) -> bool:
    return "payload" in value and ("signatures" in value or "signature" in value)


def _is_credential(value: object) -> bool:
    types = value.get("type") if isinstance(value, dict) else None
    return _TYPE in (types if isinstance(types, list) else [types])
