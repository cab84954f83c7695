from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from plugin.storage.outbox import RINGS_A_BATCH, Lease, Ring, Topic
from plugin.storage.unit_of_work import Storage
from tests.factories import READ as NOW

MINUTE = timedelta(minutes=1)


def request(storage: Storage, row_id: str = "a", due_at: datetime | None = None) -> None:
    """Ask for an award to be issued."""
    with storage.begin() as work:
        work.outbox.request(Topic.ISSUE, row_id, NOW, due_at=due_at)


def take(storage: Storage, row_id: str = "a", now: datetime = NOW) -> Lease | None:
    """Try to take it for a minute."""
    with storage.begin() as work:
        return next(iter(work.outbox.claim(Topic.ISSUE, row_id, now, MINUTE)), None)


def ring(storage: Storage, now: datetime = NOW, in_flight: int = 200) -> tuple[Ring, ...]:
    """Ring for what is due."""
    with storage.begin() as work:
        return work.outbox.ring(now, in_flight=in_flight, again_after=MINUTE)


def test_only_one_gets_the_lease(storage: Storage) -> None:
    """Two workers with the same message: one works, one does nothing."""
    request(storage)

    with ThreadPoolExecutor(4) as pool:
        leases = list(pool.map(lambda _: take(storage), range(8)))

    assert len([lease for lease in leases if lease]) == 1


def test_a_lease_ends_by_itself(storage: Storage) -> None:
    """What a killed worker held is taken by another after the lease."""
    request(storage)
    take(storage)

    again = take(storage, now=NOW + MINUTE)

    assert again is not None
    assert again.attempt == 2


def test_finished_work_is_gone(storage: Storage) -> None:
    """A message that comes late finds nothing to do."""
    request(storage)
    lease = take(storage)
    assert lease is not None

    with storage.begin() as work:
        work.outbox.finish((lease,))

    assert take(storage) is None
    assert ring(storage) == ()


def test_work_asked_for_while_it_runs_is_done_once_more(storage: Storage) -> None:
    """What changed after the job had looked is not lost."""
    request(storage)
    lease = take(storage)
    assert lease is not None
    request(storage)

    with storage.begin() as work:
        work.outbox.finish((lease,))

    assert ring(storage) == (Ring(Topic.ISSUE, "a"),)


def test_a_lease_that_ended_finishes_nothing(storage: Storage) -> None:
    """A worker that was too slow does not strike out what another one is doing."""
    request(storage)
    slow = take(storage)
    assert slow is not None
    take(storage, now=NOW + MINUTE)

    with storage.begin() as work:
        work.outbox.finish((slow,))
        assert work.outbox.waiting() == 1


def test_nobody_is_rung_for_twice_in_a_row(storage: Storage) -> None:
    """A second look sends nothing; after a minute without answer it sends again."""
    request(storage)

    assert ring(storage) == (Ring(Topic.ISSUE, "a"),)
    assert ring(storage) == ()
    assert ring(storage, NOW + MINUTE) == (Ring(Topic.ISSUE, "a"),)


def test_messages_in_flight_are_bounded(storage: Storage) -> None:
    """However much is due, the broker gets no more than it can bear."""
    for number in range(5):
        request(storage, str(number))

    assert len(ring(storage, in_flight=3)) == 3
    assert ring(storage, in_flight=3) == ()


def test_what_is_not_due_waits(storage: Storage) -> None:
    """Due times are kept; asking again sooner brings them forward."""
    request(storage, due_at=NOW + MINUTE)
    assert ring(storage) == ()
    assert take(storage) is None

    request(storage)

    assert ring(storage) == (Ring(Topic.ISSUE, "a"),)


def test_postponed_work_comes_back_when_it_is_due(storage: Storage) -> None:
    """A failure that may pass is tried again later, and the attempt is counted."""
    request(storage)
    lease = take(storage)
    assert lease is not None

    with storage.begin() as work:
        work.outbox.postpone(lease, NOW + MINUTE, "platform_down")

    assert ring(storage) == ()
    again = take(storage, now=NOW + MINUTE)
    assert again is not None
    assert again.attempt == 2


def test_parked_work_waits_for_a_person(storage: Storage) -> None:
    """Poison work is shown with its error and comes back only by command."""
    request(storage)
    lease = take(storage)
    assert lease is not None
    with storage.begin() as work:
        work.outbox.park(lease, NOW, "issuer_disagrees")

    assert ring(storage, NOW + MINUTE) == ()
    with storage.begin() as work:
        (parked,) = work.outbox.parked()
        retried = work.outbox.retry_parked(NOW)

    assert (parked.row_id, parked.error, retried) == ("a", "issuer_disagrees", 1)
    assert ring(storage, NOW + MINUTE) == (Ring(Topic.ISSUE, "a"),)


def test_a_claim_takes_the_next_of_a_batch(storage: Storage) -> None:
    """Two workers with messages of the same batch share it; nobody gets what another holds."""
    with storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, "abcde", NOW, batch="course")

    def claim(_: int) -> list[str]:
        with storage.begin() as work:
            return [lease.row_id for lease in work.outbox.claim(Topic.ISSUE, "course", NOW, MINUTE, most=3)]

    with ThreadPoolExecutor(2) as pool:
        claimed = list(pool.map(claim, range(3)))

    assert sorted(row_id for part in claimed for row_id in part) == list("abcde")
    assert max(len(part) for part in claimed) == 3


def test_one_message_is_sent_for_as_much_as_is_done_at_once(storage: Storage) -> None:
    """Five pieces of a course, three at once: two messages; none more while they are unanswered."""
    with storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, "abcde", NOW, batch="course")

    def rung() -> tuple[Ring, ...]:
        with storage.begin() as work:
            return work.outbox.ring(NOW, in_flight=200, again_after=MINUTE, at_once={Topic.ISSUE: 3})

    assert (rung(), rung()) == ((Ring(Topic.ISSUE, "course"),) * 2, ())


def test_a_large_course_leaves_room_for_others(storage: Storage) -> None:
    """A burst has at most sixteen messages in the broker; a small course that comes later is rung for at once."""
    with storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, [f"{number:03}" for number in range(100)], NOW, batch="large")
        work.outbox.request_all(Topic.ISSUE, "a", NOW + MINUTE, batch="small")

    rings = ring(storage, NOW + MINUTE, in_flight=50)

    assert [rings.count(Ring(Topic.ISSUE, batch)) for batch in ("large", "small")] == [RINGS_A_BATCH, 1]


def test_a_message_gets_done_what_was_rung_for(storage: Storage) -> None:
    """Else that would count as unanswered, and a burst would stand still until it is taken for lost."""
    with storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, "xy", NOW, batch="course")
    ring(storage)
    with storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, "ab", NOW, batch="course")

    with storage.begin() as work:
        leases = work.outbox.claim(Topic.ISSUE, "course", NOW, MINUTE, most=2)

    assert sorted(lease.row_id for lease in leases) == ["x", "y"]


def test_a_status_list_goes_before_everything_else(storage: Storage) -> None:
    """However many awards have waited for longer."""
    for number in range(20):
        request(storage, f"award-{number}")
    with storage.begin() as work:
        work.outbox.request(Topic.STATUS, "list", NOW + MINUTE)

    (first,) = ring(storage, NOW + MINUTE, in_flight=1)

    assert first == Ring(Topic.STATUS, "list")


def test_work_of_a_lost_worker_is_taken_alone(storage: Storage) -> None:
    """What may have killed its worker takes nothing else with it the next time, and the rest is rung for again."""
    with storage.begin() as work:
        work.outbox.request_all(Topic.ISSUE, "abc", NOW, batch="course")
        work.outbox.claim(Topic.ISSUE, "course", NOW, MINUTE, most=2)

    with storage.begin() as work:
        first = work.outbox.claim(Topic.ISSUE, "course", NOW + MINUTE, MINUTE, most=3)

    assert [(lease.row_id, lease.abandoned) for lease in first] == [("a", 1)]
    assert Ring(Topic.ISSUE, "course") in ring(storage, NOW + MINUTE)
