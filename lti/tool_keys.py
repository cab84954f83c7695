"""The bridge's own keys towards platforms: made, published with overlap, and used.

IMS Security Framework 1.0 sections 4.1.1 and 6.3. A rotation adds a key. It is published at once and signs after
:data:`SETTLING`, when every platform that keeps our key set by its ``Cache-Control`` has fetched it again; the key
before it stays published until :data:`OVERLAP` later, so that nothing signed a moment ago becomes unreadable.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from lti.stores import ToolKey, ToolKeyStore

CACHE = timedelta(hours=1)
"""How long platforms may keep our key set."""
SETTLING = timedelta(hours=2)
OVERLAP = timedelta(days=7)
_BITS = 2048


def new_key(now: datetime) -> ToolKey:
    """Make an RSA key pair: RS256 is the one algorithm that every platform reads."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ToolKey(_thumbprint(_public_members(private.public_key())), pem, now)


def signing_key(keys: tuple[ToolKey, ...], now: datetime) -> ToolKey:
    """Return the key to sign with: the newest that has settled, else the oldest. ``keys`` are oldest first."""
    if not keys:
        raise ValueError("there is no key; make one first")
    settled = [key for key in keys if now - key.created_at >= SETTLING]
    return settled[-1] if settled else keys[0]


def published(keys: tuple[ToolKey, ...], now: datetime) -> tuple[ToolKey, ...]:
    """Return the keys to publish: from the signing key on, and before it those that signed until a week ago."""
    if not keys:
        return ()
    settled = [key for key in keys if now - key.created_at >= SETTLING]
    successors = dict(pairwise(settled))
    retired = {key for key, successor in successors.items() if now - successor.created_at >= SETTLING + OVERLAP}
    return tuple(key for key in keys if key not in retired)


def key_set(keys: tuple[ToolKey, ...]) -> dict[str, object]:
    """Return the public halves as a JWK Set (RFC 7517)."""
    return {"keys": [_public_jwk(key) for key in keys]}


def ensure_key(store: ToolKeyStore, now: datetime) -> tuple[ToolKey, ...]:
    """Return all keys, after making the first one where there is none."""
    if not store.keys():
        store.add(new_key(now))
    return store.keys()


def rotate(store: ToolKeyStore, now: datetime) -> ToolKey:
    """Add a new key, delete those that nobody can need, and return the new one."""
    if not store.keys():
        return ensure_key(store, now)[0]
    key = new_key(now)
    store.add(key)
    keys = store.keys()
    for unneeded in set(keys) - set(published(keys, now)):
        store.remove(unneeded.key_id)
    return key


def public_pem(key: ToolKey) -> bytes:
    """Return the public half as PEM (SubjectPublicKeyInfo)."""
    return _public_key(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _public_key(key: ToolKey) -> rsa.RSAPublicKey:
    private = load_pem_private_key(key.private_pem, password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("a tool key must be RSA")
    return private.public_key()


def _public_jwk(key: ToolKey) -> dict[str, str]:
    return {"kid": key.key_id, "alg": "RS256", "use": "sig", **_public_members(_public_key(key))}


def _public_members(public: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    return {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}


def _base64url(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode().rstrip("=")


def _thumbprint(members: dict[str, str]) -> str:
    """Return the RFC 7638 thumbprint: SHA-256 over the required members in the order of their names."""
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    return urlsafe_b64encode(hashlib.sha256(canonical).digest()).decode().rstrip("=")
