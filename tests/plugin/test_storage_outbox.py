from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from plugin.storage.outbox import Lease, Ring, Topic
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
        return work.outbox.take(Topic.ISSUE, row_id, now, MINUTE)


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
        work.outbox.finish(lease)

    assert take(storage) is None
    assert ring(storage) == ()


def test_work_asked_for_while_it_runs_is_done_once_more(storage: Storage) -> None:
    """What changed after the job had looked is not lost."""
    request(storage)
    lease = take(storage)
    assert lease is not None
    request(storage)

    with storage.begin() as work:
        work.outbox.finish(lease)

    assert ring(storage) == (Ring(Topic.ISSUE, "a"),)


def test_a_lease_that_ended_finishes_nothing(storage: Storage) -> None:
    """A worker that was too slow does not strike out what another one is doing."""
    request(storage)
    slow = take(storage)
    assert slow is not None
    take(storage, now=NOW + MINUTE)

    with storage.begin() as work:
        work.outbox.finish(slow)
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
