"""Status lists: the same bits for two standards."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import urlsafe_b64decode
from datetime import UTC, datetime

import pytest

from mappings.documents.status_list import MINIMUM_ENTRIES, StatusBits, bitstring_list, token_list, token_status
from mappings.errors import InvalidValue
from tests.mappings.documents.samples import ISSUER_URL, envelope

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
URL = f"{ISSUER_URL}/status/3"


def decoded(text: str) -> bytes:
    """Return the bytes of unpadded base64url."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_bit_is_set_where_it_was_revoked() -> None:
    """And nowhere else."""
    bits = StatusBits(revoked=[0, 9, MINIMUM_ENTRIES - 1])
    bits.revoke(9)

    assert [index for index in (0, 1, 8, 9, 10, MINIMUM_ENTRIES - 1) if bits.is_revoked(index)] == [0, 9, 131_071]


def test_the_bitstring_counts_from_the_left() -> None:
    """Bitstring Status List 1.0: index 0 is the first, left-most bit."""
    raw = gzip.decompress(decoded(StatusBits(revoked=[0, 9]).encoded[1:]))

    assert raw[:3] == bytes([0b1000_0000, 0b0100_0000, 0])
    assert len(raw) == 16_384


def test_the_token_list_counts_from_the_right() -> None:
    """Token Status List, 4.1: the least significant bit is the first."""
    raw = zlib.decompress(decoded(StatusBits(revoked=[0, 9]).token_list))

    assert raw[:3] == bytes([0b0000_0001, 0b0000_0010, 0])


def test_the_token_list_of_the_draft() -> None:
    """Token Status List, 4.1: the example of sixteen statuses, 0xB9 0xA3."""
    revoked = [0, 3, 4, 5, 7, 8, 9, 13, 15]

    assert zlib.decompress(decoded(StatusBits(revoked=revoked).token_list))[:2] == b"\xb9\xa3"


def test_an_encoded_list_is_reproducible() -> None:
    """No time of packing: the same bits are the same bytes, so an unchanged list keeps its ETag."""
    assert StatusBits(revoked=[7]).encoded == StatusBits(revoked=[7]).encoded
    assert StatusBits().encoded.startswith("uH4sI")


def test_the_bitstring_list_is_a_credential() -> None:
    """Bitstring Status List 1.0, 4.2: ttl in milliseconds."""
    credential = json.loads(bitstring_list(ISSUER_URL, URL, StatusBits(), NOW, 60).body)

    assert credential["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert (credential["id"], credential["issuer"]) == (URL, "did:web:mc.example.edu")
    assert credential["credentialSubject"]["statusPurpose"] == "revocation"
    assert credential["credentialSubject"]["ttl"] == 60_000


def test_the_token_list_is_a_claims_set() -> None:
    """Token Status List, 5.1: sub is the list's own address, ttl in seconds."""
    claims = token_list(ISSUER_URL, URL, StatusBits(), NOW, 60)

    assert claims["sub"] == f"{URL}.jwt" == token_status(envelope())["status"]["status_list"]["uri"]
    assert (claims["iat"], claims["ttl"], claims["status_list"]["bits"]) == (1795168800, 60, 1)


def test_a_credential_without_place_has_no_status() -> None:
    """Nothing to say is said by saying nothing."""
    assert token_status(envelope(status_index=None, status_list_url="")) == {}


@pytest.mark.parametrize("size", [0, 131_064, 131_073])
def test_small_and_uneven_lists_are_refused(size: int) -> None:
    """Fewer than 131,072 entries tell credentials apart."""
    with pytest.raises(InvalidValue):
        StatusBits(size)


@pytest.mark.parametrize("index", [-1, MINIMUM_ENTRIES])
def test_a_position_outside_is_refused(index: int) -> None:
    """Neither set nor read."""
    bits = StatusBits()

    with pytest.raises(InvalidValue):
        bits.revoke(index)
    with pytest.raises(InvalidValue):
        bits.is_revoked(index)


def test_an_encoded_list_is_read_back() -> None:
    """What was published can be taken up again, bit by bit."""
    bits = StatusBits(revoked=(0, 9, MINIMUM_ENTRIES - 1))

    read = StatusBits.read(bits.encoded)

    assert tuple(read.revoked()) == (0, 9, MINIMUM_ENTRIES - 1)
    assert read.size == bits.size


@pytest.mark.parametrize("encoded", ["u", "uAAAA", "u%%%", "uH4sIAAAAAAAA"])
def test_what_is_no_encoded_list_is_refused(encoded: str) -> None:
    """It is named as such."""
    with pytest.raises(InvalidValue):
        StatusBits.read(encoded)
