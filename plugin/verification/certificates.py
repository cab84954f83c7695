"""Whose certificate sealed: the path to a trust anchor, its validity when it sealed, and what it is worth.

X.509 paths are built by RFC 5280 section 6 in the cryptography library. Not asked: whether the certificate was revoked
before its end (no CRL or OCSP is fetched; the sentence says so) and whether it is qualified (no trusted list is read).
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from plugin.sealing.identity import DEVELOPMENT, certified_identity, is_development, shown
from plugin.sealing.keys import may_seal
from plugin.verification.context import CheckContext
from plugin.verification.report import SealFacts, Step, StepName, failed, not_checked, passed
from plugin.verification.seal import IntactSeal

_STEP = StepName.CERTIFICATE
_NOT_ASKED = "whether it was revoked was not asked"


def seal_facts(seal: IntactSeal, context: CheckContext) -> SealFacts:
    """Tell who sealed and when, as far as the seal says."""
    identity, certificate = certified_identity(seal.path[0]), seal.path[0]
    proven_at, trusted = _proof(seal, context)
    ends = certificate.not_valid_after_utc
    return SealFacts(
        organisation=shown(identity.names),
        identifier=shown(identity.identifiers),
        country=shown(identity.countries),
        development=is_development(certificate),
        claimed_at=seal.claimed_at,
        proven_at=proven_at,
        proof_trusted=trusted,
        expired_at=ends if ends < context.now else None,
    )


def certificate_step(seal: IntactSeal, facts: SealFacts, context: CheckContext) -> Step:
    """Judge the certificate of an intact seal.

    1. It is made for signatures, and the time that the seal claims is within its validity.
    2. It is valid now, or a timestamp says that it sealed before it expired.
    3. Without trust anchors the check ends here, unfinished.
    4. An expired one needs a timestamp of a trusted authority.
    5. A path leads from it to a trust anchor, valid at the proven time of sealing, else now.
    """
    certificate = seal.path[0]
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not may_seal(certificate):  # 1
        return failed(_STEP, "not_for_sealing", "The certificate is not made for signatures or seals.")
    if begins > context.now or not begins <= (seal.claimed_at or begins) <= ends:
        return failed(_STEP, "outside_validity", f"The certificate is valid from {_day(begins)} to {_day(ends)} only.")
    if facts.expired_at and not _sealed_before(ends, facts):  # 2
        return failed(
            _STEP, "expired", f"The certificate expired on {_day(ends)}, no timestamp shows a seal before that."
        )
    if not context.anchors:  # 3
        return _without_anchors(facts)
    if facts.expired_at and not facts.proof_trusted:  # 4
        sentence = f"The certificate expired on {_day(ends)}; the timestamp in the seal is not of a trusted authority."
        return failed(_STEP, "expired", sentence)
    at = facts.proven_at if facts.proof_trusted and facts.proven_at else context.now
    if not _has_path(seal.path, context.anchors, at):  # 5
        return failed(_STEP, "untrusted", "No path leads from the certificate to a configured trust anchor.")
    return _trusted(facts)


def _without_anchors(facts: SealFacts) -> Step:
    if facts.development:
        sentence = f"{DEVELOPMENT}: anybody can make such a seal in the name of anybody."
        return not_checked(_STEP, "development_seal", sentence)
    sentence = f"{_expiry(facts)}Not checked whether it is genuine: no trust anchor configured."
    return not_checked(_STEP, "expired_no_trust_anchor" if facts.expired_at else "no_trust_anchor", sentence)


def _trusted(facts: SealFacts) -> Step:
    loud = f"{DEVELOPMENT}. " if facts.development else ""
    code = "development_seal" if facts.development else "expired_after_sealing" if facts.expired_at else "ok"
    sentence = f"{loud}{_expiry(facts)}The certificate is of {facts.organisation}, under a trust anchor; {_NOT_ASKED}."
    return passed(_STEP, sentence, code)


def _expiry(facts: SealFacts) -> str:
    if not facts.expired_at or not facts.proven_at:
        return ""
    proof = "proves" if facts.proof_trusted else "says"
    stamped = f"a timestamp of {_day(facts.proven_at)} {proof} that it sealed before"
    return f"The certificate expired on {_day(facts.expired_at)}; {stamped}. "


def _proof(seal: IntactSeal, context: CheckContext) -> tuple[datetime | None, bool]:
    """Return the earliest time that a trusted timestamp proves, else that any says."""
    anchors = (*context.timestamp_anchors, *context.anchors)
    trusted = [timestamp.at for timestamp in seal.timestamps if timestamp.is_trusted(anchors)]
    said = trusted or [timestamp.at for timestamp in seal.timestamps]
    return min(said, default=None), bool(trusted)


def _sealed_before(ends: datetime, facts: SealFacts) -> bool:
    return facts.proven_at is not None and facts.proven_at <= ends


def _has_path(path: tuple[x509.Certificate, ...], anchors: tuple[x509.Certificate, ...], at: datetime) -> bool:
    """Tell whether a path was valid at ``at``; a certificate that is itself an anchor needs none."""
    if path[0] in anchors:
        return True
    policies = {"ca_policy": _authorities(), "ee_policy": ExtensionPolicy.permit_all()}
    verifier = (
        PolicyBuilder().store(Store(list(anchors))).time(at).extension_policies(**policies).build_client_verifier()
    )
    try:
        verifier.verify(path[0], list(path[1:]))
    except VerificationError:
        return False
    return True


def _authorities() -> ExtensionPolicy:
    """Demand what RFC 5280 clauses 4.2.1.3 and 4.2.1.9 do of whoever issues certificates.

    The library looks at the basic constraints by itself once they are required, at key usage it does not.
    """
    policy = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    return policy.may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_certifying)


def _require_certifying(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage and not usage.key_cert_sign:
        raise ValueError("the key is not for signing certificates")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
