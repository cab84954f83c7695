"""Public keys as Verifiable Credentials write them: Multikey, JWK, ``did:key``.

Controlled Identifiers 1.0, clause 2.2.2 (https://www.w3.org/TR/cid-1.0/#Multikey), RFC 7517, RFC 7638, RFC 8037.
Two kinds only, each with one algorithm: Ed25519 with EdDSA, P-256 with ES256. What signs with it is told by the
key, never by the document (RFC 8725 clause 3.1).
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from plugin.sealing.errors import KeyUnsuitable

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CHUNK, _HALF = 58**8, 58**4  # what fits a machine word, and half of it
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_ECDSA = ec.ECDSA(hashes.SHA256())


class Algorithm(StrEnum):
    """JWS algorithm names; each belongs to one kind of key."""

    EDDSA = "EdDSA"
    ES256 = "ES256"


_PREFIX = {Algorithm.EDDSA: b"\xed\x01", Algorithm.ES256: b"\x80\x24"}
_LENGTH = {Algorithm.EDDSA: 32, Algorithm.ES256: 33}


def base58(data: bytes) -> str:
    """Return base58btc of ``data``."""
    number = int.from_bytes(data, "big")
    chunks: list[str] = []
    while number:
        number, chunk = divmod(number, _CHUNK)
        high, low = divmod(chunk, _HALF)
        chunks.append(f"{_PAIRS[high // 3364]}{_PAIRS[high % 3364]}{_PAIRS[low // 3364]}{_PAIRS[low % 3364]}")
    chunks.reverse()
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(chunks).lstrip("1")


def from_base58(text: str) -> bytes:
    """Return the bytes of base58btc ``text``. Raise ValueError for other characters."""
    number = 0
    for character in text:
        number = number * 58 + _ALPHABET.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base64url(data: bytes) -> str:
    """Return base64url without padding (RFC 7515 clause 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url ``text``. Raise ValueError for other characters."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("not base64url")
    return data


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: ``raw`` is the 32 bytes of Ed25519 or the 33 bytes of a compressed point of P-256."""

    algorithm: Algorithm
    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != _LENGTH[self.algorithm]:
            raise KeyUnsuitable("a public key has the wrong length")

    @classmethod
    def of(cls, key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> PublicKey:
        """Take over a key of the ``cryptography`` package; refuse curves but P-256."""
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls(Algorithm.EDDSA, key.public_bytes_raw())
        if not isinstance(key.curve, ec.SECP256R1):
            raise KeyUnsuitable("an elliptic-curve key must be on P-256")
        return cls(Algorithm.ES256, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))

    @classmethod
    def from_multibase(cls, text: str) -> PublicKey:
        """Read a Multikey (``z6Mk…``, ``zDna…``). Raise :class:`KeyUnsuitable`."""
        try:
            data = from_base58(text[1:]) if text.startswith("z") and len(text) < 64 else b""
        except ValueError:
            data = b""
        for algorithm, prefix in _PREFIX.items():
            if data.startswith(prefix):
                return cls(algorithm, data[2:])
        raise KeyUnsuitable("a Multikey is neither Ed25519 nor P-256")

    @classmethod
    def from_jwk(cls, jwk: object) -> PublicKey:
        """Read a public JWK (RFC 7517). Raise :class:`KeyUnsuitable`, also for one that shows a private key."""
        try:
            return cls._read_jwk({str(name): str(value) for name, value in dict(jwk).items()})  # type: ignore[call-overload]
        except (KeyError, TypeError, ValueError):
            raise KeyUnsuitable("a JWK is not a public key on Ed25519 or P-256") from None

    @classmethod
    def _read_jwk(cls, jwk: dict[str, str]) -> PublicKey:
        if "d" in jwk:
            raise ValueError
        if (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519"):
            return cls(Algorithm.EDDSA, from_base64url(jwk["x"]))
        if (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
            raise ValueError
        x, y = from_base64url(jwk["x"]), from_base64url(jwk["y"])
        return cls.of(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y))

    @property
    def multibase(self) -> str:
        """The key as a Multikey, also the fragment that names it in a DID document."""
        return "z" + base58(_PREFIX[self.algorithm] + self.raw)

    @property
    def did(self) -> str:
        """The key's own ``did:key``."""
        return f"did:key:{self.multibase}"

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JWK with the required members only, in the order of RFC 7638."""
        if self.algorithm is Algorithm.EDDSA:
            return {"crv": "Ed25519", "kty": "OKP", "x": base64url(self.raw)}
        numbers = self._point().public_numbers()
        x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    @property
    def thumbprint(self) -> str:
        """RFC 7638 thumbprint: SHA-256, base64url."""
        members = ",".join(f'"{name}":"{value}"' for name, value in self.jwk.items())
        return base64url(sha256(f"{{{members}}}".encode()).digest())

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether ``signature`` (64 bytes; r || s for ES256) is this key's on ``message``."""
        if len(signature) != 64:
            return False
        try:
            if self.algorithm is Algorithm.EDDSA:
                ed25519.Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
            else:
                r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
                self._point().verify(encode_dss_signature(r, s), message, _ECDSA)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _point(self) -> ec.EllipticCurvePublicKey:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.raw)
