"""Status lists: from an ended credential to what the world reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mappings.documents.status_list import MINIMUM_ENTRIES
from plugin import revocation
from plugin.errors import UnknownRow
from plugin.revocation import StatusTools
from plugin.sealing.data_integrity import DataIntegritySealer
from plugin.storage.credentials import Reserved
from plugin.storage.outbox import Ring, Topic
from plugin.storage.status_indices import DECOYS
from plugin.storage.unit_of_work import Storage
from plugin.verification import Status
from plugin.verification.issuer_keys import OwnKeys
from plugin.verification.own_status import OwnStatus, nobody, place_of
from plugin.verification.status_lists import StatusLists
from tests.conformance.issuer import TestIssuer
from tests.plugin.conftest import PUBLIC_URL
from tests.plugin.rows import a_credential, an_award, an_offer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ISSUER = TestIssuer()
DID = "did:web:credentials.example.org"


@pytest.fixture
def reserved(storage: Storage) -> Reserved:
    """Return a credential with its place in a list."""
    award = an_award(storage, an_offer(storage))
    with storage.begin() as work:
        return work.credentials.reserve(award, a_credential(), versions=(1, 1), now=NOW)


@pytest.fixture
def tools(storage: Storage, tmp_path: Path) -> StatusTools:
    """Return what lists are published with."""
    sealers = (DataIntegritySealer(ISSUER.eddsa, DID), ISSUER.es256)
    return StatusTools(storage, PUBLIC_URL, lambda: sealers, tmp_path / "status", lambda: NOW)


def list_of(reserved: Reserved) -> str:
    """Return the id of a credential's list."""
    return reserved.envelope.status_list_url.rpartition("/")[2]


def answers(tools: StatusTools, reserved: Reserved) -> tuple[Status, Status]:
    """Ask the published files, as a badge and as an SD-JWT VC would."""
    keys = OwnKeys(dict.fromkeys((DID, PUBLIC_URL), ISSUER.history))
    lists = StatusLists(lambda url: (tools.folder / url.rpartition("/")[2]).read_bytes(), keys, lambda: NOW)
    url, index = reserved.envelope.status_list_url, reserved.envelope.status_index
    entry = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
    badge = {
        "issuer": DID,
        "credentialStatus": entry | {"statusListCredential": url, "statusListIndex": str(index)},
    }
    claims = {"iss": PUBLIC_URL, "status": {"status_list": {"idx": index, "uri": f"{url}.jwt"}}}
    return lists(badge).status, lists(claims).status


def test_an_ended_credential_is_revoked_in_both_lists(storage: Storage, tools: StatusTools, reserved: Reserved) -> None:
    """Good before, revoked after; the outbox asked for it."""
    revocation.publish(tools, list_of(reserved))
    before = answers(tools, reserved)
    with storage.begin() as work:
        work.credentials.end(reserved.envelope.id, "revoked", "wrong name", NOW)
        asked = work.outbox.ring(NOW, in_flight=10, again_after=timedelta(minutes=1))

    revocation.publish(tools, list_of(reserved))

    assert before == (Status.GOOD, Status.GOOD)
    assert answers(tools, reserved) == (Status.REVOKED, Status.REVOKED)
    assert Ring(Topic.STATUS, list_of(reserved)) in asked


def test_a_list_has_decoys_that_are_nobody_s(storage: Storage, tools: StatusTools, reserved: Reserved) -> None:
    """How many bits are set tells nothing; no credential stands on one of them."""
    with storage.reading() as work:
        decoys = work.credentials.decoys(list_of(reserved))

    assert len(decoys) == DECOYS
    assert max(decoys) < MINIMUM_ENTRIES
    assert reserved.envelope.status_index not in decoys


def test_published_lists_are_replaced_whole(tools: StatusTools, reserved: Reserved) -> None:
    """Two files that everybody may read, no drafts left, each complete."""
    paths = revocation.publish(tools, list_of(reserved))
    again = revocation.publish(tools, list_of(reserved))

    assert paths == again
    seen = [path for path in tools.folder.iterdir() if path.stat().st_size]
    assert sorted(seen) == sorted(paths)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in paths)
    assert json.loads(paths[0].read_bytes())["id"] == reserved.envelope.status_list_url


def test_an_unknown_list_is_not_published(tools: StatusTools) -> None:
    """Nobody can make us seal lists that do not exist."""
    with pytest.raises(UnknownRow):
        revocation.publish(tools, "00000000000000000000000000000000")


def test_without_credential_keys_nothing_is_published(storage: Storage, tmp_path: Path, reserved: Reserved) -> None:
    """There is nobody to seal the list."""
    tools = StatusTools(storage, PUBLIC_URL, lambda: None, tmp_path, lambda: NOW)

    assert revocation.publish(tools, list_of(reserved)) == ()


def test_our_own_status_comes_from_the_database(storage: Storage, reserved: Reserved) -> None:
    """At once, for badge, European credential and SD-JWT VC; others are for others to say."""
    own = OwnStatus(storage, PUBLIC_URL, nobody)
    url, index = reserved.envelope.status_list_url, reserved.envelope.status_index
    badge = {"credentialStatus": {"statusListCredential": url, "statusListIndex": str(index)}}
    claims = {"status": {"status_list": {"idx": index, "uri": f"{url}.jwt"}}}
    european = {"credentialStatus": {"id": f"{url}#{index}", "type": "CredentialStatus"}}
    before = own(badge).status
    with storage.begin() as work:
        work.credentials.end(reserved.envelope.id, "superseded", "new grade", NOW)

    assert before is Status.GOOD
    assert own(badge).status is own(claims).status is own(european).status is Status.REVOKED
    assert own({"credentialStatus": {"statusListCredential": "https://x", "statusListIndex": "1"}}) == nobody({})


@pytest.mark.parametrize(
    "credential",
    [{}, {"credentialStatus": "x"}, {"credentialStatus": {"statusListIndex": "x"}}, {"status": {"status_list": {}}}],
)
def test_a_credential_without_place_names_none(credential: dict) -> None:
    """Nothing to look up."""
    assert place_of(credential) is None
