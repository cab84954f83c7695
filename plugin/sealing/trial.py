"""A real signature, to see whether a key can be used; nothing is sealed by it."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from plugin.sealing.keys import SealKey, SigningKey

_TRIAL = b"This signature seals nothing: it was made to see whether the key works."
_SHA256 = hashes.SHA256()


def signs(key: SealKey) -> bool:
    """Sign something without meaning, and verify it with the certificate's own public key."""
    return verifies(key.sign(_TRIAL), key.certificate)


def trial_signature(key: SigningKey) -> bytes:
    """Return the signature of something without meaning."""
    return key.sign(_TRIAL)


def verifies(signature: bytes, certificate: x509.Certificate) -> bool:
    """Tell whether a trial signature is that of a certificate's key."""
    public = certificate.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, _TRIAL, padding.PKCS1v15(), _SHA256)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            public.verify(encode_dss_signature(r, s), _TRIAL, ec.ECDSA(_SHA256))
        else:
            return False
    except InvalidSignature:
        return False
    return True
