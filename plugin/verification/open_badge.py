"""Checking an Open Badge 3.0: with a Data Integrity proof, as a JWT, or not sealed at all.

https://www.imsglobal.org/spec/ob/v3p0 clause 9 (verification); VC Data Model 2.0 clause 7. The algorithm is the key's,
never the document's; contexts are pinned; graphs made to take for ever are refused. Endorsements that a badge may carry
are not checked: they say nothing about the award.
"""

from __future__ import annotations

from datetime import UTC, datetime

from mappings.documents.envelope import Format
from plugin.sealing.data_integrity import SUITES, issuer_of, verifies
from plugin.sealing.errors import SealError
from plugin.sealing.key_history import PublishedKey
from plugin.sealing.vc_jwt import disagreements, read_vc_jwt
from plugin.verification.badge_content import completeness_step, schema_step
from plugin.verification.context import CheckContext
from plugin.verification.formats import Checker, Findings, Received
from plugin.verification.parsing import JsonObject
from plugin.verification.report import SealFacts, Step, StepName, failed, not_checked, passed
from plugin.verification.signed import NO_KEY, Signature, find_key, issuer_step, key_step, seal_step
from plugin.verification.standing import status_step, validity_step

_TYPES = frozenset({"OpenBadgeCredential", "AchievementCredential"})


def recognises_json(received: Received) -> bool:
    """Accept a credential of the type of Open Badges."""
    value = received.value
    types = value.get("type") if isinstance(value, dict) else None
    return bool(_TYPES & {each for each in (types if isinstance(types, list) else [types]) if isinstance(each, str)})


def recognises_token(received: Received) -> bool:
    """Accept three parts between full stops and no tilde."""
    text = received.text.strip()
    return text.count(".") == 2 and "~" not in text and text.startswith("ey")


def check_json(received: Received, context: CheckContext) -> Findings:
    """Take the steps for a badge with a proof; ``received`` is recognised."""
    assert isinstance(received.value, dict)
    badge = received.value
    said = passed(StepName.FORMAT, "An Open Badge 3.0 with a Data Integrity proof.")
    proof = _proof(badge)
    if proof is None:
        return _unsealed(badge, context)
    if proof.get("cryptosuite") not in SUITES.values() or proof.get("proofPurpose") != "assertionMethod":
        sentence = "The proof is of a kind that is not known here, or not made for assertions."
        return Findings((said, schema_step(badge), failed(StepName.SEAL, "unsupported_proof", sentence)))
    signature = Signature(
        issuer_of(badge),
        str(proof.get("verificationMethod", "")),
        _moment(proof.get("created")),
        str(proof.get("proofValue", "")),
    )
    return _sealed(badge, said, _judge(badge, proof, signature, context), signature, context)


def check_token(received: Received, context: CheckContext) -> Findings:
    """Take the steps for a badge as a JWT; ``received`` is recognised."""
    try:
        token = read_vc_jwt(received.text.strip())
    except SealError as error:
        return Findings((failed(StepName.FORMAT, error.code, "It looks like a token, but holds no credential."),))
    badge = dict(token.payload)
    said = passed(StepName.FORMAT, "An Open Badge 3.0 as a JWT (compact JWS).")
    value = received.text.strip().rpartition(".")[2]
    signature = Signature(issuer_of(badge), str(token.header.get("kid", "")), _moment(badge.get("validFrom")), value)
    key = find_key(signature, context)
    if contradicting := disagreements(badge):
        sentence = f"The token contradicts its own credential: {', '.join(contradicting)}."
        step = failed(StepName.SEAL, "claims_disagree", sentence)
    else:
        step = seal_step(token.verified_by(key.public)) if key else failed(StepName.SEAL, "no_key", NO_KEY)
    return _sealed(badge, said, (step, key), signature, context)


BADGE_CHECKER = Checker(Format.OPEN_BADGES, recognises_json, check_json)
TOKEN_CHECKER = Checker(Format.OPEN_BADGES_JWT, recognises_token, check_token)


def _judge(
    badge: JsonObject, proof: JsonObject, signature: Signature, context: CheckContext
) -> tuple[Step, PublishedKey | None]:
    """Check the proof; the key's name must begin with the issuer's."""
    key = find_key(signature, context)
    if key is None:
        return failed(StepName.SEAL, "no_key", NO_KEY), None
    try:
        intact = verifies(badge, proof, key.public)
    except SealError as error:
        return failed(StepName.SEAL, error.code, f"The seal cannot be checked: {error}."), None
    ends = proof.get("expires")
    if ends is not None and (_moment(ends) or context.now) <= context.now:
        return failed(StepName.SEAL, "proof_expired", "The proof has expired."), None
    return seal_step(intact), key


def _sealed(
    badge: JsonObject, said: Step, judged: tuple[Step, PublishedKey | None], signature: Signature, context: CheckContext
) -> Findings:
    step, key = judged
    first = (said, schema_step(badge), step, completeness_step(badge))
    if key is None or step.code != "ok":
        return Findings(first)
    facts = _facts(badge, signature)
    trust = (key_step(key, signature, badge, context), issuer_step(signature, facts))
    return Findings((*first, *trust, validity_step(badge, facts, context), status_step(badge, context)), facts)


def _unsealed(badge: JsonObject, context: CheckContext) -> Findings:
    nobody = "Nobody sealed it, so nobody stands behind it."
    return Findings(
        (
            passed(StepName.FORMAT, "An Open Badge 3.0 without a proof."),
            schema_step(badge),
            completeness_step(badge),
            failed(StepName.SEAL, "no_seal", "The credential carries no proof: anybody could have written it."),
            not_checked(StepName.CERTIFICATE, "no_seal", nobody),
            not_checked(StepName.ISSUER, "no_seal", nobody),
            validity_step(badge, None, context),
            not_checked(StepName.STATUS, "no_seal", nobody),
        )
    )


def _proof(badge: JsonObject) -> JsonObject | None:
    """Return the first Data Integrity proof of a kind that is known, else the first proof, None without any."""
    proofs = badge.get("proof")
    listed = [each for each in (proofs if isinstance(proofs, list) else [proofs]) if isinstance(each, dict)]
    known = [each for each in listed if each.get("cryptosuite") in SUITES.values()]
    return next(iter((*known, *listed)), None)


def _facts(badge: JsonObject, signature: Signature) -> SealFacts:
    issuer = badge.get("issuer")
    profile = issuer if isinstance(issuer, dict) else {}
    address = profile.get("address")
    country = address.get("addressCountryCode", "") if isinstance(address, dict) else ""
    return SealFacts(
        organisation=str(profile.get("name", "")),
        identifier=signature.issuer,
        country=str(country),
        development=False,
        claimed_at=signature.signed_at,
    )


def _moment(value: object) -> datetime | None:
    """Read a time with zone, None where it is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None
