"""A real signature that seals nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from plugin.sealing.keys import FileKey, SealKey
from plugin.sealing.trial import signs

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def a_key(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> SealKey:
    """A key with a certificate of its own."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    certifying = private if isinstance(private, ed25519.Ed25519PrivateKey) else None
    made = builder.sign(private, None if certifying else hashes.SHA256())
    signing = ec.generate_private_key(ec.SECP256R1()) if isinstance(private, ed25519.Ed25519PrivateKey) else private
    return SealKey(FileKey(signing), made, (), "key")


@pytest.mark.parametrize(
    "private", [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)], ids=["ES256", "RS256"]
)
def test_a_key_that_fits_its_certificate_signs(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    """For both algorithms; another certificate's key does not."""
    key = a_key(private)
    other = ec.generate_private_key(ec.SECP256R1()) if key.algorithm == "ES256" else None

    assert signs(key) is True
    assert signs(replace(key, signing_key=FileKey(other or rsa.generate_private_key(65537, 2048)))) is False


def test_a_certificate_of_another_kind_is_no_seal() -> None:
    """Nothing that our seals use verifies with it."""
    assert signs(a_key(ed25519.Ed25519PrivateKey.generate())) is False
