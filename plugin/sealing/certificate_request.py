"""The first step towards a seal: a key pair, and the request that its owner's authority certifies (PKCS#10, RFC 2986).

The subject says what a seal certificate has to (ETSI EN 319 412-3 clause 4.2.1). It is the institution profile's, so
that the certificate will name the very institution that its credentials name.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mappings.profile import Issuer
from plugin.sealing.errors import IssuerUnnamed
from plugin.sealing.identity import alpha2

_RSA_BITS = 3072


@dataclass(frozen=True, slots=True, repr=False)
class CertificateRequest:
    """PEM of a new private key and of the request for its certificate."""

    key_pem: bytes
    request_pem: bytes


def certificate_request(issuer: Issuer, password: bytes | None, *, with_rsa: bool = False) -> CertificateRequest:
    """Make a key (P-256, or RSA of 3072 bits) and request its certificate. Raise :class:`IssuerUnnamed`."""
    subject = subject_of(issuer, legal_name(issuer))
    key = rsa.generate_private_key(65537, _RSA_BITS) if with_rsa else ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return CertificateRequest(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection), request.public_bytes(Encoding.PEM)
    )


def legal_name(issuer: Issuer) -> str:
    """Return the name in the institution's first language, «» where it has none."""
    return issuer.legal_name.by_language[0][1] if issuer.legal_name else ""


def subject_of(issuer: Issuer, common_name: str) -> x509.Name:
    """Return whom a certificate has to name. Raise :class:`IssuerUnnamed` where the profile does not say it all."""
    country = alpha2(issuer.country.iri) if issuer.country else ""
    if issuer.legal_name is None or not issuer.eidas_identifier or not country:
        raise IssuerUnnamed("a seal needs the institution's legal name, eIDAS identifier and country")
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, legal_name(issuer)),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, issuer.eidas_identifier),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
