"""Records that are whole: session records joined, settings as they were, and nobody overlooked who was told about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lti.proctoring import SessionRecord, read_records
from mappings.assessment import EvidenceSource, LearnerId, Presence, Standing, SupervisionEvidence
from mappings.elements import SupervisionCategory
from plugin.approving import ApprovingTools, release
from plugin.assurance import assured
from plugin.intake import IntakeTools, take
from plugin.issuing import issue
from plugin.storage.awards import State
from plugin.storage.cases import Kind
from plugin.storage.unit_of_work import Storage
from plugin.sync import SyncTools, sync
from tests import factories
from tests.factories import EXAM, PROJECT, QUIZ
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.rows import ADA101, MOODLE

ANNA, BRUNO = LearnerId("4"), LearnerId("5")
SUPERVISED = {
    "vendor": "Example Proctoring",
    "method": "person_online",
    "identity_check": "passed",
    "reviewed_by": "Examination office",
    "result": "clear",
    "time": "2026-06-29T10:15:00+02:00",
}


def told(assessment: str, **changes: object) -> SessionRecord:
    """A session record of Anna's sitting."""
    said = {"course": ADA101, "learner": ANNA, "assessment": assessment, **SUPERVISED, **changes}
    (record,) = read_records({"records": [said]})
    return record


def setting(method: str) -> SupervisionEvidence:
    """What the platform says about how the exam is sat."""
    return factories.evidence(
        EXAM, source=EvidenceSource.PLATFORM_SETTING, supervision=Presence.UNKNOWN, method=method, learner=None
    )


@pytest.fixture
def bench(storage: Storage) -> Bench:
    """The recorded course, in which nobody has declared anything, read whole."""
    bare = a_bench(storage, supervision=())
    connect = assured(lambda _: bare.platform, storage)
    bench = replace(bare, sync=SyncTools(storage, connect, bare.clock))
    return bench.with_issuing(connect=connect)


def send(bench: Bench, *records: SessionRecord) -> None:
    """Have session records taken, a little later than whatever was before."""
    bench.clock.pass_(timedelta(minutes=20))
    take(IntakeTools(bench.storage, bench.clock, bool), MOODLE, records, sent_by="intake")


def stated(bench: Bench) -> SupervisionCategory:
    """What Anna's credential states."""
    reserved = bench.credential(ANNA)
    assert reserved is not None
    return reserved.credential.supervision.value.category


def settings_of(bench: Bench) -> list[str]:
    """The settings that are kept with Anna's record."""
    with bench.storage.reading() as work:
        record = work.assessments.get(MOODLE, ADA101, ANNA)
    assert record is not None
    return [each.method for each in record.supervision if each.source is EvidenceSource.PLATFORM_SETTING]


def test_without_any_record_it_is_unsupervised(bench: Bench) -> None:
    """Unknown means the lowest."""
    bench.seal_all()

    assert stated(bench) is SupervisionCategory.UNSUPERVISED


def test_a_record_of_every_assessment_raises_the_statement(bench: Bench) -> None:
    """Annex I, O2: of this learner, and of nobody else."""
    send(bench, *(told(each) for each in (QUIZ, EXAM, PROJECT)))

    bench.seal_all()

    assert stated(bench) is SupervisionCategory.SUPERVISED_ONLINE
    bruno = bench.credential(BRUNO)
    assert bruno is not None
    assert bruno.credential.supervision.value.category is SupervisionCategory.UNSUPERVISED


def test_one_unwatched_assessment_keeps_it_down(bench: Bench) -> None:
    """The weakest that holds for every assessment that proves the outcomes."""
    send(bench, told(QUIZ), told(EXAM), told(PROJECT, method="recording_not_reviewed"))

    bench.seal_all()

    assert stated(bench) is SupervisionCategory.UNSUPERVISED


def test_an_open_finding_waits_for_a_named_person(bench: Bench) -> None:
    """It neither refuses nor counts: approved, the sitting is stated as unsupervised (GDPR Art. 22)."""
    send(bench, told(QUIZ), told(PROJECT), told(EXAM, result="flagged"))
    bench.seal_all()
    held = bench.awards()[ANNA]

    release(ApprovingTools(bench.storage, bench.clock), held.id, by="Tessa", reason="seen, nothing in it")
    sealed = issue(bench.issuing, held.id)

    assert (held.state, [each.code for each in held.reasons]) == (State.HELD, ["open_flag"])
    assert sealed.state is State.SEALED
    assert stated(bench) is SupervisionCategory.UNSUPERVISED


def test_a_cleared_finding_holds_nothing(bench: Bench) -> None:
    """The newest telling of a sitting counts."""
    send(bench, told(EXAM, result="flagged", session="a"))
    send(bench, told(EXAM, result="cleared", session="a"))

    bench.seal_all()

    assert bench.awards()[ANNA].state is State.SEALED


def test_a_finding_in_another_sitting_still_holds(bench: Bench) -> None:
    """A second attempt does not answer the question about the first."""
    send(bench, told(EXAM, result="flagged", session="a"), told(EXAM, session="b"))

    bench.seal_all()

    assert bench.awards()[ANNA].state is State.HELD


def test_what_comes_between_readings_is_read_though_nothing_changed_there(bench: Bench) -> None:
    """The platform lists nobody as changed, and the learner is read all the same."""
    bench.seal_all()
    read, bench.platform.read = (
        bench.platform.read,
        lambda course, learners=None, since=None: (  # type: ignore[method-assign]
            read(course, learners, None) if since is None else iter(())
        ),
    )

    send(bench, *(told(each) for each in (QUIZ, EXAM, PROJECT)))
    report = sync(bench.sync, bench.offer.id)

    assert (report.read, report.changed) == (1, 1)


def test_records_after_the_seal_open_a_case_where_they_change_what_was_stated(bench: Bench) -> None:
    """More can be said now; a person decides."""
    bench.seal_all()

    send(bench, *(told(each) for each in (QUIZ, EXAM, PROJECT)))
    sync(bench.sync, bench.offer.id)

    assert [case.kind for case in bench.cases()] == [Kind.ACHIEVEMENT]


def test_records_after_the_seal_open_no_case_where_nothing_else_would_be_said(bench: Bench) -> None:
    """A recording that nobody saw raises nothing, and a finding in an unsupervised sitting takes nothing away."""
    bench.seal_all()

    send(bench, told(EXAM, method="recording_not_reviewed", reviewed_by=""), told(QUIZ, result="flagged"))
    sync(bench.sync, bench.offer.id)

    assert bench.cases() == ()


def test_a_finding_after_the_seal_opens_a_case_where_less_would_be_stated(bench: Bench) -> None:
    """What was stated rested on that sitting."""
    send(bench, *(told(each, session="a") for each in (QUIZ, EXAM, PROJECT)))
    bench.seal_all()

    send(bench, told(EXAM, result="flagged", session="a"))
    sync(bench.sync, bench.offer.id)

    assert [case.kind for case in bench.cases()] == [Kind.ACHIEVEMENT]


def test_a_record_of_nobody_in_the_course_makes_no_award(bench: Bench) -> None:
    """It is kept until the platform shows such a learner."""
    bench.seal_all()

    send(bench, told(EXAM, learner="404"))
    sync(bench.sync, bench.offer.id)

    assert "404" not in bench.awards()


def test_settings_stay_as_they_were_when_the_learner_had_finished(bench: Bench) -> None:
    """What the teacher changes later is not applied to who has sat the exam."""
    bench.platform.change(ANNA, supervision=(setting("password"),))
    sync(bench.sync, bench.offer.id)

    bench.platform.change(ANNA, supervision=(setting("safe exam browser"),))
    sync(bench.sync, bench.offer.id)

    assert settings_of(bench) == ["password"]


def test_a_setting_that_was_not_there_does_not_come_later(bench: Bench) -> None:
    """Sat without anything: it stays so."""
    sync(bench.sync, bench.offer.id)

    bench.platform.change(ANNA, supervision=(setting("safe exam browser"),))
    sync(bench.sync, bench.offer.id)

    assert settings_of(bench) == []


def test_settings_follow_until_the_exam_is_sat(bench: Bench) -> None:
    """Before that they are what the learner will meet."""
    bench.platform.change(ANNA, results=(), supervision=(setting("password"),))
    sync(bench.sync, bench.offer.id)

    bench.platform.change(ANNA, supervision=(setting("safe exam browser"),))
    sync(bench.sync, bench.offer.id)

    assert settings_of(bench) == ["safe exam browser"]


def test_a_new_attempt_is_sat_under_the_settings_of_now(bench: Bench) -> None:
    """Handed in again."""
    results = bench.platform.records[ANNA].results
    bench.platform.change(ANNA, supervision=(setting("password"),))
    sync(bench.sync, bench.offer.id)

    again = tuple(replace(each, submitted_at=bench.clock.now) for each in results)
    bench.platform.change(ANNA, results=again, supervision=(setting("safe exam browser"),))
    sync(bench.sync, bench.offer.id)

    assert settings_of(bench) == ["safe exam browser"]


def test_settings_outlive_an_absence(bench: Bench) -> None:
    """Out of the course and in again: what counted counts."""
    bench.platform.change(ANNA, supervision=(setting("password"),))
    sync(bench.sync, bench.offer.id)
    there = bench.platform.records[ANNA]
    gone = {"results": (), "activities": (), "competencies": (), "supervision": ()}
    bench.platform.change(ANNA, learner=replace(there.learner, standing=Standing.WITHDRAWN), **gone)
    sync(bench.sync, bench.offer.id)

    bench.platform.records[ANNA] = replace(there, supervision=(setting("safe exam browser"),))
    sync(bench.sync, bench.offer.id)

    assert settings_of(bench) == ["password"]


def test_settings_in_another_order_are_no_change(bench: Bench) -> None:
    """What is kept from before is put together with what is read now, and says the same."""
    said = (setting("password"), factories.evidence(QUIZ, source=EvidenceSource.PLATFORM_SETTING, method="seb"))
    bench.platform.change(ANNA, supervision=said)
    sync(bench.sync, bench.offer.id)

    bench.platform.change(ANNA, supervision=said[::-1])

    assert sync(bench.sync, bench.offer.id).changed == 0
