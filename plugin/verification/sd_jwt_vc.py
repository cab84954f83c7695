"""Checking an SD-JWT VC: the issuer's signature, what is disclosed, time and status.

RFC 9901 clause 7, draft-ietf-oauth-sd-jwt-vc. A holder may withhold claims, so a claim that is not there is not
missing. Whether the one who shows it is the holder is for the verifier who asked (key binding, a nonce): not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from mappings.documents.envelope import Format
from mappings.documents.sd_jwt_vc import LEARNING_CREDENTIAL, OWN_TYPE_PATH
from plugin.sealing.disclosures import SdJwt, read_sd_jwt
from plugin.sealing.errors import SealError
from plugin.sealing.sd_jwt import TYPES
from plugin.verification.context import CheckContext
from plugin.verification.formats import Checker, Findings, Received
from plugin.verification.parsing import JsonObject
from plugin.verification.report import SealFacts, Step, StepName, failed, not_checked, passed
from plugin.verification.signed import NO_KEY, Signature, find_key, issuer_step, key_step, seal_step
from plugin.verification.standing import status_step, validity_step


def recognises(received: Received) -> bool:
    """Accept a compact token followed by tildes."""
    return received.text.startswith("ey") and "~" in received.text


def check(received: Received, context: CheckContext) -> Findings:
    """Take the steps; ``received`` is recognised."""
    try:
        credential = read_sd_jwt(received.text.strip())
    except SealError as error:
        return Findings((failed(StepName.FORMAT, error.code, f"It is no valid SD-JWT: {error}."),))
    if credential.token.header.get("typ") not in TYPES:
        return Findings((failed(StepName.FORMAT, "type_wrong", "The token does not say to be an SD-JWT VC."),))
    claims = dict(credential.claims)
    signature = Signature(
        str(claims.get("iss", "")),
        str(credential.token.header.get("kid", "")),
        _moment(claims.get("nbf")),
        received.text.strip().partition("~")[0].rpartition(".")[2],
    )
    return _findings(credential, claims, signature, context)


CHECKER = Checker(Format.SD_JWT_VC, recognises, check)


def _findings(credential: SdJwt, claims: JsonObject, signature: Signature, context: CheckContext) -> Findings:
    key = find_key(signature, context)
    first = (
        passed(StepName.FORMAT, f"An SD-JWT VC with {len(credential.disclosed)} disclosed claims."),
        _type_step(claims),
        seal_step(credential.token.verified_by(key.public)) if key else failed(StepName.SEAL, "no_key", NO_KEY),
        _completeness_step(claims),
    )
    if key is None or first[2].code != "ok":
        return Findings(first)
    facts = SealFacts(
        organisation=str(claims.get("issuing_authority", "")),
        identifier=signature.issuer,
        country=str(claims.get("issuing_country", "")),
        development=False,
    )
    trust = (key_step(key, signature, claims, context), issuer_step(signature, facts))
    time = validity_step(_period(claims), facts, context)
    return Findings((*first, *trust, time, status_step(claims, context)), facts)


def _type_step(claims: Mapping[str, object]) -> Step:
    kind = claims.get("vct")
    if not isinstance(kind, str) or not kind:
        return failed(StepName.SCHEMA, "no_type", "The credential does not name its type (vct).")
    if kind == LEARNING_CREDENTIAL or kind.endswith(OWN_TYPE_PATH):
        return passed(StepName.SCHEMA, "The type is a micro-credential's.")
    return not_checked(StepName.SCHEMA, "other_type", "The type of the credential is not known here.")


def _completeness_step(claims: Mapping[str, object]) -> Step:
    sentence = "A holder may withhold claims: what is not shown is not missing."
    return not_checked(StepName.COMPLETENESS, "withheld", sentence if claims else "Nothing is shown.")


def _period(claims: Mapping[str, object]) -> JsonObject:
    """Return ``nbf`` and ``exp`` as the validity step reads times; SD-JWT VC lets both be absent."""
    times = (("validFrom", _moment(claims.get("nbf", 0))), ("validUntil", _moment(claims.get("exp"))))
    return {name: moment.isoformat() for name, moment in times if moment}


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None
