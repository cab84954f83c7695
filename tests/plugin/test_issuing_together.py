from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from lti.errors import Fault, PlatformError
from mappings.assessment import AssessmentRecord, Completion, CourseId, LearnerId
from mappings.documents.envelope import Document, Envelope, Format
from mappings.elements import MicroCredential
from plugin import issuing
from plugin.errors import ChangedMeanwhile, SealPaused, UnknownRow
from plugin.issuing import issue, issue_all
from plugin.jobs.bell import Bell
from plugin.jobs.queue import make_queue
from plugin.jobs.tasks import Duty, Jobs
from plugin.sealing import Sealed, Sealer
from plugin.sealing.errors import DocumentUnsuitable, SealError, TimestampUnavailable
from plugin.settings import Settings
from plugin.storage.awards import AwardRow, State
from plugin.storage.outbox import Topic
from plugin.storage.tables import outbox
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests import factories
from tests.plugin.bridges import Bench, a_bench

CLASS = tuple(str(number) for number in range(70, 76))


class Picky:
    """A sealer that does something before it seals the document of one award."""

    format = Format.ELM

    def __init__(self, real: Sealer, at: int, act: Callable[[], None]) -> None:
        self.real, self.at, self.act = real, at, act
        self.calls = 0

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal, but for the call ``at``."""
        self.calls += 1
        if self.calls == self.at:
            self.act()
        return self.real.seal(document, now)


def fail(error: SealError) -> Callable[[], None]:
    """Return what raises ``error``."""

    def act() -> None:
        raise error

    return act


@pytest.fixture
def bench(storage: Storage) -> Bench:
    """Six learners who did as well as Anna, synced."""
    bench = a_bench(storage)
    anna = bench.platform.records[LearnerId("4")]
    bench.platform.records = {
        LearnerId(each): replace(anna, learner=factories.learner(f"Anna {each}", each, student_number=f"s-{each}"))
        for each in CLASS
    }
    sync(bench.sync, bench.offer.id)
    return bench


def picky(bench: Bench, at: int, act: Callable[[], None]) -> tuple[Bench, Picky]:
    """The same bench with a picky sealer."""
    sealer = Picky(bench.issuing.sealers[Format.ELM], at, act)
    return bench.with_issuing(sealers={Format.ELM: sealer}), sealer


def ids(bench: Bench) -> list[str]:
    """The awards of the class, in the order in which they are done."""
    return sorted(award.id for award in bench.awards().values())


def jobs(bench: Bench, folder: Path) -> Jobs:
    """The bridge's jobs, as far as they issue."""
    bell = Bell(bench.storage, make_queue(Settings(data_dir=folder)), 200, bench.clock)
    duty = Duty(partial(issuing.issue_all, bench.issuing), issuing.AT_ONCE)
    return Jobs(bench.storage, bell, {Topic.ISSUE: duty}, bench.clock)


def states(bench: Bench) -> dict[str, State]:
    """States by award id."""
    return {award.id: award.state for award in bench.awards().values()}


def test_a_class_is_read_once_and_sealed_together(bench: Bench, tmp_path: Path) -> None:
    """One message, one reading, six credentials with places of their own, and nothing left to do."""
    bench.platform.reads = 0

    done = jobs(bench, tmp_path).work(Topic.ISSUE, bench.offer.id)

    reserved = [bench.credential(each) for each in CLASS]
    assert (done, bench.platform.reads, set(states(bench).values())) == (True, 1, {State.SEALED})
    assert len({each.envelope.status_index for each in reserved if each}) == len(CLASS)
    with bench.storage.reading() as work:
        assert work.outbox.waiting(Topic.ISSUE) == 0
        assert work.audit.verify() is None


def test_one_document_that_cannot_be_sealed_stops_no_other(bench: Bench) -> None:
    """The others are sealed; only the one is told as failed, and keeps its reservation."""
    bench, _ = picky(bench, 3, fail(DocumentUnsuitable("odd")))

    failures = issue_all(bench.issuing, ids(bench))

    (failed,) = failures
    assert isinstance(failures[failed], DocumentUnsuitable)
    assert states(bench) == {id_: State.RESERVED if id_ == failed else State.SEALED for id_ in ids(bench)}


def test_a_seal_that_goes_away_keeps_what_is_sealed(bench: Bench) -> None:
    """After the first refusal nobody asks again; the two before it count, the rest waits."""
    bench, sealer = picky(bench, 3, fail(TimestampUnavailable("no answer")))

    failures = issue_all(bench.issuing, ids(bench))

    assert (sealer.calls, len(failures)) == (3, 4)
    assert sorted(states(bench).values()) == [State.RESERVED] * 4 + [State.SEALED] * 2


def test_a_slow_seal_keeps_what_there_is_in_time(bench: Bench) -> None:
    """A job must not outlive its lease: after a minute it keeps what it has, the rest is due at once."""
    bench, _ = picky(bench, 2, lambda: bench.clock.pass_(timedelta(minutes=2)))

    failures = issue_all(bench.issuing, ids(bench))

    assert {type(error) for error in failures.values()} == {SealPaused}
    assert sorted(states(bench).values()) == [State.RESERVED] * 4 + [State.SEALED] * 2


def test_who_is_overtaken_is_alone_with_that(bench: Bench) -> None:
    """Somebody seals one award of the six while they are sealed together: five are kept, one was done already."""
    overtaken = ids(bench)[4]
    before = bench.issuing
    bench, _ = picky(bench, 1, lambda: _issue(before, overtaken))

    failures = issue_all(bench.issuing, ids(bench))

    assert {id_: type(error) for id_, error in failures.items()} == {overtaken: ChangedMeanwhile}
    assert set(states(bench).values()) == {State.SEALED}


def _issue(tools: issuing.IssuingTools, award_id: str) -> None:
    issue(tools, award_id)


def test_trouble_with_one_learner_stops_no_other(bench: Bench) -> None:
    """The platform tells of it after all others were read: they are sealed."""
    bench.platform.__class__ = type("Troubled", (_Troubled, type(bench.platform)), {})

    failures = issue_all(bench.issuing, ids(bench))

    assert [str(error) for error in failures.values()] == [str(PlatformError(Fault.UNKNOWN_FAULT, "learner 72"))]
    assert list(states(bench).values()).count(State.SEALED) == 5


class _Troubled:
    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield everybody but one."""
        for record in super().read(course, learners, since):  # type: ignore[misc]
            if record.learner.id != "72":
                yield record
        raise PlatformError(Fault.UNKNOWN_FAULT, "learner 72")


def test_whoever_did_not_earn_it_any_more_waits_alone(bench: Bench) -> None:
    """A completion that was undone after the sync is withheld, the others are sealed."""
    bench.platform.change("73", completion=Completion(False))

    assert issue_all(bench.issuing, ids(bench)) == {}

    assert bench.awards()["73"].state is State.WITHHELD
    assert list(states(bench).values()).count(State.SEALED) == 5


def test_work_is_struck_out_with_the_seal_it_was_for(bench: Bench) -> None:
    """In the very transaction that makes the seal count: no crash lies between the two."""
    struck: list[tuple[State, str]] = []

    def strike(work: object, row_ids: Collection[str]) -> None:
        struck.extend((work.awards.get(each).state, each) for each in row_ids)  # type: ignore[attr-defined]

    issue_all(bench.issuing, ids(bench), strike)

    assert struck == [(State.SEALED, each) for each in ids(bench)]


def test_an_award_that_nobody_knows_is_told(bench: Bench) -> None:
    """A row of the outbox without its award fails alone."""
    failures = issue_all(bench.issuing, [*ids(bench), "invented"])

    assert {id_: type(error) for id_, error in failures.items()} == {"invented": UnknownRow}


def test_poison_is_parked_alone(bench: Bench, tmp_path: Path) -> None:
    """What breaks the whole batch in a way nobody foresaw is found by doing each alone; the rest is sealed."""
    render = bench.issuing.render

    def poisoned(form: Format, credential: MicroCredential, envelope: Envelope) -> Document:
        if credential.holder.value.full_name == "Poison":
            raise ZeroDivisionError
        return render(form, credential, envelope)

    bench.platform.change("72", learner=factories.learner("Poison", "72"))
    jobs(bench.with_issuing(render=poisoned), tmp_path).work(Topic.ISSUE, bench.offer.id)

    assert {award.learner for award in _not_sealed(bench)} == {"72"}
    with bench.storage.reading() as work:
        assert work.outbox.waiting(Topic.ISSUE) == 1


def test_work_that_the_release_before_asked_for_is_done(bench: Bench, tmp_path: Path) -> None:
    """It names no batch: while both releases run, and after the upgrade, such rows are one batch of their own."""
    with bench.storage.begin() as work:
        work.outbox._connection.execute(update(outbox).values(batch=""))

    assert jobs(bench, tmp_path).bell.ring() == len(CLASS)
    assert jobs(bench, tmp_path).work(Topic.ISSUE, "")

    assert _not_sealed(bench) == ()


def _not_sealed(bench: Bench) -> tuple[AwardRow, ...]:
    return tuple(award for award in bench.awards().values() if award.state is not State.SEALED)
