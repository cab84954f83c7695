"""What happens to credentials in force when teacher or institution state something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from mappings.assessment import Completion, LearnerId
from mappings.profile import CourseProfile, Issuer
from plugin import offering
from plugin.issuing import issue
from plugin.offering import OfferingTools
from plugin.restating import restate
from plugin.sealing import Sealed
from plugin.storage.awards import State
from plugin.storage.cases import Kind
from plugin.storage.outbox import Topic
from plugin.storage.profiles import Rule
from plugin.storage.tables import assessments
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests import factories
from tests.plugin.bridges import Bench, a_bench

ANNA, BRUNO = "45"
NO_LONGER_ACCREDITED = replace(factories.issuer(), version=2, accreditations=())
MOVED = replace(factories.issuer(), version=2, homepage="https://www.moved.example.org")
ONLY_COUNTED_UP = replace(factories.issuer(), version=2)


@pytest.fixture
def bench(sqlite_storage: Storage) -> Bench:
    """Anna and Bruno are sealed; a day passes."""
    bench = a_bench(sqlite_storage)
    bench.seal_all()
    bench.clock.pass_(timedelta(days=1))
    return bench


def state(bench: Bench, issuer: Issuer) -> None:
    """The institution states a newer profile, and the work that this makes necessary is done."""
    offering.state_institution(OfferingTools(bench.storage, bench.clock), issuer, by="Ada Admin")
    work_off(bench)


def enable(bench: Bench, profile: CourseProfile) -> None:
    """The teacher enables a newer profile; its work is done."""
    place = (bench.offer.platform, bench.offer.course)
    offering.enable(OfferingTools(bench.storage, bench.clock), place, profile, factories.issuer(), by="Tessa")
    work_off(bench)


def work_off(bench: Bench) -> None:
    """Compare whatever is to be compared."""
    with bench.storage.begin() as work:
        leases = work.outbox.claim(Topic.RESTATE, bench.offer.id, bench.clock(), timedelta(minutes=1))
    for lease in leases:
        restate(bench.storage, lease.row_id, bench.clock)
        with bench.storage.begin() as work:
            work.outbox.finish((lease,))


def test_an_accreditation_that_ended_asks_about_everything_issued_under_it(bench: Bench) -> None:
    """Nobody enables anything again, and the platform is not asked: it may be down, the course long over."""
    bench.platform.down()

    state(bench, NO_LONGER_ACCREDITED)

    assert [case.kind for case in bench.cases()] == [Kind.NO_LONGER_EARNED, Kind.NO_LONGER_EARNED]
    assert {bench.awards()[each].state for each in (ANNA, BRUNO)} == {State.SEALED}


def test_a_newer_institution_profile_is_in_force_for_what_comes(bench: Bench) -> None:
    """Without its accreditation nothing more is sealed; what lacks it waits and says so."""
    state(bench, NO_LONGER_ACCREDITED)
    bench.platform.change("6", **_earned(bench))
    sync(bench.sync, bench.offer.id)

    award = bench.awards()["6"]

    assert (award.state, [reason.code for reason in award.reasons]) == (State.HELD, ["missing_element"])


def test_a_paused_course_is_compared_too(bench: Bench) -> None:
    """A pause stops new credentials; it does not keep wrong ones from being seen."""
    offering.pause(OfferingTools(bench.storage, bench.clock), bench.offer, by="Tessa")

    state(bench, MOVED)

    assert [case.kind for case in bench.cases()] == [Kind.PROFILE, Kind.PROFILE]


def test_what_says_the_same_asks_nothing(bench: Bench) -> None:
    """A version that only counted up is no change to anybody."""
    state(bench, ONLY_COUNTED_UP)

    assert bench.cases() == ()


def test_an_older_version_comes_too_late(bench: Bench) -> None:
    """Whoever states version 1 again after version 2 takes nothing back."""
    state(bench, MOVED)

    state(bench, factories.issuer())

    with bench.storage.reading() as work:
        assert work.offers.get(bench.offer.id).issuer_version == 2


@pytest.mark.parametrize("gone", ["left the course", "evidence deleted", "read in brief"])
def test_whoever_has_left_is_asked_about_as_well(bench: Bench, gone: str) -> None:
    """The credential says the same wherever its holder is by now: the versions themselves are compared."""
    with bench.storage.begin() as work:
        if gone == "evidence deleted":
            work.connection.execute(delete(assessments))
        elif gone == "read in brief":  # for another credential of the course
            for record in tuple(bench.platform.records.values()):
                brief = replace(record, completion=Completion(False), competencies=(), brief=True)
                work.assessments.record(replace(brief, read_at=bench.clock()))
        else:
            work.assessments.record(bench.platform._gone(LearnerId(ANNA)))
            work.connection.execute(delete(assessments).where(assessments.c.learner_id == BRUNO))

    state(bench, MOVED)

    assert [case.kind for case in bench.cases()] == [Kind.PROFILE, Kind.PROFILE]


def test_for_whoever_has_left_too_saying_the_same_asks_nothing(bench: Bench) -> None:
    """Versions are compared by what they state, not by their number."""
    with bench.storage.begin() as work:
        work.connection.execute(delete(assessments))

    state(bench, ONLY_COUNTED_UP)

    assert bench.cases() == ()


def test_a_change_is_one_case_however_it_is_noticed(bench: Bench) -> None:
    """Compared twice and read in full besides: still one question per credential."""
    state(bench, MOVED)
    restate(bench.storage, bench.offer.id, bench.clock)

    sync(bench.sync, bench.offer.id)

    assert len(bench.cases()) == 2


def test_the_course_is_read_in_full_after_a_newer_profile(bench: Bench) -> None:
    """An incremental reading would tell only of those who changed."""
    sync(bench.sync, bench.offer.id)
    enable(bench, replace(factories.profile(title=factories.text("Data Analysis")), version=2))

    with bench.storage.reading() as work:
        assert work.offers.get(bench.offer.id).full_sync_at is None
    assert [case.kind for case in bench.cases()] == [Kind.PROFILE, Kind.PROFILE]


def test_pausing_and_resuming_reads_nothing_in_full(bench: Bench) -> None:
    """Nothing new was stated."""
    sync(bench.sync, bench.offer.id)
    tools = OfferingTools(bench.storage, bench.clock)

    offering.pause(tools, bench.offer, by="Tessa")
    offering.resume(tools, bench.offer, by="Tessa")

    with bench.storage.reading() as work:
        assert work.offers.get(bench.offer.id).full_sync_at == bench.clock()


def test_the_rule_replaces_after_a_newer_profile_and_says_who_set_it(bench: Bench) -> None:
    """The learner reads a sentence: what decided, set by whom and when."""
    with bench.storage.begin() as work:
        work.offers.correct_by(bench.offer.id, Rule("supersede", "Tessa Teacher", factories.READ))

    state(bench, MOVED)
    issue(bench.issuing, bench.awards()[ANNA].id)

    new = bench.credential(ANNA)
    assert new is not None
    with bench.storage.reading() as work:
        old = work.credentials.get(new.envelope.supersedes)
        assert work.cases.why_superseded(old.award_id) == (
            f"After a change the rule of this course, set by Tessa Teacher on {factories.READ:%Y-%m-%d}, "
            "replaces a credential by a corrected one."
        )
    assert new.credential.awarding_bodies.value[0].homepage == MOVED.homepage


def test_what_is_sealed_while_something_newer_is_stated_is_compared(sqlite_storage: Storage) -> None:
    """The seal was under way by the old version: it is kept, and the question is asked."""
    bench = a_bench(sqlite_storage)
    sync(bench.sync, bench.offer.id)

    def checked(_: Sealed) -> tuple[str, ...]:
        offering.state_institution(OfferingTools(bench.storage, bench.clock), MOVED, by="Ada Admin")
        return ()

    issue(bench.with_issuing(failures=checked).issuing, bench.awards()[ANNA].id)
    work_off(bench)

    assert [case.kind for case in bench.cases()] == [Kind.PROFILE]


def _earned(bench: Bench) -> dict[str, object]:
    """What makes somebody finish as Anna did."""
    anna = bench.platform.records[LearnerId(ANNA)]
    return {"completion": anna.completion, "results": anna.results, "competencies": anna.competencies}
