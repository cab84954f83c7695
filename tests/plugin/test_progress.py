from __future__ import annotations

import json
from datetime import timedelta

from plugin.issuing import issue
from plugin.progress import progress
from plugin.storage.awards import State
from plugin.storage.marks import Mark
from plugin.storage.outbox import Topic
from plugin.storage.queued import Queued
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests.plugin.bridges import a_bench

ANNA = "4"


def test_everything_is_counted_with_its_age(sqlite_storage: Storage) -> None:
    """Per course and state, and since when the oldest waits there."""
    bench = a_bench(sqlite_storage)
    sync(bench.sync, bench.offer.id)
    began = bench.clock()
    bench.clock.pass_(timedelta(minutes=5))

    now = progress(bench.storage, bench.clock)

    assert now.offers[0].counts == {State.ELIGIBLE: 2, State.WITHHELD: 4}
    assert now.offers[0].oldest[State.ELIGIBLE] == began
    assert now.waiting[Topic.ISSUE] == 2


def test_a_burst_has_an_expected_finish(sqlite_storage: Storage) -> None:
    """From what was sealed in the last two minutes: one sealed, two still asked for, four minutes to go."""
    bench = a_bench(sqlite_storage)
    sync(bench.sync, bench.offer.id)
    assert progress(bench.storage, bench.clock).expected_finish is None

    issue(bench.issuing, bench.awards()[ANNA].id)

    now = progress(bench.storage, bench.clock)
    assert now.expected_finish == bench.clock() + timedelta(minutes=4)


def test_a_pause_after_a_restore_is_told(sqlite_storage: Storage) -> None:
    """Until somebody ends it, in the report for people and in that for machines."""
    bench = a_bench(sqlite_storage)
    assert progress(bench.storage, bench.clock).paused_since is None
    with bench.storage.begin() as work:
        work.marks.set(Mark.PAUSED, "after a restore", bench.clock())

    now = progress(bench.storage, bench.clock)

    assert now.paused_since == bench.clock()
    assert now.to_json()["paused_since"] == bench.clock().isoformat()


def test_the_report_for_machines_names_no_person(sqlite_storage: Storage) -> None:
    """Ids, numbers and times only."""
    bench = a_bench(sqlite_storage)
    sync(bench.sync, bench.offer.id)

    said = json.dumps(progress(bench.storage, bench.clock).to_json())

    assert '"eligible": {"count": 2' in said
    assert not any(name in said for name in ("Anna", "Kowalska", "example.org"))


def test_each_course_says_what_waits_why_and_until_when(sqlite_storage: Storage) -> None:
    """Reasons by their codes, what failed, the next attempt, and when the course is done at the pace of now."""
    bench = a_bench(sqlite_storage)
    sync(bench.sync, bench.offer.id)
    with bench.storage.begin() as work:
        (lease,) = work.outbox.claim(Topic.ISSUE, bench.offer.id, bench.clock(), timedelta(minutes=5))
        work.outbox.park(lease, bench.clock(), "seal_rejected")
    issue(bench.issuing, next(a.id for a in bench.awards().values() if a.state is State.ELIGIBLE))

    (course,) = progress(bench.storage, bench.clock).offers

    assert course.queued == Queued(waiting=1, parked=1, next_due=bench.clock())
    assert course.reasons[State.WITHHELD]["not_completed"] >= 1
    assert course.expected_finish == bench.clock() + timedelta(minutes=2)
    said = progress(bench.storage, bench.clock).to_json()["offers"]
    assert said[0]["failed"] == 1  # type: ignore[index]
