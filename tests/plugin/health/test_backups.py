"""Whether backups are made and tried."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from plugin.health.backups import BACKED_UP, TRIED, backups
from plugin.health.report import Finding, Status
from plugin.storage.marks import Mark
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.plugin.bridges import a_bench

NOW, MINUTE = READ + timedelta(days=400), timedelta(minutes=1)


def now() -> datetime:
    """A clock that stands still."""
    return NOW


def look(storage: Storage, **ages: timedelta) -> Finding:
    """What is found where backup and rehearsal are so old."""
    with storage.begin() as work:
        for name, age in ages.items():
            work.marks.set(Mark(name), "a folder", NOW - age)
    return backups(storage, now)


def test_nothing_is_missed_before_anything_was_issued(sqlite_storage: Storage) -> None:
    """A new installation is not nagged."""
    assert look(sqlite_storage).status is Status.PASS


@pytest.mark.parametrize(
    ("ages", "status", "said"),
    [
        ({}, Status.WARN, "No backup was ever made."),
        ({"backup": BACKED_UP + MINUTE, "rehearsal": MINUTE}, Status.WARN, "The last backup is of"),
        ({"backup": BACKED_UP}, Status.WARN, "none was ever restored on trial"),
        ({"backup": BACKED_UP, "rehearsal": TRIED + MINUTE}, Status.WARN, "last restored on trial on"),
        ({"backup": BACKED_UP, "rehearsal": TRIED}, Status.PASS, "restored on trial on"),
    ],
)
def test_what_is_old_is_yellow_with_what_helps(
    sqlite_storage: Storage, ages: dict[str, timedelta], status: Status, said: str
) -> None:
    """It keeps nobody from working, so it is never red."""
    a_bench(sqlite_storage).seal_all()

    found = look(sqlite_storage, **ages)

    assert (found.status, said in found.sentence, found.fix != "") == (status, True, status is Status.WARN)


def test_a_database_that_cannot_be_read_is_said(sqlite_storage: Storage) -> None:
    """Other checks say what is wrong with it."""
    with sqlite_storage.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE marks RENAME TO gone")

    found = backups(sqlite_storage, now)

    assert (found.status, found.fix) == (Status.WARN, "Repair the database first.")
