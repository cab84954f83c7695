"""A certificate authority for tests: seal certificates of any owner, key and age, and one for timestamps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
OWNER = {
    NameOID.COUNTRY_NAME: "BE",
    NameOID.ORGANIZATION_NAME: "Universiteit Voorbeeld",
    NameOID.ORGANIZATION_IDENTIFIER: "VATBE-0123456789",
    NameOID.COMMON_NAME: "Universiteit Voorbeeld seal",
}


def name(parts: dict[x509.ObjectIdentifier, str]) -> x509.Name:
    """Build a distinguished name."""
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items()])


def usage(*, signs: bool = True, certifies: bool = False) -> x509.KeyUsage:
    """Build the key usage of a seal (or of nothing) or of an authority."""
    return x509.KeyUsage(
        digital_signature=signs and not certifies,
        content_commitment=signs and not certifies,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )


def pem(key: Key) -> bytes:
    """Write a private key as unencrypted PKCS#8."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Issued:
    """A key with its certificate, as objects and as PEM."""

    key: Key
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        return pem(self.key)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


class CertificateAuthority:
    """A root that issues what it is asked for; ``below`` makes it an intermediate authority of another."""

    def __init__(self, common_name: str = "Test CA", below: CertificateAuthority | None = None) -> None:
        self.key: Key = ec.generate_private_key(ec.SECP256R1())
        self.name = name({NameOID.COMMON_NAME: common_name, NameOID.COUNTRY_NAME: "BE"})
        builder = (below or self).builder(self.name, self.key, NOW - timedelta(days=3650), 7300)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(usage(certifies=True), critical=True)
        self.certificate = builder.sign((below or self)._signer(), hashes.SHA256())

    @classmethod
    def of(cls, issued: Issued) -> CertificateAuthority:
        """Let the owner of any certificate issue others, entitled to or not."""
        authority = cls()
        authority.key, authority.name, authority.certificate = (
            issued.key,
            issued.certificate.subject,
            issued.certificate,
        )
        return authority

    def issue(self, subject: x509.Name, key: Key, *extensions: x509.ExtensionType) -> Issued:
        """Issue a certificate with critical extensions, valid around ``NOW``."""
        builder = self.builder(subject, key, NOW - timedelta(days=10), 365)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        return Issued(key, builder.sign(self._signer(), hashes.SHA256()))

    def seal(
        self,
        owner: dict[x509.ObjectIdentifier, str] | None = None,
        key: Key | None = None,
        *,
        begins: datetime = NOW - timedelta(days=100),
        days: int = 365,
        signs: bool | None = True,
    ) -> Issued:
        """Issue a seal certificate; ``signs`` None leaves the key usage unsaid."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = self.builder(name(OWNER if owner is None else owner), key, begins, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if signs is not None:
            builder = builder.add_extension(usage(signs=signs), critical=True)
        return Issued(key, builder.sign(self._signer(), hashes.SHA256()))

    def timestamps(self, key: Key | None = None) -> Issued:
        """Issue the certificate of a timestamp authority (RFC 3161 clause 2.3)."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = name({NameOID.COMMON_NAME: "Test TSA", NameOID.COUNTRY_NAME: "BE"})
        builder = self.builder(subject, key, NOW - timedelta(days=3650), 7300)
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True).add_extension(usage(), critical=True)
        return Issued(key, builder.sign(self._signer(), hashes.SHA256()))

    def _signer(self) -> ec.EllipticCurvePrivateKey:
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        return self.key

    def revocations(self, at: datetime, *revoked: x509.Certificate) -> bytes:
        """Return the DER list of what was revoked a minute before ``at``."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        builder = builder.last_update(at - timedelta(minutes=1)).next_update(at + timedelta(days=1))
        for each in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(each.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(at - timedelta(minutes=1)).build())
        return builder.sign(self._signer(), hashes.SHA256()).public_bytes(Encoding.DER)

    def builder(self, subject: x509.Name, key: Key, begins: datetime, days: int) -> x509.CertificateBuilder:
        """Begin a certificate of this authority, for it to sign."""
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(begins).not_valid_after(begins + timedelta(days=days))
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        return builder.add_extension(issuer_key, critical=False)
