from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from lti.errors import Fault, PlatformError
from plugin.delivery import DeliveryTools, Notice, deliver
from plugin.errors import ChangedMeanwhile
from plugin.storage.awards import State
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests.plugin.bridges import Bench, a_bench

ANNA = "4"


class Postbox:
    """A channel that remembers what was sent, and can fail."""

    name = "postbox"

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self.fault: PlatformError | None = None
        self.crash = False

    def send(self, notice: Notice) -> None:
        if self.fault:
            raise self.fault
        self.sent.append(notice)
        if self.crash:
            raise SystemExit


@pytest.fixture
def bench(storage: Storage) -> Bench:
    """Anna and Bruno are sealed."""
    bench = a_bench(storage)
    bench.seal_all()
    return bench


def tools(bench: Bench, box: Postbox) -> DeliveryTools:
    """Delivery with one channel."""
    return DeliveryTools(bench.storage, (box,), bench.clock)


def test_a_notice_goes_out_once(bench: Bench) -> None:
    """Also when several deliver at the same time."""
    box, award_id = Postbox(), bench.awards()[ANNA].id

    def attempt(_: int) -> None:
        with suppress(ChangedMeanwhile):
            deliver(tools(bench, box), award_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(8)))

    assert len(box.sent) == 1
    assert bench.awards()[ANNA].state is State.DELIVERED


def test_nothing_is_told_before_the_seal(sqlite_storage: Storage) -> None:
    """An eligible award is not announced, whoever rings."""
    bench, box = a_bench(sqlite_storage), Postbox()
    sync(bench.sync, bench.offer.id)

    deliver(tools(bench, box), bench.awards()[ANNA].id)

    assert box.sent == []


def test_a_crash_while_sending_never_sends_again(bench: Bench) -> None:
    """It may have arrived; the second try moves on without it."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.crash = True
    with pytest.raises(SystemExit):
        deliver(tools(bench, box), award_id)

    box.crash = False
    deliver(tools(bench, box), award_id)

    assert len(box.sent) == 1
    assert bench.awards()[ANNA].state is State.DELIVERED


def test_a_channel_that_cannot_be_reached_is_tried_later(bench: Bench) -> None:
    """Nothing was sent, so nothing is lost: the next try sends."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.fault = PlatformError(Fault.UNREACHABLE, "place")
    with pytest.raises(PlatformError):
        deliver(tools(bench, box), award_id)

    box.fault = None
    deliver(tools(bench, box), award_id)

    assert len(box.sent) == 1


def test_a_refused_notice_is_kept_with_its_code(bench: Bench) -> None:
    """The platform does not let us write to this person: told once, not tried for ever."""
    box, award_id = Postbox(), bench.awards()[ANNA].id
    box.fault = PlatformError(Fault.NO_ACCESS, "place")

    award = deliver(tools(bench, box), award_id)

    reserved = bench.credential(ANNA)
    assert reserved is not None
    with bench.storage.reading() as work:
        assert work.deliveries.outcomes(reserved.envelope.id) == {"postbox": "no_access"}
    assert award.state is State.DELIVERED
