from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from mappings.assessment import CourseId
from plugin.scheduling import AT_MOST_EVERY, SchedulingTools, hasten, pause_after, schedule, take_hint
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.rows import ADA101, MOODLE

PACE = timedelta(minutes=10)


@pytest.fixture
def bench(sqlite_storage: Storage) -> Bench:
    """The recorded course, enabled."""
    return a_bench(sqlite_storage)


def tools(bench: Bench) -> SchedulingTools:
    """Scheduling with known chance."""
    return SchedulingTools(bench.storage, PACE, bench.clock, Random(1))


def waiting(bench: Bench) -> int:
    """How many courses wait to be read."""
    with bench.storage.reading() as work:
        return work.outbox.waiting(Topic.SYNC)


def test_a_course_is_asked_for_when_it_is_due_and_not_before(bench: Bench) -> None:
    """At once, then again after about the pace; a bridge that was down for a day asks once."""
    asked = [schedule(tools(bench)), schedule(tools(bench))]
    bench.clock.pass_(timedelta(days=1))
    asked += [schedule(tools(bench)), schedule(tools(bench))]

    assert asked == [1, 0, 1, 0]
    assert waiting(bench) == 1


@pytest.mark.parametrize(
    ("since_end", "expected"),
    [
        (timedelta(days=-60), PACE * 4),
        (timedelta(days=-3), PACE),
        (timedelta(days=20), PACE),
        (timedelta(days=60), PACE * 4),
        (timedelta(days=200), timedelta(days=1)),
    ],
)
def test_around_its_end_a_course_is_read_more_often(bench: Bench, since_end: timedelta, expected: timedelta) -> None:
    """Completions come with the end; long after it grades are still corrected now and then."""
    offer = replace(bench.offer, course_ends_at=bench.clock() - since_end)

    assert pause_after(offer, bench.clock(), PACE) == expected


def test_a_launch_hastens_the_reading(bench: Bench) -> None:
    """Only of the course that was launched into."""
    assert hasten(tools(bench), MOODLE, ADA101) == 1
    assert hasten(tools(bench), MOODLE, CourseId("99")) == 0
    assert waiting(bench) == 1


def test_an_event_is_taken_once(bench: Bench) -> None:
    """Duplicated and reordered events change nothing more."""
    taken = [take_hint(tools(bench), MOODLE, ADA101, event) for event in ("cc-5", "cc-4", "cc-5")]

    assert taken == [True, True, False]
    assert waiting(bench) == 1


def test_an_event_about_a_course_without_credential_is_not_kept(bench: Bench) -> None:
    """It concerns nobody here."""
    assert take_hint(tools(bench), MOODLE, CourseId("99"), "cc-1") is False
    assert waiting(bench) == 0


def test_many_launches_do_not_read_a_course_all_the_time(bench: Bench) -> None:
    """A course that was just read waits a minute, however many come."""
    with bench.storage.begin() as work:
        work.offers.note_sync(bench.offer, at=bench.clock(), full=True)
    for _ in range(3):
        hasten(tools(bench), MOODLE, ADA101)

    with bench.storage.reading() as work:
        assert work.outbox.next_due() == bench.clock() + AT_MOST_EVERY
