"""Published examples of status lists: the bytes of the specifications read by us, and ours written as they are.

W3C Bitstring Status List 1.0, the example of an empty list of 131,072 entries; IETF Token Status List
(draft-ietf-oauth-status-list, clause 4.1, «Status List with 1-bit status»): sixteen entries, two bytes.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime

import pytest

from mappings.documents.envelope import Document, Format
from mappings.documents.status_list import MINIMUM_ENTRIES, StatusBits
from plugin.sealing.compact import compact_json, sign
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.sealing.multikey import from_base64url
from plugin.verification import Status
from plugin.verification.issuer_keys import OwnKeys
from plugin.verification.status_lists import StatusLists
from tests.conformance.issuer import DID, TestIssuer
from tests.mappings.documents.samples import ISSUER_URL

pytestmark = pytest.mark.conformance
ISSUER = TestIssuer()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIST = "https://mc.example.edu/status/example"
EMPTY = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
"""Bitstring Status List 1.0: ``encodedList`` of its example."""
TOKEN_LIST, TOKEN_BITS = "eNrbuRgAAhcBXQ", (1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1)
"""Token Status List, 4.1: ``lst`` and the sixteen statuses that it holds."""


def asked(body: bytes, credential: dict[str, object]) -> Status:
    """Ask a list with ``body`` about a credential."""
    keys = OwnKeys(dict.fromkeys((DID, ISSUER_URL), ISSUER.history))
    return StatusLists(lambda _url: body, keys, lambda: NOW)(credential).status


def bitstring(encoded: str) -> bytes:
    """Return a list credential of our test issuer around an encoded list."""
    subject = {
        "id": f"{LIST}#list",
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": encoded,
    }
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": LIST,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": DID,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": subject | {"encodedList": encoded},
    }
    document = Document(Format.OPEN_BADGES, json.dumps(credential).encode())
    return DataIntegritySealer(ISSUER.eddsa, DID).seal(document, NOW).body


def entry(index: int) -> dict[str, object]:
    """Return a badge with a place in the list."""
    status = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
    place = {"statusListCredential": LIST, "statusListIndex": str(index)}
    return {"issuer": DID, "credentialStatus": status | place}


def test_the_published_empty_list_revokes_nobody() -> None:
    """First, last, and one in the middle; there is no place behind the last."""
    body = bitstring(EMPTY)

    assert {asked(body, entry(index)) for index in (0, 94_567, MINIMUM_ENTRIES - 1)} == {Status.GOOD}
    assert asked(body, entry(MINIMUM_ENTRIES)) is Status.UNKNOWN


def test_our_empty_list_is_the_published_one() -> None:
    """The same bits behind the same multibase and the same compression."""
    ours, theirs = (zlib.decompress(from_base64url(each[1:]), 31) for each in (StatusBits().encoded, EMPTY))

    assert ours == theirs == bytes(MINIMUM_ENTRIES // 8)
    assert StatusBits().encoded[0] == EMPTY[0] == "u"


def test_the_published_token_list_says_what_the_draft_says() -> None:
    """Bit by bit, the first of each byte right-most; there is no seventeenth."""
    claims = {"iss": ISSUER_URL, "sub": LIST, "iat": 1, "status_list": {"bits": 1, "lst": TOKEN_LIST}}
    header = {"typ": "statuslist+jwt", "kid": ISSUER.es256.key_id}
    body = sign(header, compact_json(claims), ISSUER.es256).encode()

    said = [
        asked(body, {"iss": ISSUER_URL, "status": {"status_list": {"idx": index, "uri": LIST}}})
        for index in range(len(TOKEN_BITS) + 1)
    ]

    assert said == [*(Status.REVOKED if bit else Status.GOOD for bit in TOKEN_BITS), Status.UNKNOWN]
