"""A second opinion on what the bridge hands out, by a path that shares no code with sealing or verification.

Only what the prober needs: the JAdES signature of a European Digital Credential (RFC 7797, unencoded payload) with the
key of the certificate in it, and one bit of a Bitstring Status List. Not a verifier: whom to trust is not asked here.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

_MALFORMED = (ValueError, KeyError, IndexError, TypeError, AttributeError)


class Doubtful(Exception):
    """It does not hold; ``str()`` says what."""


def require_signed(body: bytes) -> str:
    """Return whom the certificate names if the seal of ``body`` is its key's. Raises :class:`Doubtful`."""
    try:
        document = json.loads(body)
        seal = document["signatures"][0]
        header = json.loads(_bytes(seal["protected"]))
        certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        signed = f"{seal['protected']}.{document['payload']}".encode()
        _require(certificate.public_key(), _bytes(seal["signature"]), signed)
        return str(certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value)
    except InvalidSignature:
        raise Doubtful("the signature is not that of the certificate's key") from None
    except _MALFORMED as error:
        raise Doubtful(f"it is not built as it should be ({type(error).__name__})") from None


def bit_is_set(body: bytes, index: int) -> bool:
    """Read one bit of a Bitstring Status List credential (1.0, section 3.3). Raises :class:`Doubtful`."""
    try:
        encoded = json.loads(body)["credentialSubject"]["encodedList"]
        bits = gzip.decompress(_bytes(encoded.removeprefix("u")))
        return bool(bits[index // 8] >> (7 - index % 8) & 1)
    except (*_MALFORMED, OSError, zlib.error) as error:
        raise Doubtful(f"the list is not built as it should be ({type(error).__name__})") from None


def _require(key: object, signature: bytes, signed: bytes) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        halves = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        key.verify(utils.encode_dss_signature(*halves), signed, ec.ECDSA(hashes.SHA256()))
    else:
        raise InvalidSignature


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
