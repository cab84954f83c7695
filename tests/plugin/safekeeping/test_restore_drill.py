"""The drill: a burst, a backup in the middle of it, the database lost, restored, and the burst goes on."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from mappings.documents.status_list import StatusBits
from plugin.safekeeping.backing_up import back_up
from plugin.safekeeping.reconciling import reconcile, resume
from plugin.safekeeping.restoring import restore
from plugin.storage.tables import credentials, documents
from tests.plugin.safekeeping.house import House, OpenHouse

LEARNERS = 2_000


def test_a_restored_burst_loses_and_doubles_nothing(open_house: OpenHouse, empty_url: str, tmp_path: Path) -> None:
    """2,000 awards: no identifier and no status index twice, every sealed byte known, no revoked bit lost."""
    house = open_house(LEARNERS + 100)
    house.issue(range(600))
    house.revoke(1)
    folder = _backed_up_in_the_middle(house, tmp_path)
    house.issue(range(1_200, LEARNERS))
    house.revoke(2)
    house.revoke(1_999)
    before, bits = sealed(house), published(house)

    restored = house.on(empty_url)
    found = restore(restored.reconciling_tools(folder / "status"), folder, "Dr Vos")
    resume(restored.storage, "Dr Vos", restored.bench.clock())
    restored.issue(range(LEARNERS + 100))
    restored.publish()

    after = sealed(restored)
    assert len(before) == LEARNERS
    assert found.unresolved == found.uncertain == ()
    assert {id_: after[id_] for id_ in before} == before
    assert len(after) == LEARNERS + 100
    assert max(places(restored).values()) == 1
    assert all(bits[each] <= published(restored)[each] for each in bits)
    assert statuses(restored) == {"1": "revoked", "2": "revoked", "1999": "revoked"}
    with restored.storage.reading() as work:
        assert work.audit.verify() is None


def test_reconciling_twice_changes_nothing_more(open_house: OpenHouse, empty_url: str, tmp_path: Path) -> None:
    """A reconciliation that was cut off is simply run again."""
    house = open_house(12)
    house.issue(range(4))
    folder = back_up(house.backup_tools(), tmp_path)
    house.issue(range(8))
    house.revoke(7)
    restored = house.on(empty_url)
    restore(restored.reconciling_tools(), folder, "Dr Vos")
    first = sealed(restored), statuses(restored)

    again = reconcile(restored.reconciling_tools(), "Dr Vos")

    assert (again.sealed, again.ended) == (0, 0)
    assert (sealed(restored), statuses(restored)) == first
    assert len(first[0]) == 8


def _backed_up_in_the_middle(house: House, parent: Path) -> Path:
    """Back up while other learners' credentials are being sealed."""
    sealing = threading.Thread(target=house.issue, args=(range(600, 1_200),))
    sealing.start()
    try:
        return back_up(house.backup_tools(), parent)
    finally:
        sealing.join()


def sealed(house: House) -> dict[str, bytes]:
    """Return the sealed bytes by credential id."""
    with house.storage.read() as connection:
        return {row.credential_id: row.body for row in connection.execute(sa.select(documents))}


def places(house: House) -> Counter[tuple[str, int]]:
    """Return how often each place of a status list is taken."""
    with house.storage.read() as connection:
        rows = connection.execute(sa.select(credentials.c.status_list_id, credentials.c.status_index))
        return Counter((row.status_list_id, row.status_index) for row in rows)


def statuses(house: House) -> dict[str, str]:
    """Return who has a credential that does not stand, by learner."""
    with house.storage.reading() as work:
        ended = {}
        for learner, award in house.bench.awards().items():
            there = work.credentials.of_award(award.id)
            if there is not None and there.status != "valid":
                ended[str(learner)] = there.status
        return ended


def published(house: House) -> dict[str, frozenset[int]]:
    """Return the set bits of each published list."""
    lists = [path for path in house.lists.folder.iterdir() if "." not in path.name]
    return {
        path.name: frozenset(
            StatusBits.read(json.loads(path.read_bytes())["credentialSubject"]["encodedList"]).revoked()
        )
        for path in lists
    }
