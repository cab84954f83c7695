"""The three signature algorithms that a seal may use (RFC 7518 clauses 3.3 to 3.5), and no others.

What is absent is refused: ``none`` and the HMAC family, whose key would be public, and RSA below 2048 bits.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_SHA256 = hashes.SHA256()
_RSA = {"RS256": padding.PKCS1v15(), "PS256": padding.PSS(padding.MGF1(_SHA256), 32)}


def is_accepted(algorithm: str, key: object) -> bool:
    """Tell whether ``algorithm`` is one of the three and made for this kind of key."""
    if isinstance(key, rsa.RSAPublicKey):
        return algorithm in _RSA and key.key_size >= 2048
    return algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def is_signature(algorithm: str, key: object, signature: bytes, data: bytes) -> bool:
    """Tell whether ``signature`` is that of ``data``; the algorithm must have been accepted for the key."""
    verify = _verifier(algorithm, key)
    try:
        verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _verifier(algorithm: str, key: object) -> Callable[[bytes, bytes], None]:
    if isinstance(key, rsa.RSAPublicKey):
        scheme = _RSA[algorithm]
        return lambda signature, data: key.verify(signature, data, scheme, _SHA256)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return lambda signature, data: key.verify(_der(signature), data, ec.ECDSA(_SHA256))


def _der(signature: bytes) -> bytes:
    """Turn r || s of 32 bytes each into the ASN.1 that the library verifies."""
    if len(signature) != 64:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
