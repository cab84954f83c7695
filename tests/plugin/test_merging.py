"""People whose accounts were merged at the platform: noticed, asked about, joined; one credential per achievement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from mappings.assessment import AssessmentRecord, LearnerId
from mappings.profile import AwardRule
from plugin import approving, merging, privacy
from plugin.approving import ApprovingTools
from plugin.connecting import KnownPeople
from plugin.errors import CannotBeJoined, NoReasonGiven
from plugin.issuing import issue, issue_all
from plugin.merging import Becomes, MergingTools, Pair
from plugin.privacy import PrivacyTools
from plugin.sameness import marks_of
from plugin.storage.awards import ISSUED, State
from plugin.storage.cases import Kind, Remedy
from plugin.storage.people import Evidence, Mark
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests import factories
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.rows import MOODLE

ANNA, BRUNO = LearnerId("4"), LearnerId("5")
AGAIN = LearnerId("44")
"""The account that Anna's work was moved to."""
WHO = {"by": "Ada Admin", "reason": "The registry merged the two accounts."}


@pytest.fixture
def bench(sqlite_storage: Storage) -> Bench:
    """Anna, who handed in at a second of her own, and Bruno are sealed; an hour passes."""
    bench = a_bench(sqlite_storage)
    results = bench.platform.records[ANNA].results
    bench.platform.change(ANNA, results=tuple(replace(each, submitted_at=factories.GRADED) for each in results))
    bench.seal_all()
    bench.clock.pass_(timedelta(hours=1))
    return bench


def moved(bench: Bench, **changes: object) -> AssessmentRecord:
    """Anna's work under the account that is kept, as the platform shows it after a merge; the old one is gone."""
    record = bench.platform.records.pop(ANNA)
    record = replace(record, learner=replace(record.learner, id=AGAIN, **changes))
    bench.platform.records[AGAIN] = record
    return record


def pair(old: str = ANNA, new: str = AGAIN) -> Pair:
    """Two accounts."""
    return Pair(MOODLE, LearnerId(old), LearnerId(new))


def tools(bench: Bench) -> MergingTools:
    """What joining works with."""
    return MergingTools(bench.storage, bench.clock)


def read_and_issue(bench: Bench) -> None:
    """Whatever the bridge does by itself, twice."""
    for _ in range(2):
        sync(bench.sync, bench.offer.id)
        issue_all(bench.issuing, [each.id for each in bench.awards().values()])
        bench.clock.pass_(timedelta(days=1))


def in_force(bench: Bench) -> list[str]:
    """Whose credentials are in force."""
    with bench.storage.reading() as work:
        return sorted(award.learner for award in work.awards.of_offer(bench.offer.id) if award.state in ISSUED)


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({}, {Evidence.STUDENT_NUMBER, Evidence.CONTACT, Evidence.WORK}),
        ({"student_number": "new-1"}, {Evidence.CONTACT, Evidence.WORK}),
        ({"student_number": "", "email": "anna@elsewhere.example"}, {Evidence.WORK}),
        ({"full_name": "Anna Nowak"}, {Evidence.STUDENT_NUMBER}),
    ],
)
def test_a_merged_account_asks_before_it_gets_a_second_credential(
    bench: Bench, changes: dict[str, object], evidence: set[Evidence]
) -> None:
    """By student number, by name and address, or by the very same submissions: a person is asked, nothing is sealed."""
    moved(bench, **changes)

    read_and_issue(bench)

    award = bench.awards()[AGAIN]
    assert (award.state, [reason.code for reason in award.reasons]) == (State.HELD, ["same_person"])
    with bench.storage.reading() as work:
        (case,) = work.people.undecided()
    assert (case.old, case.new, set(case.evidence)) == (ANNA, AGAIN, evidence)
    assert in_force(bench) == [ANNA, BRUNO]


def test_somebody_else_is_not_asked_about(bench: Bench) -> None:
    """Another name, number, address and work: another person."""
    changed = {"full_name": "Zoe Other", "student_number": "z-1", "email": "zoe@example.org"}
    moved(bench, **changed)

    read_and_issue(bench)

    assert in_force(bench) == [ANNA, AGAIN, BRUNO]


def test_what_many_share_is_no_evidence(bench: Bench) -> None:
    """A student number like «0» that four people have holds nobody up."""
    for number, (id_, record) in enumerate([*bench.platform.records.items()]):
        learner = replace(record.learner, student_number="0", full_name=f"Person {number}", email="")
        bench.platform.change(id_, learner=learner)
    sync(bench.sync, bench.offer.id)
    with bench.storage.begin() as work:
        work.people.mark(MOODLE, {each.learner.id: marks_of(each) for each in bench.platform.records.values()})
        assert work.people.alike(MOODLE, [ANNA]) == {}


def test_two_accounts_that_finish_together_get_one_credential(sqlite_storage: Storage) -> None:
    """Neither is sealed yet: the first goes on, the second waits for a person."""
    bench = a_bench(sqlite_storage)
    anna = bench.platform.records[ANNA]
    bench.platform.records[AGAIN] = replace(anna, learner=replace(anna.learner, id=AGAIN))

    read_and_issue(bench)

    assert in_force(bench) == [ANNA, BRUNO]
    assert bench.awards()[AGAIN].state is State.HELD


def test_a_credential_that_is_being_replaced_is_in_force_too(bench: Bench) -> None:
    """The replacement of the old account's cannot be read any more; what it was to replace still counts."""
    bench.platform.change(ANNA, learner=replace(bench.platform.records[ANNA].learner, full_name="Anna Nowak"))
    sync(bench.sync, bench.offer.id)
    (case,) = bench.cases()
    approving.decide_case(ApprovingTools(bench.storage, bench.clock), case.id, Remedy.SUPERSEDE, **WHO)
    moved(bench)

    read_and_issue(bench)

    assert in_force(bench) == [ANNA, BRUNO]


def test_a_release_at_another_question_does_not_answer_who_it_is(sqlite_storage: Storage) -> None:
    """Approved while the other account was not sealed yet: right before sealing the bridge looks again."""
    bench = a_bench(sqlite_storage, rule=AwardRule(approval=True))
    anna = bench.platform.records[ANNA]
    bench.platform.records[AGAIN] = replace(anna, learner=replace(anna.learner, id=AGAIN))
    sync(bench.sync, bench.offer.id)
    for learner in (ANNA, AGAIN):
        approving.release(ApprovingTools(bench.storage, bench.clock), bench.awards()[learner].id, **WHO)

    for learner in (ANNA, AGAIN):
        issue(bench.issuing, bench.awards()[learner].id)

    assert in_force(bench) == [ANNA]
    assert bench.awards()[AGAIN].state is State.HELD


def test_who_is_somebody_else_after_all_is_released(bench: Bench) -> None:
    """One click with a reason: both have their credential, and nobody is asked again."""
    moved(bench)
    read_and_issue(bench)

    approving.release(ApprovingTools(bench.storage, bench.clock), bench.awards()[AGAIN].id, **WHO)
    read_and_issue(bench)

    assert in_force(bench) == [ANNA, AGAIN, BRUNO]
    with bench.storage.reading() as work:
        assert work.people.undecided() == ()


def test_joining_closes_the_second_award_for_good(bench: Bench) -> None:
    """The credential that there is counts for both; however often the course is read, there is no second."""
    moved(bench)
    read_and_issue(bench)

    merging.merge(tools(bench), pair(), **WHO)
    read_and_issue(bench)

    assert in_force(bench) == [ANNA, BRUNO]
    assert bench.awards()[AGAIN].state is State.SUPERSEDED


def test_joining_by_hand_needs_no_evidence(bench: Bench) -> None:
    """The administrator knows what the bridge cannot see: joined first, the account never gets a second credential."""
    changed = {"full_name": "Zoe Other", "student_number": "z-1", "email": ""}
    merging.merge(tools(bench), pair(), **WHO)
    moved(bench, **changed)

    read_and_issue(bench)

    assert in_force(bench) == [ANNA, BRUNO]


def test_after_joining_the_new_name_is_a_correction_that_can_replace(bench: Bench) -> None:
    """The account that is kept is read, and the next edition is in its name and under its id."""
    moved(bench, full_name="Anna Nowak")
    merging.merge(tools(bench), pair(), **WHO)
    sync(bench.sync, bench.offer.id)
    (case,) = bench.cases()

    approving.decide_case(ApprovingTools(bench.storage, bench.clock), case.id, Remedy.SUPERSEDE, **WHO)
    issue(bench.issuing, bench.awards()[AGAIN].id)

    new = bench.credential(AGAIN)
    assert case.kind is Kind.PERSON
    assert new is not None
    assert new.credential.holder.value.full_name == "Anna Nowak"
    assert in_force(bench) == [AGAIN, BRUNO]


def test_where_both_hold_one_that_of_the_kept_account_stays(bench: Bench) -> None:
    """Two credentials of one achievement were out before anybody knew: one ends, and says why."""
    moved(bench)
    read_and_issue(bench)
    approving.release(ApprovingTools(bench.storage, bench.clock), bench.awards()[AGAIN].id, **WHO)
    read_and_issue(bench)
    with bench.storage.reading() as work:
        (fate,) = (each for each in merging.preview(tools(bench), pair()) if each.becomes is not Becomes.STAYS)

    merging.merge(tools(bench), pair(), **WHO)

    assert fate.becomes is Becomes.ENDS
    assert in_force(bench) == [AGAIN, BRUNO]
    with bench.storage.reading() as work:
        old = work.credentials.of_award(fate.award.id)
        assert old is not None
        assert old.status == "superseded"


def test_what_was_revoked_is_not_awarded_to_the_other_account(bench: Bench) -> None:
    """A person took it back; another account is no way around that."""
    approving.revoke(ApprovingTools(bench.storage, bench.clock), bench.awards()[ANNA].id, **WHO)
    moved(bench)
    read_and_issue(bench)

    merging.merge(tools(bench), pair(), **WHO)
    read_and_issue(bench)

    assert in_force(bench) == [BRUNO]


def test_what_was_refused_to_one_is_refused_to_the_other(sqlite_storage: Storage) -> None:
    """The same person's work, decided by a person."""
    bench = a_bench(sqlite_storage, rule=AwardRule(approval=True))
    sync(bench.sync, bench.offer.id)
    approving.refuse(ApprovingTools(bench.storage, bench.clock), bench.awards()[ANNA].id, **WHO)
    moved(bench)
    sync(bench.sync, bench.offer.id)

    merging.merge(tools(bench), pair(), **WHO)
    read_and_issue(bench)

    award = bench.awards()[AGAIN]
    assert (award.state, [reason.code for reason in award.reasons]) == (State.WITHHELD, ["refused_by_person"])


def test_an_account_that_lives_on_under_its_old_id_is_not_lost(sqlite_storage: Storage) -> None:
    """Canvas goes on naming the person by the old id in the course that they were in: their award goes its way."""
    bench = a_bench(sqlite_storage)
    sync(bench.sync, bench.offer.id)
    merging.merge(tools(bench), pair(), **WHO)

    read_and_issue(bench)

    assert in_force(bench) == [ANNA, BRUNO]


def test_the_page_of_either_account_shows_everything_once(bench: Bench) -> None:
    """Credentials follow the person; what was closed by joining is no second one."""
    moved(bench)
    read_and_issue(bench)
    merging.merge(tools(bench), pair(), **WHO)

    with bench.storage.reading() as work:
        held = {id_: [each.award_id for each in work.holdings.of(Holder(MOODLE, id_))] for id_ in (ANNA, AGAIN)}

    assert held[ANNA] == held[AGAIN] == [bench.awards()[ANNA].id]


def test_a_chain_of_merges_is_one_person(bench: Bench) -> None:
    """A third account later: all three are one."""
    sync(bench.sync, bench.offer.id)
    merging.merge(tools(bench), pair(), **WHO)

    merging.merge(tools(bench), pair("5", "4"), **WHO)

    with bench.storage.reading() as work:
        assert set(work.people.ids(Holder(MOODLE, AGAIN))) == {ANNA, AGAIN, BRUNO}


@pytest.mark.parametrize(("old", "new"), [(ANNA, ANNA), ("nobody", AGAIN)])
def test_what_cannot_be_joined_is_refused(bench: Bench, old: str, new: str) -> None:
    """The same id twice, and somebody of whom nothing is known."""
    with pytest.raises(CannotBeJoined):
        merging.merge(tools(bench), pair(old, new), **WHO)


def test_joining_again_is_refused(bench: Bench) -> None:
    """There is nothing left to do, and nothing is done twice; nor can it be said that they are two."""
    merging.merge(tools(bench), pair(), **WHO)

    with pytest.raises(CannotBeJoined):
        merging.merge(tools(bench), pair(), **WHO)
    with pytest.raises(CannotBeJoined):
        merging.part(tools(bench), pair(), **WHO)


@pytest.mark.parametrize("said", [{"by": " ", "reason": "x"}, {"by": "Ada", "reason": ""}])
def test_joining_has_a_name_and_a_reason(bench: Bench, said: dict[str, str]) -> None:
    """And the preview before it changes nothing."""
    merging.preview(tools(bench), pair())

    with pytest.raises(NoReasonGiven):
        merging.merge(tools(bench), pair(), **said)


def test_joining_is_in_the_trail_without_naming_anybody(bench: Bench) -> None:
    """Who, why, and which awards; learners are no subject of the trail."""
    moved(bench)
    read_and_issue(bench)

    merging.merge(tools(bench), pair(), **WHO)

    with bench.storage.reading() as work:
        entries = [each.entry for each in work.audit.entries("person")]
        assert work.audit.verify() is None
    assert [(each.actor, each.act) for each in entries] == [("sync", "open_case"), ("Ada Admin", "person:same")]
    assert AGAIN not in {entry.detail for entry in entries}


def test_both_ids_are_exported_and_erased_as_one_person(bench: Bench) -> None:
    """Whoever asks by either id is told everything, and is unknown under both afterwards."""
    moved(bench)
    read_and_issue(bench)
    merging.merge(tools(bench), pair(), **WHO)
    asked = PrivacyTools(bench.storage, {}, bench.clock)
    before = [privacy.preview(asked, Holder(MOODLE, each)) for each in (ANNA, AGAIN)]

    privacy.erase(asked, Holder(MOODLE, AGAIN), **WHO)

    assert before[0] == before[1]
    assert (before[0].rows["awards"], before[0].rows["assessments"]) == (2, 2)
    assert not privacy.preview(asked, Holder(MOODLE, ANNA))
    with bench.storage.reading() as work:
        erased = work.erasures.of(MOODLE)
    assert ANNA in erased
    assert AGAIN in erased


def test_a_canvas_that_names_its_account_anew_is_noticed(bench: Bench) -> None:
    """The same Canvas user under another LTI id: perhaps merged, so a person is asked."""
    people = KnownPeople(bench.storage, MOODLE, bench.clock)
    people.note({"9001": ANNA})

    people.note({"9001": AGAIN})
    people.note({"9001": ANNA})

    with bench.storage.reading() as work:
        (case,) = work.people.undecided()
    assert (case.old, case.new, case.evidence) == (ANNA, AGAIN, (Evidence.ACCOUNT,))


def test_nobody_is_looked_for_among_all_marks_of_a_platform(sqlite_storage: Storage) -> None:
    """Each search is by learner or by mark too: by the platform alone it costs more the more learners there are."""
    asked: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        asked.append((statement, parameters))

    with sqlite_storage.begin() as work:
        work.people.mark(MOODLE, {ANNA: [Mark("m", Evidence.WORK)], AGAIN: [Mark("m", Evidence.WORK)]})
        event.listen(sqlite_storage.engine, "before_cursor_execute", note)
        alike = work.people.alike(MOODLE, [ANNA])
        event.remove(sqlite_storage.engine, "before_cursor_execute", note)
        of_marks = [each for each in asked if "person_marks" in each[0]]
        plans = [
            str(step[3])
            for statement, parameters in of_marks
            for step in work.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
        ]

    assert alike == {ANNA: {AGAIN: {Evidence.WORK}}}
    assert [plan for plan in plans if plan.startswith("SCAN") or plan.endswith("(platform_id=?)")] == []
