"""Published status lists, read by us as their specifications say, and ours as large as theirs.

W3C Bitstring Status List v1.0 and IETF Token Status List: the material, with its sources, is in
:mod:`tests.conformance.published_lists`.
"""

from __future__ import annotations

import copy
import json
import zlib
from datetime import UTC, datetime
from functools import partial
from random import Random

import pytest

from mappings.documents.envelope import Document, Format
from mappings.documents.status_list import MINIMUM_ENTRIES, StatusBits
from plugin.sealing import data_integrity
from plugin.sealing.canonical import canonicalise
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.data_integrity import DataIntegritySealer, verifies
from plugin.sealing.key_history import PublishedKey
from plugin.sealing.multikey import PublicKey, from_base64url
from plugin.verification import Status
from plugin.verification.issuer_keys import OwnKeys
from plugin.verification.list_bits import GZIP, ZLIB, from_the_left, from_the_right, unpacked
from plugin.verification.status_lists import StatusLists
from tests.conformance.issuer import DID, TestIssuer
from tests.conformance.published_lists import (
    APPENDIX,
    CLAUSE_4_1,
    CREDENTIAL,
    EMPTY,
    ISSUER,
    LIST_URL,
    PROOFS,
    SIZES_OF_100K,
    PublishedList,
    PublishedProof,
)
from tests.conformance.test_vc_di_eddsa import load
from tests.mappings.documents.samples import ISSUER_URL

pytestmark = pytest.mark.conformance
OURS = TestIssuer()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LISTS = [pytest.param(each, id=f"{each.bits} bits of {each.size}") for each in (*CLAUSE_4_1, *APPENDIX)]
MEANINGS = {0: Status.GOOD, 1: Status.REVOKED, 2: Status.SUSPENDED}
"""Token Status List, 7.1; other values belong to applications, or to nobody yet."""


@pytest.fixture
def example_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """The context of W3C's examples, which no credential may use outside of a specification."""
    monkeypatch.setattr(data_integrity, "canonicalise", partial(canonicalise, load=load))


def asked(body: bytes, credential: dict[str, object]) -> Status:
    """Ask a list of our test issuer about a credential."""
    keys = OwnKeys(dict.fromkeys((DID, ISSUER_URL), OURS.history))
    return StatusLists(lambda _url: body, keys, lambda: NOW)(credential).status


def signed_token(listed: PublishedList) -> bytes:
    """Return a published list in a Status List Token of our test issuer."""
    claims = {"iss": ISSUER_URL, "sub": LIST_URL, "iat": 1, "status_list": {"bits": listed.bits, "lst": listed.lst}}
    header = {"typ": "statuslist+jwt", "kid": OURS.es256.key_id}
    return sign(header, compact_json(claims), OURS.es256).encode()


def holder_of(index: int) -> dict[str, object]:
    """Return what is read of an SD-JWT VC with a place in the list."""
    return {"iss": ISSUER_URL, "status": {"status_list": {"idx": index, "uri": LIST_URL}}}


@pytest.mark.parametrize("listed", LISTS)
def test_every_entry_of_the_draft_s_lists_has_its_value(listed: PublishedList) -> None:
    """1, 2, 4 and 8 bits: those that are named, and nothing anywhere else."""
    bits = unpacked(from_base64url(listed.lst), ZLIB)

    assert len(bits) * 8 == listed.size * listed.bits
    assert {place: from_the_right(bits, place, listed.bits) for place in listed.statuses} == listed.statuses
    assert sum(byte.bit_count() for byte in bits) == sum(each.bit_count() for each in listed.statuses.values())


@pytest.mark.parametrize("listed", LISTS)
def test_the_draft_s_lists_are_told_in_our_words(listed: PublishedList) -> None:
    """Valid, invalid, suspended; a value without a common meaning is no verdict; behind the last there is no place."""
    body = signed_token(listed)
    asked_about = {place: value for place, value in listed.statuses.items() if value < 5}

    said = {place: asked(body, holder_of(place)) for place in asked_about}

    assert said == {place: MEANINGS.get(value, Status.UNKNOWN) for place, value in asked_about.items()}
    assert asked(body, holder_of(listed.size)) is Status.OUTSIDE


def test_our_token_list_says_what_the_draft_s_says() -> None:
    """The published list of one bit an entry, written by us: the same bytes before compression."""
    listed = APPENDIX[0]

    ours = StatusBits(listed.size, revoked=listed.statuses)

    assert unpacked(from_base64url(ours.token_list), ZLIB) == unpacked(from_base64url(listed.lst), ZLIB)


@pytest.mark.parametrize("percent", SIZES_OF_100K)
def test_our_lists_are_as_small_as_the_draft_s(percent: str) -> None:
    """Its table is of 100,000 entries at random, ours has 131,072: in proportion, and a twentieth for chance."""
    revoked = Random(1).sample(range(MINIMUM_ENTRIES), round(MINIMUM_ENTRIES * float(percent) / 100))

    size = len(from_base64url(StatusBits(revoked=revoked).token_list))

    assert size <= SIZES_OF_100K[percent] * MINIMUM_ENTRIES / 100_000 * 1.05


@pytest.mark.usefixtures("example_context")
@pytest.mark.parametrize("published", PROOFS.values(), ids=PROOFS)
def test_the_recommendation_s_proofs_verify(published: PublishedProof) -> None:
    """Made by somebody else's software for A.1 and A.2; with another value they do not."""
    key = PublicKey.from_multibase(published.key)
    changed = copy.deepcopy(published.document) | {"validFrom": "2021-04-05T14:27:43Z"}

    assert verifies(published.document, published.proof, key)
    assert not verifies(changed, published.proof, key)


@pytest.mark.usefixtures("example_context")
@pytest.mark.parametrize("name", ["A.2 eddsa", "A.2 ecdsa"])
def test_the_recommendation_s_list_answers_for_its_credential(name: str) -> None:
    """«Validate Algorithm» (3.2) from the credential of A.1 to the list of A.2; a changed list says nothing."""
    published = PROOFS[name]
    known = PublishedKey(PublicKey.from_multibase(published.key), datetime(2025, 1, 1, tzinfo=UTC))
    genuine = published.document | {"proof": published.proof}
    changed = genuine | {"id": "https://example.com/credentials/status/4"}

    def status(listed: dict[str, object]) -> Status:
        fetched = {LIST_URL: json.dumps(listed).encode()}
        keys = {ISSUER: known}
        return StatusLists(fetched.get, lambda issuer, _name: keys.get(issuer), lambda: NOW)(CREDENTIAL).status

    assert status(genuine) is Status.GOOD
    assert status(changed) is Status.UNKNOWN


def test_the_recommendation_s_bits_are_ours() -> None:
    """131,072 entries, none set, behind the same multibase; the compressors need not be the same program."""
    theirs = unpacked(from_base64url(EMPTY[1:]), GZIP)

    assert theirs == bytes(MINIMUM_ENTRIES // 8) == zlib.decompress(from_base64url(StatusBits().encoded[1:]), GZIP)
    assert StatusBits().encoded[0] == EMPTY[0] == "u"


def test_bits_are_counted_from_the_left() -> None:
    """Bitstring Status List v1.0, 3.3: the value of an index stands at index times size."""
    bits = unpacked(from_base64url(StatusBits(revoked=(0, 9, 94_567)).encoded[1:]), GZIP)

    assert (bits[0], bits[1]) == (0b1000_0000, 0b0100_0000)
    assert [from_the_left(bits, index, 1) for index in (0, 1, 9, 94_566, 94_567)] == [1, 0, 1, 0, 1]
    assert [from_the_left(bits, index, 3) for index in (0, 1, 2, 3)] == [0b100, 0, 0, 0b100]


def test_a_place_behind_the_recommendation_s_list_is_none() -> None:
    """RANGE_ERROR of 3.2."""
    listed = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": LIST_URL,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": DID,
        "credentialSubject": {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": EMPTY},
    }
    body = DataIntegritySealer(OURS.eddsa, DID).seal(Document(Format.OPEN_BADGES, json.dumps(listed).encode()), NOW)
    entry = copy.deepcopy(CREDENTIAL)["credentialStatus"]
    assert isinstance(entry, dict)

    def status(index: int) -> Status:
        return asked(body.body, {"issuer": DID, "credentialStatus": entry | {"statusListIndex": str(index)}})

    assert [status(index) for index in (0, MINIMUM_ENTRIES - 1)] == [Status.GOOD] * 2
    assert status(MINIMUM_ENTRIES) is Status.OUTSIDE
