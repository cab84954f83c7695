"""Seal keys: what is read, and that the parts belong together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from joserfc.jwk import ECKey

from plugin.sealing.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    KeyMismatch,
    KeyUnreadable,
    KeyUnsuitable,
    SealError,
)
from plugin.sealing.keys import from_pem, from_pkcs12, seal_key
from plugin.verification.signatures import is_signature
from tests.simulators.certificate_authority import NOW, CertificateAuthority

CA = CertificateAuthority()
MIDDLE = CertificateAuthority("Middle CA", below=CA)
ISSUED = MIDDLE.seal()
RSA = rsa.generate_private_key(65537, 2048)


def test_pem_files_make_a_key() -> None:
    """The certificate is found among several, the path is put in order, the root stays out."""
    pems = b"".join(one.public_bytes(Encoding.PEM) for one in (CA.certificate, MIDDLE.certificate))

    key = from_pem(ISSUED.key_pem, pems + ISSUED.certificate_pem)

    assert key.certificate == ISSUED.certificate
    assert key.chain == (MIDDLE.certificate,)


def test_an_encrypted_pem_key_opens_with_its_password() -> None:
    """PKCS#8 with a password."""
    pem = ISSUED.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame"))

    assert from_pem(pem, ISSUED.certificate_pem, b"open sesame").certificate == ISSUED.certificate
    with pytest.raises(KeyUnreadable, match="password"):
        from_pem(pem, ISSUED.certificate_pem, b"wrong")
    with pytest.raises(KeyUnreadable):
        from_pem(pem, ISSUED.certificate_pem)


@pytest.mark.parametrize("password", [None, b"open sesame"])
def test_a_pkcs12_file_makes_a_key(password: bytes | None) -> None:
    """With and without password, with the path it brings along."""
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    assert isinstance(ISSUED.key, ec.EllipticCurvePrivateKey)
    file = pkcs12.serialize_key_and_certificates(
        b"seal", ISSUED.key, ISSUED.certificate, [MIDDLE.certificate], protection
    )

    key = from_pkcs12(file, password)

    assert (key.certificate, key.chain) == (ISSUED.certificate, (MIDDLE.certificate,))


def test_a_damaged_pkcs12_file_is_refused() -> None:
    """What is no PKCS#12 is not read."""
    with pytest.raises(KeyUnreadable, match=r"PKCS#12"):
        from_pkcs12(b"no such thing", b"")


def test_a_pkcs12_file_without_certificate_is_refused() -> None:
    """A key alone does not say whose it is."""
    assert isinstance(ISSUED.key, ec.EllipticCurvePrivateKey)
    file = pkcs12.serialize_key_and_certificates(None, ISSUED.key, None, None, BestAvailableEncryption(b"x"))

    with pytest.raises(KeyMismatch):
        from_pkcs12(file, b"x")


def test_a_certificate_of_another_key_is_refused() -> None:
    """Key and certificate must belong together."""
    with pytest.raises(KeyMismatch, match="none of the given certificates"):
        from_pem(ISSUED.key_pem, CA.seal().certificate_pem)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 1024),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["P-384", "RSA 1024", "Ed25519"],
)
def test_other_keys_are_refused(key: object) -> None:
    """ES256 and RS256 from 2048 bits only."""
    with pytest.raises(KeyUnsuitable, match="P-256"):
        seal_key(key, [])


@pytest.mark.parametrize("signs", [True, None])
def test_a_certificate_that_may_sign_is_accepted(signs: bool | None) -> None:
    """Key usage allows it or does not say (RFC 5280 clause 4.2.1.3)."""
    issued = CA.seal(signs=signs)

    assert seal_key(issued.key, [issued.certificate]).certificate == issued.certificate


def test_a_certificate_for_encryption_is_refused() -> None:
    """Key usage without signatures."""
    issued = CA.seal(signs=False)

    with pytest.raises(KeyUnsuitable, match="key usage"):
        seal_key(issued.key, [issued.certificate])


@pytest.mark.parametrize(("private_key", "algorithm"), [(None, "ES256"), (RSA, "RS256")])
def test_the_key_signs_in_the_form_of_its_algorithm(private_key: rsa.RSAPrivateKey | None, algorithm: str) -> None:
    """RFC 7518 clauses 3.3 and 3.4."""
    issued = CA.seal(key=private_key)
    key = seal_key(issued.key, [issued.certificate])

    signature = key.sign(b"data")

    assert key.algorithm == algorithm
    assert is_signature(algorithm, issued.certificate.public_key(), signature, b"data")
    assert not is_signature(algorithm, issued.certificate.public_key(), signature, b"date")


def test_the_key_id_is_the_thumbprint() -> None:
    """RFC 7638 over the public key, whatever the certificate."""
    key = seal_key(ISSUED.key, [ISSUED.certificate])

    assert key.key_id == ECKey.import_key(ISSUED.key_pem).thumbprint()


def test_validity_is_that_of_the_certificate() -> None:
    """Both ends are inside."""
    key = seal_key(ISSUED.key, [ISSUED.certificate])
    begins, ends = ISSUED.certificate.not_valid_before_utc, ISSUED.certificate.not_valid_after_utc

    key.require_valid(begins)
    key.require_valid(ends)
    with pytest.raises(CertificateNotYetValid):
        key.require_valid(begins - timedelta(seconds=1))
    with pytest.raises(CertificateExpired):
        key.require_valid(ends + timedelta(seconds=1))


def test_a_key_does_not_show_itself() -> None:
    """Neither in logs nor in a traceback."""
    key = seal_key(ISSUED.key, [ISSUED.certificate])

    assert "private" not in repr(key).lower()


def test_no_loop_of_authorities_is_followed_for_ever() -> None:
    """Two authorities that certify each other end the path."""
    one, two = CertificateAuthority("One"), CertificateAuthority("Two")

    def cross(subject: CertificateAuthority, issuer: CertificateAuthority) -> x509.Certificate:
        return issuer.builder(subject.name, subject.key, NOW, 10).sign(issuer.key, hashes.SHA256())

    issued = one.seal()
    key = seal_key(issued.key, [issued.certificate, cross(one, two), cross(two, one)])

    assert len(key.chain) == 2


def test_every_refusal_has_its_own_code() -> None:
    """The web and the queue decide by ``code`` and ``retryable``."""
    family = SealError.__subclasses__()

    assert len({error.code for error in family} | {SealError.code}) == len(family) + 1
    assert [error.code for error in family if error.retryable] == [
        "timestamp_unavailable",
        "seal_device_unavailable",
    ]
