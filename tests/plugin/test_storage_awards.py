from __future__ import annotations

import pytest

from mappings.assessment import LearnerId
from plugin.errors import ChangedMeanwhile, ForbiddenTransition, UnknownRow
from plugin.storage.awards import Move, Ruling, State, StoredReason
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.plugin.rows import an_award, an_offer

ELIGIBLE = Move(to=State.ELIGIBLE, now=READ, actor="test")


def test_one_achievement_has_one_row(storage: Storage) -> None:
    """Opening again gives the same award: platform, course, learner and profile are its key."""
    offer = an_offer(storage)

    first, second = an_award(storage, offer), an_award(storage, offer)

    assert first.id == second.id
    assert first.state is State.WITHHELD


def test_a_move_keeps_state_and_reasons(storage: Storage) -> None:
    """What is read back is what was decided."""
    award = an_award(storage, an_offer(storage))
    reason = StoredReason("not_passed", "The exam was not passed.", "7")

    with storage.begin() as work:
        work.awards.move(award, Move(to=State.WITHHELD, now=READ, actor="test", reasons=(reason,)))

    with storage.reading() as work:
        assert work.awards.get(award.id).reasons == (reason,)


def test_a_row_that_was_moved_meanwhile_is_not_moved_again(storage: Storage) -> None:
    """Two who read the same row: the second is told to look again."""
    award = an_award(storage, an_offer(storage))
    with storage.begin() as work:
        work.awards.move(award, ELIGIBLE)

    with pytest.raises(ChangedMeanwhile), storage.begin() as work:
        work.awards.move(award, ELIGIBLE)


@pytest.mark.parametrize("to", [State.SEALED, State.DELIVERED, State.REVOKED])
def test_no_step_is_left_out(storage: Storage, to: State) -> None:
    """What was never reserved is never sealed, delivered or revoked."""
    award = an_award(storage, an_offer(storage))

    with pytest.raises(ForbiddenTransition), storage.begin() as work:
        work.awards.move(award, Move(to=to, now=READ, actor="test"))


def test_an_unknown_award_is_said_to_be_unknown(storage: Storage) -> None:
    """A job for a row that is gone does not crash with something foreign."""
    with pytest.raises(UnknownRow), storage.reading() as work:
        work.awards.get("nothing")


def test_a_ruling_remembers_what_the_person_saw(storage: Storage) -> None:
    """The named person, the reason, and the codes that were on the table."""
    award = an_award(storage, an_offer(storage))
    asked = Move(to=State.HELD, now=READ, actor="test", reasons=(StoredReason("open_flag", "A finding is open."),))

    with storage.begin() as work:
        held = work.awards.move(award, asked)
        work.awards.rule(held, Ruling.RELEASED, by="Tessa Teacher", reason="I watched the recording.", now=READ)

    with storage.reading() as work:
        ruled = work.awards.get(award.id)
    assert (ruled.ruling, ruled.ruled_by, ruled.ruled_codes) == (Ruling.RELEASED, "Tessa Teacher", ("open_flag",))


def test_counts_are_by_state(storage: Storage) -> None:
    """The status page asks how many are where."""
    offer = an_offer(storage)
    award = an_award(storage, offer, "4")
    an_award(storage, offer, "5")
    with storage.begin() as work:
        work.awards.move(award, ELIGIBLE)

    with storage.reading() as work:
        assert work.awards.counts(offer.id) == {State.ELIGIBLE: 1, State.WITHHELD: 1}
        assert [each.learner for each in work.awards.of_offer(offer.id, State.ELIGIBLE)] == [LearnerId("4")]
