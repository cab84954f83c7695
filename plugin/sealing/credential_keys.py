"""Keys that sign Verifiable Credentials: named by a DID document or a JWK set instead of a certificate.

They are other keys than the seal of the institution: an Ed25519 key for Data Integrity proofs, a P-256 key for
tokens that badge servers and wallets read. Any of the two kinds can do either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from plugin.sealing.errors import KeyUnreadable, KeyUnsuitable
from plugin.sealing.multikey import Algorithm, PublicKey

PrivateKey: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

_ECDSA = ec.ECDSA(hashes.SHA256())


class Signer(Protocol):
    """What signs: a key here, in a certificate's company or in a device."""

    @property
    def algorithm(self) -> str:
        """JWS ``alg``."""
        ...

    @property
    def key_id(self) -> str:
        """RFC 7638 thumbprint of the public key."""
        ...

    def sign(self, signing_input: bytes) -> bytes:
        """Return the raw signature: 64 bytes for EdDSA, and for ES256 r || s."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class CredentialKey:
    """A private key that never shows itself. Build it with :func:`new_key` or :func:`read_key`."""

    private_key: PrivateKey
    public: PublicKey
    key_id: str

    @classmethod
    def of(cls, private_key: object) -> CredentialKey:
        """Take over a key of the ``cryptography`` package. Raise :class:`KeyUnsuitable` for other kinds."""
        if not isinstance(private_key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyUnsuitable("a credential key is Ed25519 or P-256")
        public = PublicKey.of(private_key.public_key())
        return cls(private_key, public, public.thumbprint)

    @property
    def algorithm(self) -> Algorithm:
        """EdDSA or ES256."""
        return self.public.algorithm

    def sign(self, signing_input: bytes) -> bytes:
        """Return the 64 bytes of the signature; for ES256 r || s (RFC 7518 clause 3.4)."""
        if isinstance(self.private_key, ed25519.Ed25519PrivateKey):
            return self.private_key.sign(signing_input)
        r, s = decode_dss_signature(self.private_key.sign(signing_input, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def pem(self, password: bytes | None = None) -> bytes:
        """Return the key as PKCS#8 PEM, encrypted where there is a password."""
        encryption = BestAvailableEncryption(password) if password else NoEncryption()
        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def new_key(algorithm: Algorithm) -> CredentialKey:
    """Generate a key for ``algorithm``."""
    if algorithm is Algorithm.EDDSA:
        return CredentialKey.of(ed25519.Ed25519PrivateKey.generate())
    return CredentialKey.of(ec.generate_private_key(ec.SECP256R1()))


def read_key(pem: bytes, password: bytes | None = None) -> CredentialKey:
    """Read a PEM private key. Raise :class:`KeyUnreadable` or :class:`KeyUnsuitable`."""
    try:
        private_key = load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyUnreadable("a credential key cannot be read, or its password is wrong") from None
    return CredentialKey.of(private_key)
