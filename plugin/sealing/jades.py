"""JAdES seals of European Digital Credentials: baseline B, and T with a timestamp authority.

ETSI TS 119 182-1 v1.2.1 (https://www.etsi.org/deliver/etsi_ts/119100_119199/11918201/), in the shape that the
European Digital Credentials infrastructure writes: JWS General JSON Serialization (RFC 7515 clause 7.2.1), the
credential unencoded as a JSON string (RFC 7797), the signature enveloping it::

    {"payload": "{...}", "signatures": [{"protected": "...", "header": {"etsiU": ["..."]}, "signature": "..."}]}

Left to others: rendering, and the decision that an award may be sealed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime

from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mappings.documents.elm import ElmDocument
from mappings.documents.envelope import Document, Format
from plugin.sealing import Sealed
from plugin.sealing.compact import compact_json
from plugin.sealing.errors import DocumentUnsuitable, IssuerDisagrees
from plugin.sealing.identity import certified_identity, disagreements, stated_identity
from plugin.sealing.keys import SealKey
from plugin.sealing.timestamps import TimestampAuthority

MEDIA_TYPE = "application/jose+json"
_NOBODY = object()


class JadesSealer:
    """Seals ELM documents with one key; everything that does not depend on the document is computed once."""

    format = Format.ELM

    def __init__(self, key: SealKey, authority: TimestampAuthority | None = None) -> None:
        self._key = key
        self._authority = authority
        self._identity = certified_identity(key.certificate)
        self._header = _constant_header(key)
        self._agreed: object = _NOBODY

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal ``document`` at ``now`` (aware UTC); asks the timestamp authority where there is one.

        Raise :class:`plugin.sealing.errors.SealError`: the certificate is not valid at ``now``, the document is no
        ELM document, its issuer is not whom the certificate names, or the authority gave no timestamp.
        """
        payload = self._own(document)
        return Sealed(self.format, self._enveloped(document.body, payload, now), MEDIA_TYPE, self._key.key_id)

    def seal_trial(self, now: datetime) -> bytes:
        """Seal a sentence that attests nothing, so that others can try the seal before it seals a credential."""
        sentence = f"Trial of an electronic seal on {now:%Y-%m-%d %H:%M} UTC. It attests nothing about anybody."
        return self._enveloped(sentence.encode(), compact_json(sentence), now)

    def _enveloped(self, body: bytes, payload: bytes, now: datetime) -> bytes:
        """Return the seal around ``body``; ``payload`` is the same as a JSON string."""
        self._key.require_valid(now)
        protected = _base64url(json.dumps(self._header | {"iat": int(now.timestamp())}, separators=(",", ":")).encode())
        signature = _base64url(self._key.sign(f"{protected}.".encode() + body))
        seal: dict[str, object] = {"protected": protected, "signature": signature}
        if self._authority:
            seal["header"] = {"etsiU": [_signature_timestamp(self._authority.stamp(signature.encode()))]}
        return b'{"payload":%s,"signatures":[%s]}' % (payload, compact_json(seal))

    def _own(self, document: Document) -> bytes:
        """Return the document as a JSON string if this key's owner is its issuer."""
        if document.format is not self.format:
            raise DocumentUnsuitable(f"this seal is for {self.format}, the document is {document.format}")
        if isinstance(document, ElmDocument):
            self._require_agreement(document.issuer)
            return b'"%s"' % document.body.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        text, issuer = _read(document.body)
        self._require_agreement(issuer)
        return compact_json(text)

    def _require_agreement(self, issuer: object) -> None:
        """Raise :class:`IssuerDisagrees`; a class has one issuer, so the last node that agreed is not read again."""
        if issuer is self._agreed:
            return
        if found := disagreements(stated_identity(issuer), self._identity):
            raise IssuerDisagrees("; ".join(str(one) for one in found))
        self._agreed = issuer


def _read(body: bytes) -> tuple[str, object]:
    """Return a document as text, and its issuer."""
    try:
        text = body.decode()
        credential = json.loads(text)
    except ValueError:
        raise DocumentUnsuitable("the document is not UTF-8 JSON") from None
    return text, credential.get("issuer") if isinstance(credential, dict) else None


def issuer_serial(certificate: x509.Certificate) -> str:
    """Return the ``kid`` of TS 119 182-1 clause 5.1.4: base64 of the DER IssuerSerial (RFC 5035 clause 5.2)."""
    name = asn1_x509.Name.load(certificate.issuer.public_bytes())
    names = asn1_x509.GeneralNames([asn1_x509.GeneralName("directory_name", name)])
    serial = {"issuer": names, "serial_number": certificate.serial_number}
    return base64.b64encode(tsp.IssuerSerial(serial).dump()).decode()


def _constant_header(key: SealKey) -> dict[str, object]:
    """Return the protected header without its ``iat``; a verifier finds the whole path in ``x5c``, the root apart."""
    leaf = key.certificate.public_bytes(Encoding.DER)
    path = [leaf, *(one.public_bytes(Encoding.DER) for one in key.chain)]
    return {
        "alg": key.algorithm,
        "cty": "octet-stream",
        "kid": issuer_serial(key.certificate),
        "x5t#S256": _base64url(hashlib.sha256(leaf).digest()),
        "x5c": [base64.b64encode(one).decode() for one in path],
        "typ": "jose+json",
        "b64": False,
        "crit": ["b64"],
    }


def _signature_timestamp(token: bytes) -> str:
    """Return the ``sigTst`` item of ``etsiU`` (clause 5.3.4), base64url as a whole (clause 5.3.1)."""
    item = {"sigTst": {"tstTokens": [{"val": base64.b64encode(token).decode()}]}}
    return _base64url(json.dumps(item, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
