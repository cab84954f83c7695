"""The whole line as jobs, from a due time to the hand-over, with nobody pressing a button."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from mappings.assessment import Completion
from plugin import delivery, issuing, scheduling, sync
from plugin.delivery import DeliveryTools, Notice
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs, singly
from plugin.settings import Settings
from plugin.storage.awards import State
from plugin.storage.outbox import Ring, Topic
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.plugin.bridges import Bench, a_bench

ANNA, BRUNO = "45"


class Postbox:
    """A channel that remembers what was sent."""

    name = "postbox"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, notice: Notice) -> None:
        """Send."""
        self.sent.append(notice.learner)


@pytest.fixture
def bench(storage: Storage) -> Bench:
    """The recorded course, where Anna has not completed yet."""
    bench = a_bench(storage).with_issuing(announce=True)
    bench.platform.change(ANNA, completion=Completion(False))
    return bench


def run_everything(bench: Bench, box: Postbox, folder: Path) -> None:
    """What the beat and a worker do until nothing is due any more."""
    handing_over = DeliveryTools(bench.storage, (box,), bench.clock)
    plan = scheduling.make_tools(bench.storage, timedelta(minutes=10), bench.clock)
    jobs = Jobs(
        bench.storage,
        Bell(bench.storage, make_queue(Settings(data_dir=folder)), 200, bench.clock),
        {
            Topic.SYNC: singly(lambda row_id: sync.sync(bench.sync, row_id)),
            Topic.ISSUE: Duty(partial(issuing.issue_all, bench.issuing), issuing.AT_ONCE),
            Topic.DELIVER: singly(lambda row_id: delivery.deliver(handing_over, row_id)),
        },
        bench.clock,
    )
    scheduling.schedule(plan)
    while rings := _due(bench):
        for ring in rings:
            jobs.work(ring.topic, ring.batch)


def _due(bench: Bench) -> tuple[Ring, ...]:
    with bench.storage.begin() as work:
        return work.outbox.ring(bench.clock(), in_flight=100, again_after=timedelta(0))


def test_who_completes_while_the_bridge_is_down_is_issued_after_the_restart(bench: Bench, tmp_path: Path) -> None:
    """A day without bridge, no event, no launch: the next look finds the completion, seals it and tells the learner."""
    box = Postbox()
    run_everything(bench, box, tmp_path)
    assert (bench.awards()[ANNA].state, box.sent) == (State.WITHHELD, [BRUNO])

    bench.platform.change(ANNA, completion=Completion(True, factories.GRADED))
    bench.clock.pass_(timedelta(days=1))
    run_everything(bench, box, tmp_path)

    assert (bench.awards()[ANNA].state, box.sent) == (State.DELIVERED, [BRUNO, ANNA])


def test_an_outage_of_the_platform_loses_nothing(bench: Bench, tmp_path: Path) -> None:
    """While it is down nothing is decided and nobody is told; afterwards work resumes by itself."""
    box = Postbox()
    bench.platform.down()
    run_everything(bench, box, tmp_path)
    assert (bench.awards(), box.sent) == ({}, [])

    bench.platform.fault = None
    bench.clock.pass_(timedelta(hours=1))
    run_everything(bench, box, tmp_path)

    assert box.sent == [BRUNO]
