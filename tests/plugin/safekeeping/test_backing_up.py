"""Backups: whole, recognisable, and silent about what they must not hold."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from plugin.errors import BackupFailed, BackupUnusable, JournalUnreadable, JournalUnwritable, RestoredElsewhere
from plugin.safekeeping.backing_up import MANIFEST, back_up, keep_newest, newest, read_manifest
from plugin.safekeeping.reconciling import reconcile
from plugin.safekeeping.restoring import rehearse, restore, set_aside
from plugin.storage.awards import State
from plugin.storage.dumps import load
from plugin.storage.engine import open_engine
from plugin.storage.journal import forget, prune, read_journal
from plugin.storage.marks import Mark
from plugin.storage.tables import documents
from tests.plugin.safekeeping.house import House, OpenHouse, a_house


@pytest.fixture
def sqlite_house(tmp_path: Path) -> Iterator[House]:
    """A house where the kind of database makes no difference."""
    house = a_house(f"sqlite:///{tmp_path / 'house.sqlite3'}", tmp_path / "data", 1)
    yield house
    house.storage.engine.dispose()


def test_a_backup_counts_what_is_in_it(open_house: OpenHouse, tmp_path: Path) -> None:
    """The manifest names release, schema, rows and the digest of every file."""
    house = open_house(6)
    house.issue(range(4))
    house.publish()

    folder = back_up(house.backup_tools(), tmp_path)

    manifest = read_manifest(folder)
    assert (manifest.counts["credentials"], manifest.counts["documents"], manifest.counts["awards"]) == (4, 4, 6)
    assert "database" in manifest.files
    assert len(manifest.files) == 1 + len(list((folder / "status").iterdir()))
    with house.storage.reading() as work:
        marked = work.marks.get(Mark.BACKUP)
    assert marked is not None
    assert marked.value == folder.name


def a_backup(parent: Path, name: str, *, finished: bool = True) -> Path:
    """A folder as a backup leaves it; the manifest is written last."""
    (parent / name / "status").mkdir(parents=True)
    if finished:
        (parent / name / MANIFEST).write_text("{}")
    return parent / name


def test_only_the_newest_backups_are_kept(tmp_path: Path) -> None:
    """One that was cut off and what is none of ours stay: nobody said that they are needed no more."""
    old, kept, last = (a_backup(tmp_path, f"microcred-2026112{day}T020000Z") for day in (1, 2, 3))
    cut_off = a_backup(tmp_path, "microcred-20261120T020000Z", finished=False)
    other = a_backup(tmp_path, "something")

    gone = (keep_newest(tmp_path, 2), keep_newest(tmp_path, 5))

    assert gone == (1, 0)
    assert {each for each in (old, kept, last, cut_off, other) if each.exists()} == {kept, last, cut_off, other}


def test_the_newest_backup_is_found(tmp_path: Path) -> None:
    """Of those that were finished; a backup itself is named as it is."""
    first, last = (a_backup(tmp_path, f"microcred-2026112{day}T020000Z") for day in (1, 2))
    a_backup(tmp_path, "microcred-20261123T020000Z", finished=False)

    assert (newest(tmp_path), newest(first)) == (last, first)


def test_where_there_is_no_backup_none_is_tried(tmp_path: Path) -> None:
    """It is said, not taken for an empty one."""
    with pytest.raises(BackupUnusable, match="holds none"):
        newest(tmp_path)


def test_a_backup_holds_no_private_key_and_no_token(open_house: OpenHouse, tmp_path: Path) -> None:
    """Private keys have a ceremony of their own; tokens are encrypted with keys that are not in it."""
    house = open_house(1)
    (house.folder / "keys").mkdir(parents=True)
    for name in ("history.json", "seals.json"):
        (house.folder / "keys" / name).write_text("[]")
    (house.folder / "keys" / "secret.pem").write_text("-----BEGIN PRIVATE KEY-----")

    folder = back_up(house.backup_tools(), tmp_path)

    held = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"PRIVATE KEY" not in held
    assert b"secret-token" not in held
    assert (folder / "history.json").exists()
    assert (folder / "seals.json").exists()


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest"])
def test_a_damaged_backup_is_refused(open_house: OpenHouse, empty_url: str, tmp_path: Path, damage: str) -> None:
    """Nothing is restored from it, and the file is named."""
    house = open_house(1)
    folder = back_up(house.backup_tools(), tmp_path)
    if damage == "changed":
        with (folder / "database").open("ab") as file:
            file.write(b"x")
    elif damage == "missing":
        (folder / "database").unlink()
    else:
        (folder / MANIFEST).write_text("{}")

    with pytest.raises(BackupUnusable, match=MANIFEST if damage == "manifest" else "database"):
        restore(house.on(empty_url).reconciling_tools(), folder, "Dr Vos")


def test_no_path_of_a_manifest_leads_out_of_its_folder(open_house: OpenHouse, tmp_path: Path) -> None:
    """A manifest is read like anything that comes from outside."""
    folder = back_up(open_house(1).backup_tools(), tmp_path)
    said = json.loads((folder / MANIFEST).read_text())
    said["files"] = {"../outside": "0" * 64}
    (folder / MANIFEST).write_text(json.dumps(said))

    with pytest.raises(BackupUnusable, match="outside"):
        read_manifest(folder)


def test_a_folder_without_manifest_is_no_backup(tmp_path: Path) -> None:
    """It is named as such."""
    with pytest.raises(BackupUnusable, match="no manifest"):
        read_manifest(tmp_path)


def test_nothing_is_restored_over_a_database(open_house: OpenHouse, tmp_path: Path) -> None:
    """The database must be empty; what to do is said."""
    house = open_house(1)
    folder = back_up(house.backup_tools(), tmp_path)

    with pytest.raises(BackupUnusable, match="not empty"):
        restore(house.reconciling_tools(), folder, "Dr Vos")


def test_a_backup_of_another_kind_of_database_is_refused(sqlite_house: House, tmp_path: Path) -> None:
    """SQLite's file is nothing that PostgreSQL can read."""
    folder = back_up(sqlite_house.backup_tools(), tmp_path)
    engine = sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")

    with pytest.raises(BackupUnusable, match="of sqlite"):
        rehearse(sqlite_house.storage, engine, folder, lambda _: (), datetime.now(UTC))


def test_a_sqlite_file_in_the_way_is_renamed(sqlite_house: House) -> None:
    """Nothing is overwritten; an absent or empty one is not in the way."""
    engine = sqlite_house.storage.engine

    aside = set_aside(engine, datetime(2026, 11, 25, 12, tzinfo=UTC))
    again = set_aside(engine, datetime(2026, 11, 25, 13, tzinfo=UTC))

    assert aside is not None
    assert aside.name.endswith(".before-20261125T120000Z")
    assert aside.stat().st_size > 0
    assert again is None


def test_a_missing_program_is_named(open_house: OpenHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is said; SQLite needs none."""
    house = open_house(1)
    monkeypatch.setattr("plugin.storage.dumps.shutil.which", lambda _: None)
    if house.storage.engine.dialect.name == "sqlite":
        assert back_up(house.backup_tools(), tmp_path).is_dir()
        return

    with pytest.raises(BackupFailed, match="postgresql-client"):
        back_up(house.backup_tools(), tmp_path)


def test_rehearsing_counts_and_verifies(open_house: OpenHouse, empty_url: str, tmp_path: Path) -> None:
    """A backup that came back whole says so, and the date is kept."""
    house = open_house(5)
    house.issue(range(5))
    folder = back_up(house.backup_tools(), tmp_path)
    scratch = open_engine(empty_url)

    found = rehearse(house.storage, scratch, folder, house.bench.issuing.failures, house.bench.clock())

    scratch.dispose()
    assert found.ok
    assert (found.seals_tried, found.seals_broken) == (5, 0)
    with house.storage.reading() as work:
        assert work.marks.get(Mark.REHEARSAL) is not None


def test_rehearsing_finds_a_seal_that_does_not_verify(open_house: OpenHouse, empty_url: str, tmp_path: Path) -> None:
    """A backup with one changed credential is not to be relied on."""
    house = open_house(3)
    house.issue(range(3))
    with house.storage.engine.begin() as connection:
        one = connection.execute(sa.select(documents.c.credential_id).limit(1)).scalar_one()
        body = connection.execute(sa.select(documents.c.body).where(documents.c.credential_id == one)).scalar_one()
        changed = body.replace(b"Learner", b"Lehrner")
        connection.execute(sa.update(documents).where(documents.c.credential_id == one).values(body=changed))
    folder = back_up(house.backup_tools(), tmp_path)
    scratch = open_engine(empty_url)

    found = rehearse(house.storage, scratch, folder, house.bench.issuing.failures, house.bench.clock())

    scratch.dispose()
    assert (found.ok, found.seals_broken) == (False, 1)


def test_a_database_restored_by_other_means_hands_nothing_out(
    open_house: OpenHouse, empty_url: str, tmp_path: Path
) -> None:
    """The epoch beside the database tells; after reconciling, new awards are sealed on a new list."""
    house = open_house(4)
    house.storage.advance_epoch(house.bench.clock())
    house.issue(range(1))
    folder = back_up(house.backup_tools(), tmp_path)
    house.issue(range(2))
    elsewhere = house.on(empty_url)
    load(elsewhere.storage.engine, folder / "database")

    with pytest.raises(RestoredElsewhere, match="microcred reconcile"):
        elsewhere.issue({2})
    found = reconcile(elsewhere.reconciling_tools(), "Dr Vos")
    assert found.sealed == 1


def test_the_journal_forgets_whom_it_has_to_forget(open_house: OpenHouse) -> None:
    """After an erasure nothing of the credential is left in any file; the others stay."""
    house = open_house(3)
    house.issue(range(3))
    gone = house.bench.credential("1")
    assert gone is not None
    journal = house.folder / "journal"

    changed = forget(journal, frozenset({gone.envelope.id}))
    again = forget(journal, frozenset({gone.envelope.id}))

    assert (changed, again) == (1, 0)
    assert not any(gone.envelope.id in path.read_text() for path in journal.iterdir())
    assert sum(len(each.rows["documents"]) for each in read_journal(journal)) == 2


def test_half_a_draft_is_forgotten_whole(open_house: OpenHouse) -> None:
    """Nobody can say whom it names; a confirmed file that cannot be read stops the erasure, named."""
    house = open_house(2)
    house.issue(range(1))
    journal = house.folder / "journal"
    (journal / "1.draft").write_text('{"credentials": [{"id"')

    changed = forget(journal, frozenset({"nobody"}))

    assert changed == 1
    assert not (journal / "1.draft").exists()
    (journal / "2.json").write_text("{")
    with pytest.raises(JournalUnreadable, match=r"2\.json"):
        forget(journal, frozenset({"nobody"}))


def test_old_files_of_the_journal_go(open_house: OpenHouse) -> None:
    """Only those that were written before the moment."""
    house = open_house(2)
    house.issue(range(1))
    (old,) = (house.folder / "journal").iterdir()
    house.issue(range(2))
    os.utime(old, (0, 0))

    gone = prune(house.folder / "journal", datetime(2026, 1, 1, tzinfo=UTC))

    assert gone == 1
    assert not old.exists()
    assert len(list((house.folder / "journal").iterdir())) == 1


def test_a_seal_does_not_count_where_the_journal_cannot_be_written(open_house: OpenHouse) -> None:
    """The disk is full or gone: the award stays reserved and is tried again."""
    house = open_house(1)
    house.folder.mkdir(exist_ok=True)
    (house.folder / "journal").write_text("a file where the folder should be")

    with pytest.raises(JournalUnwritable):
        house.issue(range(1))

    assert house.bench.awards()["0"].state is State.RESERVED
    assert house.bench.sealed("0") is None


def test_a_draft_of_a_killed_process_is_named(open_house: OpenHouse, empty_url: str, tmp_path: Path) -> None:
    """It is taken over, because it may be out in the world, and a person is asked to look."""
    house = open_house(2)
    folder = back_up(house.backup_tools(), tmp_path)
    house.issue(range(1))
    (written,) = (house.folder / "journal").iterdir()
    written.rename(written.with_suffix(".draft"))
    credential = house.bench.credential("0")
    assert credential is not None

    found = restore(house.on(empty_url).reconciling_tools(), folder, "Dr Vos")

    assert (found.sealed, found.uncertain) == (0, (credential.envelope.id,))


def test_a_journal_that_cannot_be_read_stops_the_restore(open_house: OpenHouse, tmp_path: Path) -> None:
    """The file is named; nothing is resumed."""
    house = open_house(1)
    (house.folder / "journal").mkdir(parents=True)
    (house.folder / "journal" / "1.json").write_text("{}")

    with pytest.raises(JournalUnreadable, match=r"1\.json"):
        reconcile(house.reconciling_tools(), "Dr Vos")
