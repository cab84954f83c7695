"""Seals as other issuers, careless ones and forgers among them, might write them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from tests.simulators.certificate_authority import Issued
from tests.simulators.credentials import credential

ABSENT = object()
"""Stands for a header member that is left out."""


def base64url(data: bytes) -> str:
    """Encode without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def etsi(item: object) -> str:
    """Encode one item of ``etsiU``."""
    return base64url(json.dumps(item).encode())


def header_of(issued: Issued) -> dict[str, object]:
    """Return a protected header as it should be."""
    der = issued.certificate.public_bytes(Encoding.DER)
    return {
        "alg": "ES256" if isinstance(issued.key, ec.EllipticCurvePrivateKey) else "RS256",
        "x5t#S256": base64url(hashlib.sha256(der).digest()),
        "x5c": [base64.b64encode(der).decode()],
        "b64": False,
        "sigT": "2026-06-30T12:00:00Z",
        "crit": ["b64", "sigT"],
    }


def foreign_seal(issued: Issued, payload: str | None = None, **changed: object) -> dict[str, Any]:
    """Seal ``payload`` (a good credential where not given) under a header with some members changed."""
    header = {name: value for name, value in (header_of(issued) | changed).items() if value is not ABSENT}
    return sealed_under(json.dumps(header).encode(), issued, payload, header.get("alg"))


def sealed_under(header: bytes, issued: Issued, payload: str | None = None, algorithm: object = None) -> dict[str, Any]:
    """Seal under any header bytes."""
    text, protected = payload or json.dumps(credential()), base64url(header)
    signature = base64url(sign(issued, f"{protected}.{text}".encode(), algorithm))
    return {"payload": text, "signatures": [{"protected": protected, "signature": signature}]}


def sign(issued: Issued, data: bytes, algorithm: object = None) -> bytes:
    """Sign as the key can; ``PS256`` asks for the other RSA scheme."""
    key = issued.key
    if isinstance(key, rsa.RSAPrivateKey):
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if algorithm == "PS256" else padding.PKCS1v15()
        return key.sign(data, scheme, hashes.SHA256())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    size = (key.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
