from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

import pytest
from sqlalchemy import event

from lti.errors import Fault, PlatformError
from mappings.assessment import AssessmentRecord, Completion, CourseId, LearnerId
from mappings.profile import AwardRule, CompletedBy
from plugin.storage.awards import ISSUED, State
from plugin.storage.cases import Kind
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from plugin.sync import SyncReport, SyncTools, sync
from tests import factories
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.platforms import RecordedPlatform

ANNA, BRUNO, CHIARA, DIETER, EVA, FARID = "456789"


def test_everybody_gets_a_row_with_what_is_true(storage: Storage) -> None:
    """By competency ratings two are eligible; each of the others has the reason that holds for them."""
    bench = a_bench(storage)

    report = sync(bench.sync, bench.offer.id)

    awards = bench.awards()
    assert report == SyncReport(read=6, changed=6, eligible=2)
    assert [learner for learner, award in awards.items() if award.state is State.ELIGIBLE] == [ANNA, BRUNO]
    first_reasons = {learner: award.reasons[0].code for learner, award in awards.items() if award.reasons}
    assert first_reasons == {
        CHIARA: "not_passed",
        DIETER: "not_graded",
        EVA: "no_outcome_proven",
        FARID: "never_started",
    }


def test_by_passed_assessments_three_are_eligible(storage: Storage) -> None:
    """Eva has no rating but passed everything."""
    bench = a_bench(storage, outcomes=factories.outcomes_by_assessment())

    sync(bench.sync, bench.offer.id)

    assert [each for each, award in bench.awards().items() if award.state is State.ELIGIBLE] == [ANNA, BRUNO, EVA]


def test_work_is_asked_for_with_the_decision(storage: Storage) -> None:
    """Whoever became eligible has a row in the outbox: nothing depends on a message."""
    bench = a_bench(storage)

    sync(bench.sync, bench.offer.id)

    with storage.reading() as work:
        assert work.outbox.waiting(Topic.ISSUE) == 2


def test_syncing_again_changes_nothing(storage: Storage) -> None:
    """The same course read twice gives no second row, no second entry in the trail."""
    bench = a_bench(storage)
    sync(bench.sync, bench.offer.id)
    before = bench.awards()

    report = sync(bench.sync, bench.offer.id)

    assert report == SyncReport(read=6, changed=0, eligible=0)
    assert bench.awards() == before


def test_a_completion_that_is_undone_withholds_again(storage: Storage) -> None:
    """Before anything is sealed the award follows what the platform says."""
    bench = a_bench(storage)
    sync(bench.sync, bench.offer.id)

    bench.platform.change(ANNA, completion=Completion(False))
    sync(bench.sync, bench.offer.id)

    assert bench.awards()[ANNA].state is State.WITHHELD


def test_approval_holds_for_a_person(storage: Storage) -> None:
    """Where the profile asks for approval nothing is asked to be issued."""
    bench = a_bench(storage, rule=AwardRule(approval=True))

    report = sync(bench.sync, bench.offer.id)

    assert report.eligible == 0
    assert {award.state for award in bench.awards().values()} == {State.HELD, State.WITHHELD}


def test_a_missing_element_holds_and_is_named(storage: Storage) -> None:
    """Complete or not issued: the reason names the element."""
    bench = a_bench(storage, workload=None)

    sync(bench.sync, bench.offer.id)

    anna = bench.awards()[ANNA]
    assert (anna.state, [(reason.code, reason.subject) for reason in anna.reasons]) == (
        State.HELD,
        [("missing_element", "M7")],
    )


def test_a_platform_that_is_down_loses_nothing(storage: Storage) -> None:
    """The error is named and what was known stays."""
    bench = a_bench(storage)
    sync(bench.sync, bench.offer.id)
    before = bench.awards()
    bench.platform.down()

    with pytest.raises(PlatformError):
        sync(bench.sync, bench.offer.id)

    assert bench.awards() == before


def test_who_was_read_before_the_platform_failed_is_kept(sqlite_storage: Storage) -> None:
    """Also where fewer than are kept at once had been read: the next reading begins with them as they were."""
    bench = a_bench(sqlite_storage)
    reading = replace(bench.sync, connect=lambda _: _FailsAfter(bench.platform, 3), at_once=2)

    with pytest.raises(PlatformError):
        sync(reading, bench.offer.id)

    assert set(bench.awards()) == {ANNA, BRUNO, CHIARA}


@pytest.mark.parametrize(("at_once", "transactions"), [(6, 1), (4, 2), (1, 6)])
def test_a_class_is_kept_a_few_at_a_time(sqlite_storage: Storage, at_once: int, transactions: int) -> None:
    """Each transaction waits for the disk once, and nobody is left out where the number does not come out even."""
    bench = a_bench(sqlite_storage)
    commits: list[object] = []
    event.listen(sqlite_storage.engine, "commit", commits.append)

    report = sync(replace(bench.sync, at_once=at_once), bench.offer.id)

    assert report == SyncReport(read=6, changed=6, eligible=2)
    assert len(commits) == transactions + 1  # and one notes the reading


class _FailsAfter:
    """A platform that goes away after so many learners."""

    def __init__(self, platform: RecordedPlatform, learners: int) -> None:
        self.id, self.course, self.people = platform.id, platform.course, platform.people
        self._platform, self._learners = platform, learners

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield the first, then fail."""
        yield from islice(self._platform.read(course, learners, since), self._learners)
        raise PlatformError(Fault.UNREACHABLE, "moodle.example.org")


def test_a_disabled_offer_is_not_read(storage: Storage) -> None:
    """No request is made for a course that awards nothing."""
    bench = a_bench(storage)
    with storage.begin() as work:
        work.offers.disable(bench.offer.id)

    assert sync(bench.sync, bench.offer.id) == SyncReport()
    assert bench.platform.reads == 0


class _Listing:
    """A platform that can be read in brief: a list says who has not completed the course, rightly or not."""

    def __init__(self, platform: RecordedPlatform, listed: Collection[str]) -> None:
        self.id, self.course, self.people, self.read = platform.id, platform.course, platform.people, platform.read
        self.platform, self.listed = platform, listed

    def in_brief(self) -> _Brief:
        """Leave out what a list cannot show."""
        return _Brief(self)


class _Brief:
    """The same, read in brief."""

    def __init__(self, whole: _Listing) -> None:
        self.id, self.course, self.people, self._whole = whole.id, whole.course, whole.people, whole

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield brief records of those who are listed."""
        for record in self._whole.platform.read(course, learners, since):
            yield _brief(record) if record.learner.id in self._whole.listed else record


def _brief(record: AssessmentRecord) -> AssessmentRecord:
    """Return what a list says of one who has not completed the course."""
    return replace(record, completion=Completion(False), competencies=(), brief=True)


def _listing(bench: Bench, *listed: str) -> SyncTools:
    """Return tools that read the bench's platform with such a list."""
    platform = _Listing(bench.platform, listed)
    return replace(bench.sync, connect=lambda _: platform)  # type: ignore[return-value,arg-type]


def test_whom_a_list_shows_as_unfinished_is_withheld_by_what_it_shows(storage: Storage) -> None:
    """Chiara failed: that she is not rated, which the list does not show, is not said."""
    bench = a_bench(storage)

    sync(_listing(bench, CHIARA), bench.offer.id)

    award = bench.awards()[CHIARA]
    assert award.state is State.WITHHELD
    assert {reason.code for reason in award.reasons} == {"not_completed", "not_passed"}
    assert bench.awards()[ANNA].state is State.ELIGIBLE


def test_a_list_alone_takes_nothing_from_anybody(storage: Storage) -> None:
    """Whoever is eligible or has a credential is asked singly before anything is said against them."""
    bench = a_bench(storage)
    bench.seal_all()

    report = sync(_listing(bench, ANNA), bench.offer.id)

    assert (report.read, bench.cases()) == (6, ())
    assert bench.awards()[ANNA].state in ISSUED


def test_where_it_is_really_undone_a_case_is_opened(storage: Storage) -> None:
    """The list is right, and so says the answer about her alone."""
    bench = a_bench(storage)
    bench.seal_all()
    bench.platform.change(ANNA, completion=Completion(False))

    sync(_listing(bench, ANNA), bench.offer.id)

    assert [case.kind for case in bench.cases()] == [Kind.NO_LONGER_EARNED]


def test_where_completion_does_not_count_nobody_is_read_in_brief(storage: Storage) -> None:
    """A rule of assessments needs verdicts and ratings of everybody."""
    everything = (factories.QUIZ, factories.EXAM, factories.PROJECT)
    bench = a_bench(storage, rule=AwardRule(CompletedBy.ASSESSMENTS, everything))

    sync(_listing(bench, ANNA, BRUNO), bench.offer.id)

    assert [each for each, award in bench.awards().items() if award.state is State.ELIGIBLE] == [ANNA, BRUNO]
    assert bench.platform.reads == 1  # nobody had to be asked a second time


def test_a_reading_that_goes_on_does_not_take_over_what_another_credential_read_in_brief(storage: Storage) -> None:
    """For the other one it was enough; here Anna has a credential, and is asked herself."""
    bench = a_bench(storage)
    bench.seal_all()
    with storage.begin() as work:
        work.assessments.record(_brief(replace(bench.platform.records[LearnerId(ANNA)], read_at=bench.clock())))
        work.offers.note_unfinished(work.offers.get(bench.offer.id), bench.clock())

    sync(_listing(bench), bench.offer.id)

    assert bench.cases() == ()
    with storage.reading() as work:
        kept = work.assessments.get(bench.offer.platform, bench.offer.course, LearnerId(ANNA))
    assert kept is not None
    assert not kept.brief
