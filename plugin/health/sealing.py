"""Checks of the seal: a real signature, the certificate's dates, whom it names; and of the credential keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from mappings.profile import Issuer
from mappings.said import Said, say, say_briefly
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

_WHY_SENTENCES = {
    "": "look the code up in docs/troubleshooting.md",
    "key_unreadable": "a file of the key cannot be read, or its password is wrong",
    "key_unsuitable": "the key or its certificate is not made for sealing",
    "key_mismatch": "certificate and private key do not belong together",
    "certificate_not_yet_valid": "its certificate is not valid yet",
    "certificate_expired": "its certificate has expired",
    "seal_compromised": "its key was declared to be in wrong hands",
    "seal_device_unavailable": "the device that holds the key does not answer",
    "seal_device_refused": "the device that holds the key refuses the PIN",
    "timestamp_unavailable": "the timestamp authority does not answer",
    "timestamp_refused": "the timestamp authority answers with something else than a timestamp",
}
"""What the error says in other languages, by code; in English its own sentence knows more."""

ReadSeal = Callable[[], SealKey | None]


def seal(read: ReadSeal, *, public: bool) -> Finding:
    """Read the seal and make a real signature with it."""
    try:
        key = read()
    except (BridgeError, SealError) as error:
        fix = say("Look at MICROCRED_SEAL_FILE and MICROCRED_SEAL_PASSWORD; docs/keys.md.")
        return bad(
            "seal", say("The seal cannot be used: %(error)s [%(code)s].", error=_why(error), code=error.code), fix
        )
    if key is None:
        fix = say("Set MICROCRED_SEAL_FILE; `microcred keys dev` makes one to try.")
        return doubtful("seal", say("No seal is configured: nothing can be sealed."), fix)
    if not signs(key):
        return bad(
            "seal",
            say("The seal's signature does not verify."),
            say("Key and certificate do not fit; get them again."),
        )
    if is_development(key.certificate):
        said = say("A development seal: it works and is worth nothing.")
        return (
            bad("seal", said, say("Get an electronic seal certificate; docs/keys.md."))
            if public
            else good("seal", said)
        )
    return good("seal", say("Signs with %(algorithm)s.", algorithm=key.algorithm))


def certificate(read: ReadSeal, clock: Callable[[], datetime]) -> Finding:
    """Look at the dates of the seal's certificate."""
    try:
        key = read()
    except (BridgeError, SealError):
        key = None
    if key is None:
        return doubtful(
            "certificate", say("There is no seal whose certificate could be looked at."), say("See «seal».")
        )
    ends, now = key.certificate.not_valid_after_utc, clock()
    fix = say("Order the next certificate now, and put it in place before that day; docs/keys.md.")
    if not key.certificate.not_valid_before_utc <= now <= ends:
        return bad("certificate", say("The seal's certificate is not valid now; it ends %(day)s.", day=ends), fix)
    near = next((span for span in WARNED if ends - now <= span), None)
    if near is not None:
        said = say("The seal's certificate ends %(day)s, within %(days)s days.", day=ends, days=near.days)
        return doubtful("certificate", said, fix)
    return good("certificate", say("Valid until %(day)s.", day=ends))


def institution(read: ReadSeal, issuers: Callable[[], tuple[Issuer, ...]]) -> Finding:
    """Compare whom the certificate names with the institution profile: only its owner can seal."""
    try:
        key, stated = read(), issuers()
    except (BridgeError, SealError):
        return doubtful(
            "institution", say("The seal cannot be compared with the institution profile."), say("See «seal».")
        )
    if not stated:
        fix = say("Run `microcred institution PROFILE`.")
        return doubtful("institution", say("No institution profile is kept: teachers cannot enable credentials."), fix)
    if key is None:
        said = say(
            "Profile %(profile)s, version %(version)s; no seal.", profile=stated[0].id, version=stated[0].version
        )
        return doubtful("institution", said, say("See «seal»."))
    if found := disagreements(profiled_identity(stated[0]), certified_identity(key.certificate)):
        fields = "; ".join(
            f"{each.field}: «{', '.join(each.stated)}» ≠ «{', '.join(each.certified)}»" for each in found
        )
        return bad(
            "institution",
            say("The profile says otherwise than the certificate: %(fields)s.", fields=fields),
            say("State in the profile exactly what the certificate names, as a new version."),
        )
    return good(
        "institution", say("The certificate names the institution of profile %(profile)s.", profile=stated[0].id)
    )


def credential_keys(keys: KeyFiles, clock: Callable[[], datetime]) -> Finding:
    """See that the keys for Open Badges and wallets can sign, where there are any."""
    try:
        usable = [each for each in Algorithm if keys.signing(each, clock())]
    except SealError as error:
        return bad(
            "credential keys",
            say("It cannot be used: %(error)s [%(code)s].", error=_why(error), code=error.code),
            say("Restore the key folder; docs/keys.md."),
        )
    if not usable:
        fix = say("Run `microcred keys rotate` for Open Badges, wallets and status lists.")
        return doubtful("credential keys", say("There are none: only European Digital Credentials are sealed."), fix)
    return good("credential keys", say("Signing with %(algorithms)s.", algorithms=", ".join(usable)))


def _why(error: BridgeError | SealError) -> Said:
    return say_briefly(str(error), _WHY_SENTENCES.get(error.code, _WHY_SENTENCES[""]))


def timestamps(stamp: Callable[[bytes], bytes] | None) -> Finding:
    """Ask the timestamp authority for a real timestamp. A warning at most: seals wait for it, pages do not."""
    if stamp is None:
        return good("timestamp authority", say("None is configured: seals are of level B."))
    fix = say("Look at MICROCRED_TIMESTAMP_URL; awards wait until it answers.")
    try:
        stamp(b"microcred check")
    except SealError as error:
        return doubtful(
            "timestamp authority",
            say("It cannot be used: %(error)s [%(code)s].", error=_why(error), code=error.code),
            fix,
        )
    return good("timestamp authority", say("Gave a timestamp."))
