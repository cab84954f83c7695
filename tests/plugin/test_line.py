"""The whole line as jobs, from a due time to the hand-over, with nobody pressing a button."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from mappings.assessment import Completion
from mappings.documents.envelope import Document, Format
from plugin import delivery, issuing, scheduling, sync
from plugin.delivery import DeliveryTools
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs, singly
from plugin.notices import Notice, Sending
from plugin.progress import progress
from plugin.sealing import Sealed
from plugin.sealing.errors import TimestampUnavailable
from plugin.settings import Settings
from plugin.storage.awards import State
from plugin.storage.deliveries import Outcome
from plugin.storage.outbox import Ring, Topic
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.web import letters
from tests import factories
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.conftest import PUBLIC_URL

ANNA, BRUNO = "45"


class Postbox:
    """A channel that remembers what was sent."""

    name = "postbox"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, notice: Notice) -> Sending:
        """Send."""
        self.sent.append(notice.learner)
        return Sending(Outcome.SENT)


@pytest.fixture
def bench(storage: Storage) -> Bench:
    """The recorded course, where Anna has not completed yet."""
    bench = a_bench(storage).with_issuing(announce=True)
    bench.platform.change(ANNA, completion=Completion(False))
    return bench


def run_everything(bench: Bench, box: Postbox, folder: Path) -> None:
    """What the beat and a worker do until nothing is due any more."""
    handing_over = DeliveryTools(bench.storage, (box,), bench.clock, letters.write)
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


class AwaySealer:
    """A seal whose timestamp authority does not answer."""

    format = Format.ELM

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Refuse."""
        raise TimestampUnavailable("no answer")


def test_an_outage_of_the_seal_is_seen_told_to_nobody_and_over_by_itself(bench: Bench, tmp_path: Path) -> None:
    """The state names it with the next attempt; when the authority answers again the learner has the credential."""
    box = Postbox()
    run_everything(bench.with_issuing(sealers={Format.ELM: AwaySealer()}), box, tmp_path)
    (trouble,) = progress(bench.storage, bench.clock).troubles
    assert (trouble.topic, trouble.count, box.sent) == (Topic.ISSUE, 1, [])
    assert "timestamp_unavailable" in trouble.error
    assert trouble.next_due > bench.clock()

    bench.clock.pass_(timedelta(hours=1))
    run_everything(bench, box, tmp_path)

    assert (box.sent, progress(bench.storage, bench.clock).troubles) == ([BRUNO], ())


def test_an_outage_of_the_database_in_the_middle_loses_nothing(bench: Bench, tmp_path: Path) -> None:
    """It goes away right before the seal is kept: nothing counts, nobody is told, and the work is done after it."""
    box, fail = Postbox(), Away(bench.storage, at=2)
    run_everything(replace(bench.with_issuing(storage=fail), storage=bench.storage), box, tmp_path)
    assert (bench.awards()[BRUNO].state, box.sent) == (State.RESERVED, [])

    bench.clock.pass_(timedelta(hours=1))
    run_everything(bench, box, tmp_path)

    assert (bench.awards()[BRUNO].state, box.sent) == (State.DELIVERED, [BRUNO])


class Away(Storage):
    """A database whose writing transactions end in an outage from number ``at`` on."""

    def __init__(self, real: Storage, at: int) -> None:
        super().__init__(real.engine, real.vault, PUBLIC_URL)
        self._left = at - 1

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Begin, or not."""
        if self._left <= 0:
            raise OperationalError("BEGIN", {}, Exception("the database is away"))
        self._left -= 1
        with super().begin() as work:
            yield work
