from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from mappings.assessment import Completion, Learner, LearnerId, Standing
from mappings.documents.envelope import Document, Format
from plugin import offering
from plugin.errors import ChangedMeanwhile, NoSeal, SealPaused, SealRejected
from plugin.issuing import issue
from plugin.offering import OfferingTools
from plugin.sealing import Sealed, Sealer
from plugin.sealing.errors import TimestampUnavailable
from plugin.storage.awards import State
from plugin.storage.breakers import STAYS_OPEN
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from plugin.verification import CheckContext, check
from tests.plugin.bridges import Bench, a_bench

ANNA, BRUNO, CHIARA = "456"


class Watching:
    """A sealer that looks at something, or fails, before the real one seals."""

    format = Format.ELM

    def __init__(self, real: Sealer) -> None:
        self.real = real
        self.calls = 0
        self.before: object = None

    def seal(self, document: Document, now: datetime) -> Sealed:
        """Seal after the look."""
        self.calls += 1
        if callable(self.before):
            self.before()
        return self.real.seal(document, now)


@pytest.fixture
def bench(storage: Storage) -> Bench:
    """The recorded course, synced."""
    bench = a_bench(storage)
    sync(bench.sync, bench.offer.id)
    return bench


def watching(bench: Bench) -> tuple[Bench, Watching]:
    """The same bench with a sealer that can be watched."""
    sealer = Watching(bench.issuing.sealers[Format.ELM])
    sealers: Mapping[Format, Sealer] = {Format.ELM: sealer}
    return bench.with_issuing(sealers=sealers), sealer


def test_an_eligible_award_is_sealed_and_verifies(bench: Bench) -> None:
    """What is stored verifies from its bytes."""
    award = issue(bench.issuing, bench.awards()[ANNA].id)

    body = bench.sealed(ANNA)
    assert award.state is State.SEALED
    assert body is not None
    assert check(body, CheckContext(bench.clock())).ok


def test_what_is_sealed_is_the_stored_snapshot(bench: Bench) -> None:
    """Bruno's third outcome was rated «not yet competent»: two outcomes are stated."""
    issue(bench.issuing, bench.awards()[BRUNO].id)

    reserved = bench.credential(BRUNO)
    assert reserved is not None
    assert [outcome.id for outcome in reserved.credential.outcomes.value] == ["LO-ADA-1", "LO-ADA-2"]


def test_issuing_twice_equals_once(bench: Bench) -> None:
    """The second run finds it done: same bytes, same identity."""
    issue(bench.issuing, bench.awards()[ANNA].id)
    first = (bench.sealed(ANNA), bench.credential(ANNA))

    issue(bench.issuing, bench.awards()[ANNA].id)

    assert (bench.sealed(ANNA), bench.credential(ANNA)) == first


def test_issuing_by_several_at_once_equals_once(bench: Bench) -> None:
    """Whoever comes second is told so; one credential, one set of bytes that belongs to its snapshot."""
    award_id = bench.awards()[ANNA].id

    def attempt(_: int) -> None:
        with suppress(ChangedMeanwhile):
            issue(bench.issuing, award_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(8)))

    reserved, body = bench.credential(ANNA), bench.sealed(ANNA)
    assert bench.awards()[ANNA].state is State.SEALED
    assert reserved is not None
    assert body is not None
    assert reserved.envelope.id in body.decode()
    assert check(body, CheckContext(bench.clock())).ok


def test_the_record_is_read_again_right_before_sealing(bench: Bench) -> None:
    """A completion undone after the sync is never sealed; the reason is kept."""
    bench.platform.change(ANNA, completion=Completion(False))

    award = issue(bench.issuing, bench.awards()[ANNA].id)

    assert (award.state, bench.credential(ANNA)) == (State.WITHHELD, None)
    assert [reason.code for reason in award.reasons] == ["not_completed"]


def test_a_learner_who_left_is_not_sealed(bench: Bench) -> None:
    """Withdrawn between sync and sealing."""
    del bench.platform.records[ANNA]  # type: ignore[arg-type]

    award = issue(bench.issuing, bench.awards()[ANNA].id)

    assert [reason.code for reason in award.reasons] == ["not_a_learner"]


def test_somebody_who_earned_nothing_is_not_sealed_by_asking(bench: Bench) -> None:
    """A job for a withheld award decides again and withholds."""
    award = issue(bench.issuing, bench.awards()[CHIARA].id)

    assert (award.state, bench.credential(CHIARA)) == (State.WITHHELD, None)


def test_no_transaction_is_open_while_the_key_is_used(bench: Bench) -> None:
    """Another writer can write while the seal is made, however long that takes."""
    bench, sealer = watching(bench)
    seen: list[State] = []

    def look() -> None:
        with bench.storage.begin() as work:
            seen.append(work.awards.get(bench.awards()[ANNA].id).state)

    sealer.before = look
    issue(bench.issuing, bench.awards()[ANNA].id)

    assert seen == [State.RESERVED]


def test_a_failed_seal_leaves_a_reservation_that_is_used_again(bench: Bench) -> None:
    """The timestamp authority is down once: nothing is stored, and the next try keeps identity and index."""
    bench, sealer = watching(bench)

    def refuse() -> None:
        raise TimestampUnavailable("no answer")

    sealer.before = refuse
    with pytest.raises(TimestampUnavailable):
        issue(bench.issuing, bench.awards()[ANNA].id)
    reserved = bench.credential(ANNA)
    assert (bench.awards()[ANNA].state, bench.sealed(ANNA)) == (State.RESERVED, None)

    sealer.before = None
    issue(bench.issuing, bench.awards()[ANNA].id)

    again = bench.credential(ANNA)
    assert reserved is not None
    assert again is not None
    assert (again.envelope.id, again.envelope.status_index) == (reserved.envelope.id, reserved.envelope.status_index)


def test_a_seal_that_does_not_verify_is_never_kept(bench: Bench) -> None:
    """The bridge checks its own bytes; what fails is not stored and the award is not sealed."""
    bench = bench.with_issuing(failures=lambda _: ("the signature is wrong",))

    with pytest.raises(SealRejected, match="the signature is wrong"):
        issue(bench.issuing, bench.awards()[ANNA].id)

    assert (bench.awards()[ANNA].state, bench.sealed(ANNA)) == (State.RESERVED, None)


def test_bytes_of_a_slower_run_are_thrown_away(bench: Bench) -> None:
    """Somebody moved the award while the seal was made: nothing of the slower run is stored."""
    bench, sealer = watching(bench)
    award_id = bench.awards()[ANNA].id

    def overtake() -> None:
        sealer.before = None
        issue(bench.issuing, award_id)

    sealer.before = overtake
    with pytest.raises(ChangedMeanwhile):
        issue(bench.issuing, award_id)

    assert (sealer.calls, bench.awards()[ANNA].state) == (2, State.SEALED)


def test_without_a_seal_the_award_waits(bench: Bench) -> None:
    """Nothing counts as sealed where nothing can be sealed."""
    bench = bench.with_issuing(sealers={})

    with pytest.raises(NoSeal):
        issue(bench.issuing, bench.awards()[ANNA].id)

    assert bench.awards()[ANNA].state is State.ELIGIBLE


def test_the_trail_tells_every_step(bench: Bench) -> None:
    """Who did what, from which state to which, in an intact chain."""
    award_id = bench.awards()[ANNA].id

    issue(bench.issuing, award_id)

    with bench.storage.reading() as work:
        steps = [(chained.entry.actor, chained.entry.after) for chained in work.audit.entries(award_id)]
        assert work.audit.verify() is None
    assert steps == [("sync", "withheld"), ("sync", "eligible"), ("issuing", "reserved"), ("issuing", "sealed")]


def test_a_seal_that_keeps_failing_is_left_alone(bench: Bench) -> None:
    """After five failures in a row nobody tries for a while; then one tries, and success lets all go on."""
    bench, sealer = watching(bench)

    def refuse() -> None:
        raise TimestampUnavailable("no answer")

    sealer.before = refuse
    for _ in range(5):
        with pytest.raises(TimestampUnavailable):
            issue(bench.issuing, bench.awards()[ANNA].id)
    with pytest.raises(SealPaused):
        issue(bench.issuing, bench.awards()[ANNA].id)
    assert sealer.calls == 5

    sealer.before = None
    bench.clock.pass_(STAYS_OPEN)
    assert issue(bench.issuing, bench.awards()[ANNA].id).state is State.SEALED
    assert issue(bench.issuing, bench.awards()[BRUNO].id).state is State.SEALED


def test_the_pause_lets_only_one_try(bench: Bench) -> None:
    """Who comes while somebody tries is sent away with the time to come back."""
    bench, sealer = watching(bench)
    with bench.storage.begin() as work:
        for _ in range(5):
            work.breakers.failed("seal", "timestamp_unavailable", bench.clock())
    bench.clock.pass_(STAYS_OPEN)

    def meanwhile() -> None:
        sealer.before = None
        with pytest.raises(SealPaused):
            issue(bench.issuing, bench.awards()[BRUNO].id)

    sealer.before = meanwhile

    assert issue(bench.issuing, bench.awards()[ANNA].id).state is State.SEALED


def test_what_was_to_be_sealed_when_the_course_was_paused_is_asked_for_again(bench: Bench) -> None:
    """Its work was struck out while nothing could be done; resuming remembers."""
    sync(bench.sync, bench.offer.id)
    tools = OfferingTools(bench.storage, bench.clock)
    offering.pause(tools, bench.offer, by="Tessa Teacher")
    with bench.storage.begin() as work:
        work.outbox.finish(work.outbox.claim(Topic.ISSUE, bench.offer.id, bench.clock(), timedelta(minutes=1), most=9))

    offering.resume(tools, bench.offer, by="Tessa Teacher")

    eligible = [award for award in bench.awards().values() if award.state is State.ELIGIBLE]
    with bench.storage.reading() as work:
        assert work.outbox.waiting(Topic.ISSUE) == len(eligible) > 0


def test_a_paused_course_issues_nothing(bench: Bench) -> None:
    """What was eligible when the teacher paused waits, and goes on after the pause."""
    anna = bench.awards()[ANNA]
    with bench.storage.begin() as work:
        work.offers.disable(bench.offer.id)

    assert issue(bench.issuing, anna.id) == anna
    assert bench.credential(ANNA) is None


def test_whoever_teaches_by_now_gets_nothing(bench: Bench) -> None:
    """Between sync and seal a learner became staff: the platform says so and nothing else."""
    learner = Learner(LearnerId(ANNA), Standing.STAFF)
    bench.platform.change(ANNA, learner=learner, results=(), competencies=(), completion=Completion(None))

    award = issue(bench.issuing, bench.awards()[ANNA].id)

    assert (award.state, [reason.code for reason in award.reasons]) == (State.WITHHELD, ["not_a_learner"])
