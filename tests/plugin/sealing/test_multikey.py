"""Public keys in the notations of Verifiable Credentials."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from plugin.sealing.credential_keys import new_key
from plugin.sealing.errors import KeyUnsuitable
from plugin.sealing.multikey import Algorithm, PublicKey, base58, base64url, from_base58, from_base64url

ALGORITHMS = list(Algorithm)


@pytest.mark.parametrize("length", range(70))
def test_base58_comes_back(length: int) -> None:
    """Every length, also with leading zeros."""
    data = b"\0\0" + os.urandom(length)

    assert from_base58(base58(data)) == data


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\0", "1"), (b"Hello World!", "2NEpo7TZRRrLZSi2U"), (b"\0\0\x28\x7f\xb4\xcd", "11233QC4")],
)
def test_base58_of_the_draft(data: bytes, text: str) -> None:
    """The test vectors of draft-msporny-base58-03, clause 5."""
    assert base58(data) == text


def test_base58_has_no_zero_and_no_capital_o() -> None:
    """Characters outside the alphabet are no base58."""
    with pytest.raises(ValueError, match="substring"):
        from_base58("0OIl")


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "a+b/"])
def test_base64url_is_read_strictly(text: str) -> None:
    """Padding, impossible lengths, idle bits and the other alphabet are refused."""
    with pytest.raises(ValueError, match="base64"):
        from_base64url(text)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_comes_back_from_its_notations(algorithm: Algorithm) -> None:
    """Multikey and JWK say the same key."""
    key = new_key(algorithm).public

    assert PublicKey.from_multibase(key.multibase) == key
    assert PublicKey.from_jwk(key.jwk) == key
    assert key.did == f"did:key:{key.multibase}"


@pytest.mark.parametrize(("algorithm", "prefix"), [(Algorithm.EDDSA, "z6Mk"), (Algorithm.ES256, "zDna")])
def test_a_multikey_shows_its_kind(algorithm: Algorithm, prefix: str) -> None:
    """Controlled Identifiers 1.0: the first characters of every key of a kind are the same."""
    assert new_key(algorithm).public.multibase.startswith(prefix)


def test_the_thumbprint_of_rfc_8037() -> None:
    """RFC 8037, appendix A.3."""
    key = PublicKey.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})

    assert key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("text", ["", "z", "z0", "uAAAA", "z" + base58(b"\x12\x00" + b"\0" * 33), "z" * 70])
def test_other_multibase_is_refused(text: str) -> None:
    """Only base58btc of an Ed25519 or P-256 key."""
    with pytest.raises(KeyUnsuitable):
        PublicKey.from_multibase(text)


def test_a_multikey_of_the_wrong_length_is_refused() -> None:
    """A prefix does not make a key."""
    with pytest.raises(KeyUnsuitable, match="length"):
        PublicKey.from_multibase("z" + base58(b"\xed\x01" + b"\0" * 31))


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        {},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": base64url(b"\1" * 32), "y": base64url(b"\2" * 32)},
        {**new_key(Algorithm.EDDSA).public.jwk, "d": base64url(b"\1" * 32)},
    ],
)
def test_other_jwks_are_refused(jwk: object) -> None:
    """Other kinds, points off the curve, and keys that show their private half."""
    with pytest.raises(KeyUnsuitable):
        PublicKey.from_jwk(jwk)


def test_other_curves_are_refused() -> None:
    """P-384 is a good curve, but not one that our algorithms use."""
    with pytest.raises(KeyUnsuitable, match="P-256"):
        PublicKey.of(ec.generate_private_key(ec.SECP384R1()).public_key())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_is_checked(algorithm: Algorithm) -> None:
    """A changed message, a changed signature, a cut one and another key are all refused."""
    key, other = new_key(algorithm), new_key(algorithm)
    signature = key.sign(b"message")
    flipped = signature[:-1] + bytes([signature[-1] ^ 1])

    assert key.public.verifies(signature, b"message")
    assert not key.public.verifies(signature, b"massage")
    assert not key.public.verifies(flipped, b"message")
    assert not key.public.verifies(signature[:63], b"message")
    assert not other.public.verifies(signature, b"message")
