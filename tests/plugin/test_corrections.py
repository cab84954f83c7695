"""What happens when a platform says something else after the seal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mappings.assessment import Completion, LearnerId
from plugin import approving, class_reading
from plugin.approving import ApprovingTools
from plugin.changes import said_by
from plugin.class_reading import ClassReadingTools
from plugin.errors import CannotBeSuperseded
from plugin.issuing import issue
from plugin.storage.awards import State
from plugin.storage.cases import Kind, Remedy
from plugin.storage.profiles import Rule
from plugin.storage.unit_of_work import Storage
from plugin.sync import sync
from tests import factories
from tests.factories import EXAM, PROJECT, QUIZ
from tests.plugin.bridges import Bench, a_bench
from tests.plugin.rows import MOODLE, a_credential

ANNA, BRUNO = "45"
WHO = {"by": "Tessa Teacher", "reason": "The registry corrected it."}
RENAMED = factories.learner("Anna Kowalska-Nowak")


@pytest.fixture
def bench(sqlite_storage: Storage) -> Bench:
    """Anna and Bruno are sealed; an hour passes."""
    bench = a_bench(sqlite_storage)
    bench.seal_all()
    bench.clock.pass_(timedelta(hours=1))
    return bench


def decide(bench: Bench, remedy: Remedy) -> None:
    """Decide the one case that is open."""
    (case,) = bench.cases()
    approving.decide_case(ApprovingTools(bench.storage, bench.clock), case.id, remedy, **WHO)


def test_nothing_changed_opens_nothing(bench: Bench) -> None:
    """Reading the same again is no correction."""
    sync(bench.sync, bench.offer.id)

    assert bench.cases() == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"completion": Completion(False)}, Kind.NO_LONGER_EARNED),
        ({"learner": RENAMED}, Kind.PERSON),
        (
            {
                "results": (
                    *(factories.result(each, 60, True) for each in (QUIZ, EXAM)),
                    factories.result(PROJECT, 95, True),
                )
            },
            Kind.ACHIEVEMENT,
        ),
    ],
)
def test_a_change_opens_a_case_and_touches_nothing(bench: Bench, change: dict[str, object], kind: Kind) -> None:
    """Un-completion, a wrong name and a regrade each ask a person; the credential stays as it is."""
    before = bench.sealed(ANNA)

    bench.platform.change(ANNA, **change)
    sync(bench.sync, bench.offer.id)

    assert [case.kind for case in bench.cases()] == [kind]
    assert (bench.sealed(ANNA), bench.awards()[ANNA].state) == (before, State.SEALED)


def test_the_same_change_opens_one_case(bench: Bench) -> None:
    """However often it is read, and after it was decided to keep the credential."""
    bench.platform.change(ANNA, learner=RENAMED)
    sync(bench.sync, bench.offer.id)
    sync(bench.sync, bench.offer.id)
    decide(bench, Remedy.KEEP)

    bench.platform.change(ANNA, completion=Completion(True, factories.GRADED))
    sync(bench.sync, bench.offer.id)

    assert bench.cases() == ()


def test_whoever_leaves_keeps_what_they_earned(bench: Bench) -> None:
    """At the end of term courses are emptied: that is no correction."""
    del bench.platform.records[ANNA]  # type: ignore[arg-type]

    sync(bench.sync, bench.offer.id)

    assert bench.cases() == ()


def test_superseding_gives_a_new_credential_and_ends_the_old_one(bench: Bench) -> None:
    """The new one names the old one, the old one ends the moment the new one is sealed and not before."""
    old = bench.credential(ANNA)
    bench.platform.change(ANNA, learner=RENAMED)
    sync(bench.sync, bench.offer.id)
    decide(bench, Remedy.SUPERSEDE)
    assert old is not None
    with bench.storage.reading() as work:
        assert work.credentials.get(old.envelope.id).status == "valid"

    issue(bench.issuing, bench.awards()[ANNA].id)

    new = bench.credential(ANNA)
    assert new is not None
    assert (new.envelope.supersedes, new.credential.holder.value.full_name) == (old.envelope.id, RENAMED.full_name)
    with bench.storage.reading() as work:
        assert work.credentials.get(old.envelope.id).status == "superseded"
        assert work.awards.get(old.award_id).state is State.SUPERSEDED


def test_superseding_twice_gives_two_editions(bench: Bench) -> None:
    """The chain goes on: each edition replaces the one before."""
    for name in ("Anna One", "Anna Two"):
        bench.platform.change(ANNA, learner=factories.learner(name))
        sync(bench.sync, bench.offer.id)
        decide(bench, Remedy.SUPERSEDE)
        issue(bench.issuing, bench.awards()[ANNA].id)

    assert (bench.awards()[ANNA].edition, bench.awards()[ANNA].state) == (3, State.SEALED)


def test_what_is_not_earned_any_more_can_be_revoked_but_not_superseded(bench: Bench) -> None:
    """There is nothing to put in its place."""
    bench.platform.change(ANNA, completion=Completion(False))
    sync(bench.sync, bench.offer.id)

    with pytest.raises(CannotBeSuperseded):
        decide(bench, Remedy.SUPERSEDE)
    decide(bench, Remedy.REVOKE)

    assert bench.awards()[ANNA].state is State.REVOKED


def test_a_rule_supersedes_by_itself_but_never_revokes(bench: Bench) -> None:
    """Where the course says so a changed name is corrected without asking; a lost completion still asks."""
    with bench.storage.begin() as work:
        work.offers.correct_by(bench.offer.id, Rule("supersede"))
    bench.platform.change(ANNA, learner=RENAMED)
    bench.platform.change(BRUNO, completion=Completion(False))

    sync(bench.sync, bench.offer.id)

    assert [case.kind for case in bench.cases()] == [Kind.NO_LONGER_EARNED]
    assert bench.awards()[ANNA].edition == 2


def test_a_new_profile_version_opens_a_case_for_what_is_sealed(bench: Bench) -> None:
    """Another workload is another statement; the sealed one keeps its version."""
    newer = replace(factories.profile(title=factories.text("Data Analysis")), version=2)
    with bench.storage.begin() as work:
        work.profiles.keep_course_profile(newer, bench.clock())
        work.offers.enable(
            bench.offer.platform, bench.offer.course, profile=newer, issuer=factories.issuer(), now=bench.clock()
        )

    sync(bench.sync, bench.offer.id)

    assert [case.kind for case in bench.cases()] == [Kind.PROFILE, Kind.PROFILE]


def test_a_change_that_a_forecast_read_first_opens_a_case_all_the_same(sqlite_storage: Storage) -> None:
    """A teacher who looks at the class keeps the reading that says it; the next sync has nothing new to keep."""
    bench = a_bench(sqlite_storage)
    bench.seal_all()
    bench.clock.pass_(timedelta(hours=1))
    learner = bench.platform.records[LearnerId("4")].learner
    bench.platform.change("4", learner=replace(learner, full_name="Anna Nowak"))
    forecast = ClassReadingTools(bench.storage, lambda _: bench.platform, lambda: None, bench.clock)
    class_reading.read(forecast, class_reading.begin(forecast, MOODLE, bench.offer.course).id)

    for _ in range(2):
        sync(bench.sync, bench.offer.id)

    assert [case.kind for case in bench.cases()] == [Kind.PERSON]


def test_a_grade_in_the_words_of_earlier_releases_is_no_change() -> None:
    """Points were shown in English words before; nobody is asked about what reads differently and says the same."""
    said = a_credential()
    grades = tuple(
        replace(each, grade=replace(each.grade, shown_as=f"{each.grade.shown_as.replace('/', ' of ')} points"))
        for each in said.assessments.value
    )
    before = replace(said, assessments=replace(said.assessments, value=grades))

    assert grades[0].grade.shown_as == "100 of 100 points"
    assert said_by(before) == said_by(said)
