"""Checks of the seal: a real signature, the certificate's dates, whom it names; and of the credential keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from mappings.profile import Issuer
from plugin.errors import BridgeError
from plugin.health.report import Finding, bad, doubtful, good
from plugin.sealing.errors import SealError
from plugin.sealing.identity import certified_identity, disagreements, is_development, profiled_identity
from plugin.sealing.key_files import KeyFiles
from plugin.sealing.keys import SealKey
from plugin.sealing.multikey import Algorithm
from plugin.sealing.trial import signs

WARNED = (timedelta(days=7), timedelta(days=30), timedelta(days=60))
"""How long before its end a certificate is warned of."""

ReadSeal = Callable[[], SealKey | None]


def seal(read: ReadSeal, *, public: bool) -> Finding:
    """Read the seal and make a real signature with it."""
    try:
        key = read()
    except (BridgeError, SealError) as error:
        fix = "Look at MICROCRED_SEAL_FILE and MICROCRED_SEAL_PASSWORD; docs/keys.md."
        return bad("seal", f"The seal cannot be used: {error} [{error.code}].", fix)
    if key is None:
        fix = "Set MICROCRED_SEAL_FILE; `microcred keys dev` makes one to try."
        return doubtful("seal", "No seal is configured: nothing can be sealed.", fix)
    if not signs(key):
        return bad("seal", "The seal's signature does not verify.", "Key and certificate do not fit; get them again.")
    if is_development(key.certificate):
        said = "A development seal: it works and is worth nothing."
        return bad("seal", said, "Get an electronic seal certificate; docs/keys.md.") if public else good("seal", said)
    return good("seal", f"Signs with {key.algorithm}.")


def certificate(read: ReadSeal, clock: Callable[[], datetime]) -> Finding:
    """Look at the dates of the seal's certificate."""
    try:
        key = read()
    except (BridgeError, SealError):
        key = None
    if key is None:
        return doubtful("certificate", "There is no seal whose certificate could be looked at.", "See «seal».")
    ends, now = key.certificate.not_valid_after_utc, clock()
    fix = "Order the next certificate now, and put it in place before that day; docs/keys.md."
    if not key.certificate.not_valid_before_utc <= now <= ends:
        return bad("certificate", f"The seal's certificate is not valid now; it ends {ends:%Y-%m-%d}.", fix)
    near = next((span for span in WARNED if ends - now <= span), None)
    if near is not None:
        return doubtful("certificate", f"The seal's certificate ends {ends:%Y-%m-%d}, within {near.days} days.", fix)
    return good("certificate", f"Valid until {ends:%Y-%m-%d}.")


def institution(read: ReadSeal, issuers: Callable[[], tuple[Issuer, ...]]) -> Finding:
    """Compare whom the certificate names with the institution profile: only its owner can seal."""
    try:
        key, stated = read(), issuers()
    except (BridgeError, SealError):
        return doubtful("institution", "The seal cannot be compared with the institution profile.", "See «seal».")
    if not stated:
        fix = "Run `microcred institution PROFILE`."
        return doubtful("institution", "No institution profile is kept: teachers cannot enable credentials.", fix)
    if key is None:
        return doubtful("institution", f"Profile {stated[0].id}, version {stated[0].version}; no seal.", "See «seal».")
    if found := disagreements(profiled_identity(stated[0]), certified_identity(key.certificate)):
        said = "; ".join(
            f"{each.field}: profile «{', '.join(each.stated)}», certificate «{', '.join(each.certified)}»"
            for each in found
        )
        return bad(
            "institution", f"{said}.", "State in the profile exactly what the certificate names, as a new version."
        )
    return good("institution", f"The certificate names the institution of profile {stated[0].id}.")


def credential_keys(keys: KeyFiles, clock: Callable[[], datetime]) -> Finding:
    """See that the keys for Open Badges and wallets can sign, where there are any."""
    try:
        usable = [each for each in Algorithm if keys.signing(each, clock())]
    except SealError as error:
        return bad("credential keys", f"{error} [{error.code}].", "Restore the key folder; docs/keys.md.")
    if not usable:
        fix = "Run `microcred keys rotate` for Open Badges, wallets and status lists."
        return doubtful("credential keys", "There are none: only European Digital Credentials are sealed.", fix)
    return good("credential keys", f"Signing with {', '.join(usable)}.")


def timestamps(stamp: Callable[[bytes], bytes] | None) -> Finding:
    """Ask the timestamp authority for a real timestamp. A warning at most: seals wait for it, pages do not."""
    if stamp is None:
        return good("timestamp authority", "None is configured: seals are of level B.")
    fix = "Look at MICROCRED_TIMESTAMP_URL; awards wait until it answers."
    try:
        stamp(b"microcred check")
    except SealError as error:
        return doubtful("timestamp authority", f"{error} [{error.code}].", fix)
    return good("timestamp authority", "Gave a timestamp.")
