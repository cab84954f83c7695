"""The steps that Open Badges and SD-JWT VCs share: whose key, does it count, who says to be the issuer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.sealing.key_history import PublishedKey
from plugin.verification.context import CheckContext
from plugin.verification.parsing import JsonObject
from plugin.verification.report import TIME_UNPROVEN, SealFacts, Step, StepName, failed, not_checked, passed


@dataclass(frozen=True, slots=True)
class Signature:
    """What a credential says about its signature: ``signed_at`` is the signer's word, None where there is none.

    ``value`` is the signature itself as it stands in the file.
    """

    issuer: str
    key_name: str
    signed_at: datetime | None
    value: str


NO_KEY = "The issuer does not publish the key that is named, or could not be asked for it."


def find_key(signature: Signature, context: CheckContext) -> PublishedKey | None:
    """Return the key of a signature, as its issuer publishes it."""
    return context.keys(signature.issuer, signature.key_name) if signature.key_name else None


def seal_step(intact: bool) -> Step:
    """Say whether the signature is the key's."""
    if intact:
        return passed(StepName.SEAL, "The seal is intact: the content is as it was sealed.")
    return failed(StepName.SEAL, "signature_wrong", "It was changed after sealing, or somebody else sealed it.")


def key_step(key: PublishedKey, signature: Signature, credential: JsonObject, context: CheckContext) -> Step:
    """Say whether the key counts: the counterpart of a certificate.

    What the seal says of its own time is not asked: whoever has the key can write any.
    """
    if key.compromised_at is not None:
        return compromised_step(key.compromised_at, context.records(credential, signature.value))
    if signature.issuer.startswith("did:key:"):
        sentence = "The issuer is known by the key alone: nobody says whose it is."
        return not_checked(StepName.CERTIFICATE, "key_only", sentence)
    return passed(StepName.CERTIFICATE, f"{signature.issuer} publishes the key.")


def compromised_step(since: datetime, proven_at: datetime | None) -> Step:
    """Judge a seal whose key was in wrong hands ``since`` then, by the time that was proven for it."""
    declared = f"The issuer declared the key compromised from {since:%Y-%m-%d %H:%M} UTC on"
    if proven_at is None:
        sentence = f"{declared}, and nothing but the seal's own word says when it was made."
        return failed(StepName.CERTIFICATE, TIME_UNPROVEN, sentence)
    if proven_at >= since:
        sentence = f"{declared}; this seal was made later."
        return failed(StepName.CERTIFICATE, "key_compromised", sentence)
    sentence = f"{declared}; this seal was made before, on {proven_at:%Y-%m-%d %H:%M} UTC."
    return passed(StepName.CERTIFICATE, sentence, "sealed_before_compromise")


def issuer_step(signature: Signature, facts: SealFacts) -> Step:
    """Say who claims to be the issuer; that the name is true is shown by the address only."""
    sentence = f"It was sealed for {signature.issuer}, which calls itself {facts.organisation or 'nothing'}."
    return passed(StepName.ISSUER, sentence)
