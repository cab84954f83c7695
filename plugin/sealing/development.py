"""A seal for development: it works like a real one and says in its very name that it is worth nothing.

Anybody can make one for any institution, so no verifier may trust it. Its authority's key is forgotten as soon as
the one certificate is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mappings.profile import Issuer
from plugin.sealing.certificate_request import subject_of
from plugin.sealing.identity import DEVELOPMENT

_AUTHORITY = "DEVELOPMENT AUTHORITY - NOT FOR REAL CREDENTIALS"
_VALID_FOR = timedelta(days=365)
_SIGNING = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
_CERTIFYING = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True, repr=False)
class DevelopmentSeal:
    """PEM files: the private key, its certificate, and the authority as trust anchor for tests."""

    key_pem: bytes
    certificate_pem: bytes
    authority_pem: bytes


def development_seal(issuer: Issuer, now: datetime, password: bytes | None = None) -> DevelopmentSeal:
    """Make a P-256 key and a certificate that agrees with ``issuer``, valid for a year from ``now`` (aware UTC).

    Raise :class:`~plugin.sealing.errors.IssuerUnnamed` where ``issuer`` lacks legal name, eIDAS identifier or country.
    """
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key, now)
    certificate = _certificate(subject_of(issuer, DEVELOPMENT), key.public_key(), authority, now).sign(
        authority_key, hashes.SHA256()
    )
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return DevelopmentSeal(
        key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection),
        certificate_pem=certificate.public_bytes(Encoding.PEM),
        authority_pem=authority.public_bytes(Encoding.PEM),
    )


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _AUTHORITY)])
    builder = _builder(name, name, key.public_key(), now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_CERTIFYING, critical=True)
    return builder.sign(key, hashes.SHA256())


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, authority: x509.Certificate, now: datetime
) -> x509.CertificateBuilder:
    subject_key = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
    builder = _builder(subject, authority.subject, key, now)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_SIGNING, critical=True)
    return builder.add_extension(issuer_key, critical=False)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + _VALID_FOR)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
