"""Reading timestamps of a third party: proof that something existed at a time (RFC 3161, CMS of RFC 5652).

Three questions, asked apart because their answers mean different things: does the token cover these bytes
(:meth:`Timestamp.covers`), is it unchanged (:meth:`Timestamp.is_intact`), and did an authority that the verifier
trusts make it (:meth:`Timestamp.is_trusted`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

_DIGESTS = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_OIDS = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}
_DAMAGE = (
    VerificationError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
)
"""What the ASN.1 readers raise on damaged tokens: not one family."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A TimeStampToken; ``at`` is the authority's time, aware UTC. Build it with :func:`read_token`."""

    at: datetime
    token: bytes
    response: TimeStampResponse

    def covers(self, data: bytes) -> bool:
        """Tell whether the message imprint is that of ``data`` (RFC 3161 clause 2.4.1)."""
        imprint = self.response.tst_info.message_imprint
        digest = _OIDS.get(imprint.hash_algorithm.dotted_string)
        return digest is not None and digest(data).digest() == imprint.message

    def is_intact(self) -> bool:
        """Tell whether the token is as its signer made it, going by the certificate that it brings along.

        This shows that nobody changed it, not who made it.
        """
        try:
            _verify(cms.ContentInfo.load(self.token)["content"])
        except _DAMAGE:
            return False
        return True

    def is_trusted(self, anchors: Sequence[x509.Certificate]) -> bool:
        """Tell whether an authority under ``anchors`` made it, with a certificate for timestamps valid at the time."""
        if not anchors:
            return False
        try:
            verifier = VerifierBuilder(roots=list(anchors)).build()
            return verifier.verify(self.response, self.response.tst_info.message_imprint.message)
        except _DAMAGE:
            return False


def read_token(token: bytes) -> Timestamp:
    """Read a DER TimeStampToken. Raise ValueError where it is none."""
    try:
        parts = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
        response = decode_timestamp_response(tsp.TimeStampResp(parts).dump())
        return Timestamp(response.tst_info.gen_time, token, response)
    except _DAMAGE:
        raise ValueError("not an RFC 3161 timestamp token") from None


def _verify(signed: cms.SignedData) -> None:
    """Verify the one signer of a token; raise one of ``_DAMAGE`` (RFC 5652 clauses 5.4 and 5.6)."""
    (signer,) = signed["signer_infos"]
    attributes = {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}
    content = bytes(signed["encap_content_info"]["content"])
    if (
        attributes["message_digest"][0].native
        != hashlib.new(signer["digest_algorithm"]["algorithm"].native, content).digest()
    ):
        raise InvalidSignature
    key = _signer_certificate(signed, signer).public_key()
    _verify_signature(key, signer, signer["signed_attrs"].untag().dump())


def _signer_certificate(signed: cms.SignedData, signer: cms.SignerInfo) -> x509.Certificate:
    """Find the signer among the certificates of the token by issuer and serial number."""
    named = signer["sid"].chosen
    for choice in signed["certificates"]:
        certificate = choice.chosen
        if certificate.serial_number == named["serial_number"].native and certificate.issuer == named["issuer"]:
            return x509.load_der_x509_certificate(certificate.dump())
    raise KeyError("the token does not bring the certificate of its signer")


def _verify_signature(key: object, signer: cms.SignerInfo, data: bytes) -> None:
    signature, digest = signer["signature"].native, _DIGESTS[signer["digest_algorithm"]["algorithm"].native]
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(digest))
    elif isinstance(key, rsa.RSAPublicKey) and signer["signature_algorithm"].signature_algo == "rsassa_pss":
        key.verify(signature, data, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), digest)
    else:
        raise UnsupportedAlgorithm("timestamps are verified with RSA and ECDSA keys")
