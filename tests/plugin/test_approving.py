from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mappings.assessment import EvidenceSource
from mappings.profile import AwardRule
from plugin import approving
from plugin.approving import ApprovingTools
from plugin.errors import CannotBeReleased, ChangedMeanwhile, NoReasonGiven, NotHeld
from plugin.issuing import issue
from plugin.storage.awards import State
from plugin.storage.cases import Remedy
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests import factories
from tests.plugin.bridges import Bench, a_bench

ANNA, CHIARA = "46"
WHO = {"by": "Tessa Teacher", "reason": "I looked at the work."}


@pytest.fixture
def bench(sqlite_storage: Storage) -> Bench:
    """The recorded course, whose teacher wants to approve each award; synced."""
    bench = a_bench(sqlite_storage, rule=AwardRule(approval=True))
    sync(bench.sync, bench.offer.id)
    return bench


def tools(bench: Bench) -> ApprovingTools:
    """What approving works with."""
    return ApprovingTools(bench.storage, bench.clock)


def test_a_held_award_is_not_sealed_by_a_job(bench: Bench) -> None:
    """Whatever rings: without a person's word it stays held."""
    award = issue(bench.issuing, bench.awards()[ANNA].id)

    assert (award.state, bench.credential(ANNA)) == (State.HELD, None)


def test_a_released_award_is_sealed(bench: Bench) -> None:
    """The release asks for the job, and the job seals."""
    award_id = bench.awards()[ANNA].id

    approving.release(tools(bench), award_id, **WHO)

    with bench.storage.reading() as work:
        assert work.outbox.waiting(Topic.ISSUE) == 1
    assert issue(bench.issuing, award_id).state is State.SEALED


def test_a_release_covers_only_what_the_person_saw(bench: Bench) -> None:
    """A proctoring finding that is opened after the approval asks again."""
    award_id = bench.awards()[ANNA].id
    approving.release(tools(bench), award_id, **WHO)

    bench.platform.change(ANNA, supervision=(factories.evidence(open_flag=True),))

    held = issue(bench.issuing, award_id)
    assert (held.state, [reason.code for reason in held.reasons]) == (State.HELD, ["open_flag"])


def test_a_second_finding_is_another_question(bench: Bench) -> None:
    """Whoever looked at the first recording has not looked at the second, on the same exam."""
    award_id = bench.awards()[ANNA].id
    first = factories.evidence(open_flag=True, source=EvidenceSource.SESSION_RECORD)
    second = replace(first, stated_at=first.stated_at + timedelta(hours=1))
    bench.platform.change(ANNA, supervision=(first,))
    issue(bench.issuing, award_id)
    approving.release(tools(bench), award_id, **WHO)

    bench.platform.change(ANNA, supervision=(first, second))
    held = issue(bench.issuing, award_id)
    approving.release(tools(bench), award_id, **WHO)

    assert (held.state, [reason.code for reason in held.reasons]) == (State.HELD, ["open_flag"])
    assert issue(bench.issuing, award_id).state is State.SEALED


def test_a_refusal_is_told_and_stays(bench: Bench) -> None:
    """The learner reads by whom and why; the next sync does not ask again."""
    approving.refuse(tools(bench), bench.awards()[ANNA].id, **WHO)

    sync(bench.sync, bench.offer.id)

    anna = bench.awards()[ANNA]
    assert anna.state is State.WITHHELD
    assert [reason.sentence for reason in anna.reasons] == ["Tessa Teacher refused the award: I looked at the work."]


def test_a_refusal_can_be_taken_back(bench: Bench) -> None:
    """Released after all, it is sealed."""
    award_id = bench.awards()[ANNA].id
    approving.refuse(tools(bench), award_id, **WHO)

    approving.release(tools(bench), award_id, **WHO)
    assert [reason.code for reason in issue(bench.issuing, award_id).reasons] == ["approval_needed"]
    approving.release(tools(bench), award_id, **WHO)

    assert issue(bench.issuing, award_id).state is State.SEALED


def test_what_is_not_held_cannot_be_released(bench: Bench) -> None:
    """Nobody is awarded what they have not earned by a click."""
    with pytest.raises(NotHeld):
        approving.release(tools(bench), bench.awards()[CHIARA].id, **WHO)


def test_an_incomplete_credential_cannot_be_released(sqlite_storage: Storage) -> None:
    """What is missing must be supplied."""
    bench = a_bench(sqlite_storage, workload=None)
    sync(bench.sync, bench.offer.id)

    with pytest.raises(CannotBeReleased):
        approving.release(tools(bench), bench.awards()[ANNA].id, **WHO)


@pytest.mark.parametrize("said", [{"by": "", "reason": "x"}, {"by": "x", "reason": " "}])
def test_a_decision_has_a_name_and_a_reason(bench: Bench, said: dict[str, str]) -> None:
    """Anonymous or unexplained decisions are refused."""
    with pytest.raises(NoReasonGiven):
        approving.release(tools(bench), bench.awards()[ANNA].id, **said)


def test_a_revoked_credential_is_ended_and_never_issued_again(sqlite_storage: Storage) -> None:
    """Its status is set, the row stays, and a job does nothing more."""
    bench = a_bench(sqlite_storage)
    bench.seal_all()
    award_id = bench.awards()[ANNA].id

    approving.revoke(tools(bench), award_id, **WHO)
    sync(bench.sync, bench.offer.id)

    reserved = bench.credential(ANNA)
    assert reserved is not None
    assert (issue(bench.issuing, award_id).state, reserved.status) == (State.REVOKED, "revoked")


def test_a_case_is_decided_once(sqlite_storage: Storage) -> None:
    """The second decision on the same change is refused."""
    bench = a_bench(sqlite_storage)
    bench.seal_all()
    bench.platform.change(ANNA, learner=factories.learner("Anna Kowalska-Nowak"))
    sync(bench.sync, bench.offer.id)
    (case,) = bench.cases()
    approving.decide_case(tools(bench), case.id, Remedy.KEEP, **WHO)

    with pytest.raises(ChangedMeanwhile):
        approving.decide_case(tools(bench), case.id, Remedy.REVOKE, **WHO)

    assert bench.awards()[ANNA].state is State.SEALED
