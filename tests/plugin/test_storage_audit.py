from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import delete, insert, update

from plugin.errors import UnknownRow
from plugin.storage.audit import Entry
from plugin.storage.tables import audit
from plugin.storage.unit_of_work import Storage
from tests.factories import READ


def note(storage: Storage, *acts: str) -> None:
    """Note acts in one transaction."""
    with storage.begin() as work:
        for act in acts:
            work.audit.note(Entry(at=READ, actor="test", act=act, subject="row", before="a", after="b"))


def test_an_untouched_trail_holds(storage: Storage) -> None:
    """Entries of several transactions are one chain without gaps."""
    note(storage, "one", "two")
    note(storage, "three")

    with storage.reading() as work:
        assert [chained.entry.act for chained in work.audit.entries()] == ["one", "two", "three"]
        assert work.audit.verify() is None


def test_writers_at_the_same_time_share_one_chain(storage: Storage) -> None:
    """Nobody's entry is lost or forks the chain."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: note(storage, f"act-{number}"), range(40)))

    with storage.reading() as work:
        assert len(list(work.audit.entries())) == 40
        assert work.audit.verify() is None


def test_a_transaction_that_fails_leaves_no_trace(storage: Storage) -> None:
    """What did not happen is not in the trail."""
    with suppress(UnknownRow), storage.begin() as work:
        work.audit.note(Entry(at=READ, actor="test", act="never", subject="row"))
        work.awards.get("nothing")

    with storage.reading() as work:
        assert list(work.audit.entries()) == []


@pytest.mark.parametrize(
    ("tampering", "seq"),
    [
        (update(audit).where(audit.c.seq == 2).values(actor="somebody else"), 2),
        (delete(audit).where(audit.c.seq == 2), 2),
        (delete(audit).where(audit.c.seq == 3), 3),
    ],
)
def test_tampering_shows_where_it_was_done(storage: Storage, tampering: object, seq: int) -> None:
    """An edit, a gap and a cut end are found at their place."""
    note(storage, "one", "two", "three")
    with storage.engine.begin() as connection:
        connection.execute(tampering)  # type: ignore[call-overload]

    with storage.reading() as work:
        found = work.audit.verify()

    assert found is not None
    assert found.seq == seq


def test_an_entry_that_was_added_by_hand_shows(storage: Storage) -> None:
    """Whoever cannot move the head cannot add."""
    note(storage, "one")
    row = {"seq": 2, "at": READ, "actor": "x", "act": "x", "subject": "x", "before": "", "after": "", "detail": ""}
    with storage.engine.begin() as connection:
        connection.execute(insert(audit).values(**row, previous_hash="x", hash="x"))

    with storage.reading() as work:
        found = work.audit.verify()

    assert found is not None
    assert found.seq == 2
