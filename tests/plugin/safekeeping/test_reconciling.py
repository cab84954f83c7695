"""What a restored database learns from journal and published lists, and what it leaves to a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin.delivery import DeliveryTools, deliver
from plugin.errors import BackupUnusable, WorkPaused
from plugin.safekeeping.reconciling import reconcile, resume
from plugin.storage.journal import read_journal
from plugin.storage.marks import Mark
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Topic
from plugin.storage.tables import awards, credentials, offers, platforms, status_lists
from plugin.web import letters
from tests.plugin.safekeeping.house import House, a_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Four learners, two of them with a credential, one of these revoked, all lists published."""
    house = a_house(f"sqlite:///{tmp_path / 'lost.sqlite3'}", tmp_path / "data", 4)
    house.issue(range(2))
    house.revoke(1)
    yield house
    for storage in house.opened:
        storage.engine.dispose()


@pytest.fixture
def empty(house: House, tmp_path: Path) -> House:
    """The same folder beside a database that knows nothing at all."""
    empty = house.on(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    upgrade(empty.storage.engine)
    return empty


def test_a_course_that_was_enabled_after_the_backup_is_known_again(house: House, empty: House) -> None:
    """With its platform, which has to be connected again because no token leaves the database."""
    found = reconcile(empty.reconciling_tools(), "Dr Vos")

    assert (found.sealed, found.ended) == (2, 1)
    assert empty.bench.sealed("0") == house.bench.sealed("0")
    with empty.storage.read() as connection:
        assert connection.execute(sa.select(platforms.c.credential)).scalar_one() is None
        assert connection.execute(sa.select(offers.c.enabled)).scalar_one()


def test_a_published_bit_is_enough_to_stay_revoked(house: House, empty: House) -> None:
    """Where the journal lost the end, the list still says it."""
    _forget_ends(house)

    found = reconcile(empty.reconciling_tools(), "Dr Vos")

    assert found.ended == 1
    with empty.storage.read() as connection:
        reasons = connection.execute(sa.select(credentials.c.status_reason).where(credentials.c.status == "revoked"))
        assert reasons.scalar_one() == "its bit was set in the published status list"


def test_a_set_bit_of_nobody_stays_set(house: House, empty: House) -> None:
    """Without any journal the list is published again with every bit it had."""
    for path in (house.folder / "journal").iterdir():
        path.unlink()
    (listed,) = [path for path in house.lists.folder.iterdir() if not path.suffix]

    found = reconcile(empty.reconciling_tools(), "Dr Vos")

    assert (found.sealed, found.journal_files) == (0, 0)
    with empty.storage.reading() as work:
        assert len(work.credentials.decoys(listed.name)) == 1024 + 1
        assert work.outbox.waiting(Topic.STATUS) == 1


def test_no_index_is_taken_from_a_list_that_existed(empty: House) -> None:
    """Every list is closed for new credentials."""
    reconcile(empty.reconciling_tools(), "Dr Vos")

    with empty.storage.read() as connection:
        assert connection.execute(sa.select(status_lists.c.open)).scalars().all() == [False]


def test_nothing_is_sealed_or_sent_until_a_person_has_looked(empty: House) -> None:
    """Both say when they will look again; the name of who ends it is in the trail."""
    reconcile(empty.reconciling_tools(), "Dr Vos")
    with empty.storage.read() as connection:
        award = connection.execute(sa.select(awards.c.id).where(awards.c.learner_id == "0")).scalar_one()

    with pytest.raises(WorkPaused, match="microcred resume") as pause:
        empty.issue({0})
    with pytest.raises(WorkPaused):
        deliver(DeliveryTools(empty.storage, (), empty.bench.clock, letters.write), award)
    resumed = resume(empty.storage, "Dr Vos", empty.bench.clock())
    again = resume(empty.storage, "Dr Vos", empty.bench.clock())

    assert (resumed, again) == (True, False)
    assert pause.value.until == empty.bench.clock() + timedelta(minutes=1)
    with empty.storage.reading() as work:
        assert [entry.entry.actor for entry in work.audit.entries("installation")] == ["restore", "Dr Vos"]


def test_an_achievement_under_another_id_is_left_to_a_person(house: House, empty: House) -> None:
    """Whoever let the bridge run on an old database first finds the credential named, and nothing changed."""
    (first, *_) = read_journal(house.folder / "journal")
    row = next(row for row in first.rows["awards"] if row["learner_id"] == "0") | {"id": "other", "state": "eligible"}
    with empty.storage.engine.begin() as connection:
        for table in (*_REFERRED, awards):
            rows = [row] if table is awards else first.rows[table.name]
            connection.execute(sa.insert(table), rows)

    found = reconcile(empty.reconciling_tools(), "Dr Vos")

    credential = house.bench.credential("0")
    assert credential is not None
    assert found.unresolved == (credential.envelope.id,)
    with empty.storage.reading() as work:
        assert work.awards.get("other").state == "eligible"


def test_what_a_backup_had_reserved_is_sealed_by_the_journal(house: House, empty: House) -> None:
    """The reservation of the backup becomes the credential that is out in the world."""
    (first, *_) = read_journal(house.folder / "journal")
    with empty.storage.engine.begin() as connection:
        for table in (*_REFERRED, status_lists, awards, credentials):
            rows = [row | _UNSEALED.get(table.name, {}) for row in first.rows[table.name]]
            connection.execute(sa.insert(table), rows)

    found = reconcile(empty.reconciling_tools(), "Dr Vos")

    assert (found.sealed, found.unresolved) == (2, ())
    assert empty.bench.awards()["0"].state == "sealed"
    assert empty.bench.sealed("0") == house.bench.sealed("0")


def test_a_file_among_the_lists_that_is_none_stops_it(empty: House) -> None:
    """It is named; a bit that cannot be read cannot be kept."""
    (empty.lists.folder / "strange").write_text("{}")

    with pytest.raises(BackupUnusable, match="strange"):
        reconcile(empty.reconciling_tools(), "Dr Vos")


def test_the_pause_is_marked_before_anything_else(empty: House) -> None:
    """A reconciliation that stops half way leaves nothing running."""
    (empty.lists.folder / "strange").write_text("{}")

    with pytest.raises(BackupUnusable):
        reconcile(empty.reconciling_tools(), "Dr Vos")

    with empty.storage.reading() as work:
        assert work.marks.get(Mark.PAUSED) is not None


_REFERRED = tuple(
    table for table in (platforms, *(awards.metadata.tables[name] for name in ("issuers", "profiles")), offers)
)
_UNSEALED = {"awards": {"state": "reserved"}, "credentials": {"sealed_at": None}}


def _forget_ends(house: House) -> None:
    """Remove the files that hold no sealed document."""
    journal = house.folder / "journal"
    for path, written in zip(sorted(journal.iterdir()), list(read_journal(journal)), strict=True):
        if not written.rows["documents"]:
            path.unlink()
