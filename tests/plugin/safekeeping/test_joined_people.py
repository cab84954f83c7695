"""Accounts that were joined, or said to be two people, after the backup: a restore knows it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mappings.assessment import LearnerId
from plugin import merging, privacy
from plugin.issuing import issue_all
from plugin.merging import MergingTools, Pair
from plugin.privacy import PrivacyTools
from plugin.safekeeping.reconciling import reconcile, resume
from plugin.storage.awards import ISSUED
from plugin.storage.journal import read_journal
from plugin.storage.migrate import upgrade
from plugin.storage.people import Decision
from plugin.storage.sharing import Holder
from plugin.sync import sync
from tests.plugin.rows import MOODLE
from tests.plugin.safekeeping.house import House, a_house

WHO = {"by": "Ada Admin", "reason": "The registry merged the two accounts."}
FIRST, SECOND, THIRD = (LearnerId(str(number)) for number in range(3))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Three learners, the first with a credential; their accounts are merged one into the next."""
    house = a_house(f"sqlite:///{tmp_path / 'lost.sqlite3'}", tmp_path / "data", 3)
    house.issue((0,))
    yield house
    for storage in house.opened:
        storage.engine.dispose()


@pytest.fixture
def empty(house: House, tmp_path: Path) -> House:
    """The same folder beside a database that knows nothing at all."""
    empty = house.on(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    upgrade(empty.storage.engine)
    return empty


def join(house: House, old: LearnerId, new: LearnerId) -> None:
    """Join two accounts."""
    merging.merge(MergingTools(house.storage, house.bench.clock), Pair(MOODLE, old, new), **WHO)


def ids(house: House, learner: LearnerId) -> tuple[LearnerId, ...]:
    """Every id of a person."""
    with house.storage.reading() as work:
        return work.people.ids(Holder(MOODLE, learner))


def test_accounts_that_were_joined_are_joined_after_a_restore(house: House, empty: House) -> None:
    """Also where one was joined after the other, however often the journal is taken over."""
    join(house, FIRST, SECOND)
    join(house, SECOND, THIRD)

    for _ in range(2):
        reconcile(empty.reconciling_tools(), "Dr Vos")

    assert ids(empty, FIRST) == (THIRD, FIRST, SECOND)
    with empty.storage.reading() as work:
        case = work.people.case(MOODLE, FIRST, SECOND)
        adopted = [each for each in work.audit.page("adopt", limit=50, offset=0) if each.entry.subject == "person"]
    assert case is not None
    assert (case.decision, len(adopted)) == (Decision.SAME, 2)


def test_a_joined_account_gets_no_second_credential_after_a_restore(house: House, empty: House) -> None:
    """The award that the join closed is not there any more; what ties the two ids is."""
    join(house, FIRST, SECOND)
    reconcile(empty.reconciling_tools(), "Dr Vos")
    resume(empty.storage, "Dr Vos", empty.bench.clock())

    sync(empty.bench.sync, empty.bench.offer.id)
    issue_all(empty.bench.issuing, [award.id for award in empty.bench.awards().values()])

    issued = {award.learner for award in empty.bench.awards().values() if award.state in ISSUED}
    assert len(issued & {FIRST, SECOND}) == 1


def test_two_people_stay_two_after_a_restore(house: House, empty: House) -> None:
    """Nobody is asked a second time."""
    merging.part(MergingTools(house.storage, house.bench.clock), Pair(MOODLE, FIRST, SECOND), **WHO)

    reconcile(empty.reconciling_tools(), "Dr Vos")

    with empty.storage.reading() as work:
        case = work.people.case(MOODLE, FIRST, SECOND)
    assert case is not None
    assert case.decision is Decision.APART


def test_what_was_found_out_later_counts(house: House) -> None:
    """An older file of the journal does not take a newer decision back."""
    tools, pair = MergingTools(house.storage, house.bench.clock), Pair(MOODLE, FIRST, SECOND)
    merging.part(tools, pair, **WHO)
    house.bench.clock.pass_(timedelta(hours=1))
    join(house, FIRST, SECOND)

    reconcile(house.reconciling_tools(), "Dr Vos")

    with house.storage.reading() as work:
        case = work.people.case(MOODLE, FIRST, SECOND)
    assert case is not None
    assert case.decision is Decision.SAME


def test_the_journal_forgets_whom_an_erased_person_was_joined_with(house: House) -> None:
    """No id of theirs stays in a file."""
    join(house, FIRST, SECOND)

    privacy.erase(PrivacyTools(house.storage, {}, house.bench.clock), Holder(MOODLE, SECOND), **WHO)

    written = list(read_journal(house.folder / "journal"))
    assert not [row for each in written for row in (*each.rows["person_ids"], *each.rows["person_cases"])]
