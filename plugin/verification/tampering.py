"""Naming what was changed in a seal that does not hold, as far as the seal itself can still tell.

A wrong signature alone says only «something». A content timestamp knows the content as it was, a signature timestamp
the signature, and an RSA signature shows by its inner form whether it is one. This is help for people, not security.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from plugin.sealing.timestamp_tokens import Timestamp
from plugin.verification.etsi import content_timestamps, signature_timestamps
from plugin.verification.jws import BadSeal, Envelope, Header, from_base64url
from plugin.verification.parsing import Limits


def what_changed(envelope: Envelope, header: Header, key: object, limits: Limits) -> BadSeal:
    """Return the finding for a signature that does not hold; the signature must be base64url."""
    try:
        over_content = content_timestamps(header)
    except BadSeal:
        return _header_changed()
    if not all(timestamp.is_intact() for timestamp in over_content):  # they stand in the protected header
        return _header_changed()
    if not _cover(over_content, envelope.payload):
        return BadSeal("content_changed", "The content was changed after sealing.")
    over_signature = _intact_signature_timestamps(envelope, limits)
    if not _cover(over_signature, envelope.signature):
        return BadSeal("signature_changed", "The signature value was changed after sealing.")
    if not over_signature and not _is_rsa_signature(key, envelope):
        return BadSeal("changed", "The content, the protected header or the signature was changed after sealing.")
    if over_content:
        return _header_changed()
    return BadSeal("content_or_header_changed", "The content or the protected header was changed after sealing.")


def _header_changed() -> BadSeal:
    return BadSeal("header_changed", "The seal's protected header was changed after sealing.")


def _cover(timestamps: Iterable[Timestamp], text: str) -> bool:
    return all(timestamp.covers(text.encode()) for timestamp in timestamps)


def _intact_signature_timestamps(envelope: Envelope, limits: Limits) -> list[Timestamp]:
    try:
        return [timestamp for timestamp in signature_timestamps(envelope, limits) if timestamp.is_intact()]
    except BadSeal:
        return []


def _is_rsa_signature(key: object, envelope: Envelope) -> bool:
    """Tell whether the signature opens to a SHA-256 digest: a changed one would not."""
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.recover_data_from_signature(from_base64url(envelope.signature), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
