"""Checking a JAdES seal: the signature, the certificate that it names, and the timestamps that it carries.

What is decided here needs no trust in anybody: the seal is intact or it is not. Whose certificate it is, and whether
that was valid, is :mod:`plugin.verification.certificates`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from plugin.sealing.timestamp_tokens import Timestamp
from plugin.verification.etsi import seal_timestamps
from plugin.verification.jws import BadSeal, Envelope, from_base64url, read_header, signing_input
from plugin.verification.parsing import JsonObject, Limits
from plugin.verification.signatures import is_accepted, is_signature
from plugin.verification.tampering import what_changed

_PATH_LIMIT = 10  # certificates in x5c
_DIGESTS = {"S256": hashlib.sha256, "S384": hashlib.sha384, "S512": hashlib.sha512}  # x5t#o, clause 5.1.7


@dataclass(frozen=True, slots=True)
class IntactSeal:
    """A seal whose signature holds. ``path`` is the certificate that sealed, then those above it as the seal has them.

    ``claimed_at`` is the sealer's own word on the time (aware UTC), ``timestamps`` are those over the signature.
    """

    path: tuple[x509.Certificate, ...]
    claimed_at: datetime | None
    timestamps: tuple[Timestamp, ...]


def check_seal(envelope: Envelope, limits: Limits) -> IntactSeal:
    """Verify a seal. Raise :class:`BadSeal` with the first thing that is wrong.

    1. The protected header can be understood in one way only.
    2. It brings the certificate, and its reference is that certificate's (TS 119 182-1 clauses 5.1.7 and 5.1.8).
    3. The algorithm is accepted and fits the key.
    4. The signature is that of header and content.
    5. Every timestamp covers what it stands on, and is as its authority made it.

    The caller owes: path and validity of the certificate, and whether it is the issuer's.
    """
    header = read_header(envelope, limits)  # 1
    path = _path(header.values)  # 2
    _require_reference(header.values, path[0])
    key = path[0].public_key()
    if not is_accepted(header.algorithm, key):  # 3
        raise BadSeal("algorithm_refused", "The seal's algorithm is not accepted, or is not that of its key.")
    signature = _signature(envelope)
    if not is_signature(header.algorithm, key, signature, signing_input(envelope)):  # 4
        raise what_changed(envelope, header, key, limits)
    return IntactSeal(path, _claimed_at(header.values), seal_timestamps(envelope, header, limits))  # 5


def _path(header: JsonObject) -> tuple[x509.Certificate, ...]:
    encoded = header.get("x5c")
    if not isinstance(encoded, list) or not 0 < len(encoded) <= _PATH_LIMIT:
        raise BadSeal("certificate_missing", "The seal does not bring its certificate.")
    return tuple(_certificate(one) for one in encoded)


def _certificate(encoded: object) -> x509.Certificate:
    """Load one certificate and read it through: the library reads lazily, and damage shows only then."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(str(encoded), validate=True))
        certificate.public_key()
        _ = certificate.subject, certificate.issuer, certificate.extensions, certificate.not_valid_after_utc
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension):
        raise BadSeal("certificate_unreadable", "A certificate in the seal cannot be read.") from None
    return certificate


def _require_reference(header: JsonObject, certificate: x509.Certificate) -> None:
    """Compare every digest of the certificate that the header gives; there must be one."""
    der = certificate.public_bytes(Encoding.DER)
    given = [("S256", header["x5t#S256"])] if "x5t#S256" in header else []
    other = header.get("x5t#o")
    if isinstance(other, dict):
        given.append((str(other.get("digAlg")), other.get("digVal")))
    if not given:
        raise BadSeal("reference_missing", "The seal's header does not refer to its certificate.")
    for algorithm, digest in given:
        if not _is_digest(algorithm, digest, der):
            raise BadSeal("reference_wrong", "The seal's header refers to another certificate than it brings.")


def _is_digest(algorithm: str, digest: object, der: bytes) -> bool:
    compute = _DIGESTS.get(algorithm)
    try:
        return compute is not None and from_base64url(str(digest)) == compute(der).digest()
    except ValueError:
        return False


def _signature(envelope: Envelope) -> bytes:
    try:
        return from_base64url(envelope.signature)
    except ValueError:
        raise BadSeal("signature_changed", "The signature value was changed: it is not base64url.") from None


def _claimed_at(header: JsonObject) -> datetime | None:
    """Read ``iat`` (seconds; TS 119 182-1 v1.2.1 clause 5.1.11) or the older ``sigT`` (v1.1.1 clause 5.2.1)."""
    if "iat" not in header and "sigT" not in header:
        return None
    seconds = header.get("iat")
    try:
        if "iat" not in header:
            return datetime.strptime(str(header["sigT"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if isinstance(seconds, int | float) and not isinstance(seconds, bool):
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise BadSeal("time_unreadable", "The time of sealing cannot be read.")
