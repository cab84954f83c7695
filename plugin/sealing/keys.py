"""Seal keys: a private key with the certificate that says whose it is.

Key and certificate come from PEM or PKCS#12 files, or from :func:`development_seal`; a key may also stay in a device
(:mod:`plugin.sealing.devices`). ECDSA on P-256 (ES256) and
RSA from 2048 bits (RS256) are accepted: RFC 7518 clauses 3.3 and 3.4, and what ETSI TS 119 312 still recommends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs12
from joserfc.jwk import ECKey, RSAKey

from plugin.sealing.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    KeyMismatch,
    KeyUnreadable,
    KeyUnsuitable,
)

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_SHA256 = hashes.SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_PKCS1 = padding.PKCS1v15()
_WEAK = "a seal needs a P-256 key (ES256) or an RSA key of at least 2048 bits (RS256)"
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)
"""What cryptography raises on damaged files and on missing, superfluous or wrong passwords."""


class SigningKey(Protocol):
    """What signs for a seal: a key from a file, or one that never leaves its device."""

    @property
    def algorithm(self) -> str:
        """JWS ``alg`` (RFC 7518 clause 3.1): ES256 or RS256."""
        ...

    def sign(self, signing_input: bytes) -> bytes:
        """Return the JWS signature value: for ES256 the 64 bytes r || s (RFC 7518 clause 3.4)."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class FileKey:
    """A private key in memory."""

    private_key: PrivateKey

    @property
    def algorithm(self) -> str:
        """ES256 for P-256, RS256 for RSA."""
        return "ES256" if isinstance(self.private_key, ec.EllipticCurvePrivateKey) else "RS256"

    def sign(self, signing_input: bytes) -> bytes:
        """Return the JWS signature value."""
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(signing_input, _PKCS1, _SHA256)
        r, s = decode_dss_signature(self.private_key.sign(signing_input, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True, slots=True, repr=False)
class SealKey:
    """A key that can seal. ``chain`` are the certificates between ``certificate`` and its root, nearest first.

    Build it with :func:`from_pem`, :func:`from_pkcs12` or :func:`joined`, which check that the parts fit.
    """

    signing_key: SigningKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key_id: str
    """RFC 7638 thumbprint of the public key: SHA-256, base64url."""

    @property
    def algorithm(self) -> str:
        """JWS ``alg`` (RFC 7518 clause 3.1)."""
        return self.signing_key.algorithm

    def sign(self, signing_input: bytes) -> bytes:
        """Return the JWS signature value: for ES256 the 64 bytes r || s (RFC 7518 clause 3.4)."""
        return self.signing_key.sign(signing_input)

    def require_valid(self, now: datetime) -> None:
        """Raise where ``now`` (aware UTC) is outside the certificate's validity."""
        begins, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if now < begins:
            raise CertificateNotYetValid(f"the seal certificate is not valid before {begins:%Y-%m-%d %H:%M} UTC")
        if now > ends:
            raise CertificateExpired(f"the seal certificate expired on {ends:%Y-%m-%d %H:%M} UTC")


def from_pem(key: bytes, certificates: bytes, password: bytes | None = None) -> SealKey:
    """Read a PEM private key (PKCS#8, SEC 1 or PKCS#1) and PEM certificates in any order.

    Raise :class:`KeyUnreadable`, :class:`KeyMismatch` or :class:`KeyUnsuitable`.
    """
    try:
        private_key = load_pem_private_key(key, password)
        found = x509.load_pem_x509_certificates(certificates)
    except _UNREADABLE:
        raise KeyUnreadable("the seal's PEM key or certificate cannot be read, or its password is wrong") from None
    return seal_key(private_key, found)


def from_pkcs12(data: bytes, password: bytes | None) -> SealKey:
    """Read a PKCS#12 file (.p12, .pfx). Raises as :func:`from_pem` does."""
    try:
        private_key, certificate, others = pkcs12.load_key_and_certificates(data, password)
    except _UNREADABLE:
        raise KeyUnreadable("the seal's PKCS#12 file cannot be read, or its password is wrong") from None
    return seal_key(private_key, [*([certificate] if certificate else []), *others])


def seal_key(private_key: object, certificates: Sequence[x509.Certificate]) -> SealKey:
    """Join a private key with the one of ``certificates`` that is its own; the others become the chain."""
    kinds = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if not isinstance(private_key, kinds) or not _is_strong(private_key.public_key()):
        raise KeyUnsuitable(_WEAK)
    public = _public_bytes(private_key)
    certificate = next((one for one in certificates if _certified_bytes(one) == public), None)
    return joined(FileKey(private_key), certificate, certificates)


def joined(key: SigningKey, certificate: x509.Certificate | None, certificates: Sequence[x509.Certificate]) -> SealKey:
    """Join a key with ``certificate``, the one of ``certificates`` that is its own, None where none is.

    Raise :class:`KeyMismatch` or :class:`KeyUnsuitable`.
    """
    if certificate is None:
        raise KeyMismatch("none of the given certificates belongs to the seal's private key")
    if not _is_strong(certificate.public_key()):
        raise KeyUnsuitable(_WEAK)
    if not may_seal(certificate):
        raise KeyUnsuitable("the certificate's key usage allows neither digitalSignature nor contentCommitment")
    return SealKey(key, certificate, _chain(certificate, certificates), certificate_key_id(certificate))


@lru_cache(maxsize=64)
def certificate_key_id(certificate: x509.Certificate) -> str:
    """Return the RFC 7638 thumbprint of a certificate's public key, which is RSA or on an elliptic curve.

    Computed once for each of the few certificates that seal: an award is compared three times with what is known.
    """
    kind = RSAKey if isinstance(certificate.public_key(), rsa.RSAPublicKey) else ECKey
    return kind.import_key(_certified_bytes(certificate)).thumbprint()


def may_seal(certificate: x509.Certificate) -> bool:
    """Tell whether key usage, where stated, allows signatures (RFC 5280 clause 4.2.1.3)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def _is_strong(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 2048
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _public_bytes(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certified_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _chain(leaf: x509.Certificate, certificates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Follow the issuers from ``leaf``; a root stays out, a verifier must have it from elsewhere."""
    by_subject = {one.subject: one for one in certificates if one.subject != one.issuer}
    chain: list[x509.Certificate] = []
    issuer = by_subject.pop(leaf.issuer, None)
    while issuer is not None:
        chain.append(issuer)
        issuer = by_subject.pop(issuer.issuer, None)
    return tuple(chain)
