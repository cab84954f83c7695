"""The dry run of a class that has to be read first: progress, stop, faults, and what it promises is what happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti.errors import Fault, PlatformError
from lti.roles import Role
from mappings.assessment import AssessmentRecord, Completion, CourseId, GradeState, LearnerId
from plugin.class_reading import FRESH
from plugin.enabling import Forecast, forecast
from plugin.storage.awards import ISSUED, State
from plugin.storage.drafts import Draft
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests import factories
from tests.factories import ISSUED as NOW
from tests.factories import READ
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.web.site import Browser, RecordedPlatform, Site, a_launch
from tests.plugin.web.stock import COURSE, PLATFORM, a_platform, an_offer, records, settle

LAUNCH = a_launch(Role.TEACHER, "2")
PREVIEW, READING, STOP = (f"/teach/{LAUNCH.id}/{page}" for page in ("preview", "reading", "reading/stop"))


class Failing(RecordedPlatform):
    """A platform that is away."""

    def people(self, course: CourseId) -> tuple[Any, ...]:
        raise PlatformError(Fault.UNREACHABLE, "core_enrol_get_enrolled_users")


def a_course(rows: Storage, platform: RecordedPlatform, *, worker: bool) -> Site:
    """A course whose profile is drafted and whose class was never read."""
    a_platform(rows)
    with rows.begin() as work:
        work.profiles.keep_issuer(factories.issuer(), READ)
        draft = Draft(profile=factories.profile(), origins={}, saved_by="Tessa Teacher", saved_at=READ)
        work.drafts.save(PLATFORM, COURSE, draft)
    return Site(rows, platform, worker=worker)


@pytest.fixture
def course(rows: Storage) -> Site:
    """A course whose reading waits until a test has the worker do it."""
    return a_course(rows, RecordedPlatform(records()), worker=False)


@pytest.fixture
def teacher(course: Site) -> Browser:
    """Its teacher."""
    return course.browser(LAUNCH)


def test_a_class_that_must_be_read_shows_progress_and_then_the_preview(course: Site, teacher: Browser) -> None:
    """No request waits for the platform; the page renews itself also without scripts."""
    waiting = teacher.get(PREVIEW)
    course.work_off()
    done = teacher.get(PREVIEW)

    assert "The class is about to be read." in waiting.text
    assert '<noscript><meta http-equiv="refresh" content="4"></noscript>' in waiting.text
    assert waiting.headers["Cache-Control"] == "no-store"
    assert "If it were enabled now: 2 get it, 4 do not, 0 wait for a person." in done.text


def test_the_numbers_can_be_asked_for(course: Site, teacher: Browser) -> None:
    """For the script that spares loading the page again."""
    before = teacher.get(READING).get_json()
    teacher.get(PREVIEW)
    course.work_off()

    after = teacher.get(READING).get_json()

    assert (before["stage"], after["stage"]) == ("cancelled", "done")


def test_a_reading_can_be_stopped_and_begun_again(course: Site, teacher: Browser) -> None:
    """Stopped is said, not taken for done."""
    teacher.post(STOP, page=PREVIEW)
    stopped = teacher.get(PREVIEW).text
    teacher.post(READING, page=PREVIEW)
    again = teacher.get(PREVIEW).text

    assert "Reading the class was stopped." in stopped
    assert "Nothing was enabled and nothing was lost." in stopped
    assert "The class is about to be read." in again


def test_a_platform_that_fails_is_named_with_its_code(rows: Storage) -> None:
    """What happened, what it did to the course, and what to do next."""
    teacher = a_course(rows, Failing(records()), worker=True).browser(LAUNCH)
    teacher.get(PREVIEW)

    page = teacher.get(PREVIEW).text

    assert "The learning platform could not be reached." in page
    assert "unreachable" in page
    assert "Read the class again" in page


def test_a_worker_that_does_not_run_is_said(course: Site, teacher: Browser) -> None:
    """Otherwise a teacher would wait for ever."""
    teacher.get(PREVIEW)
    course.now += FRESH / 3

    assert "microcred status" in teacher.get(PREVIEW).text


def test_an_old_reading_is_read_again_without_a_long_request(course: Site, teacher: Browser) -> None:
    """After a quarter of an hour."""
    teacher.get(PREVIEW)
    course.work_off()
    course.now += FRESH

    assert "The class is about to be read." in teacher.get(PREVIEW).text


GRADES = st.tuples(st.sampled_from(["0", "39.5", "50", "77", "100"]).map(Decimal), st.sampled_from(GradeState))


@st.composite
def records_of(draw: st.DrawFn) -> AssessmentRecord:
    """A learner of the recorded course whose grades and completion are anything."""
    record = draw(st.sampled_from(list(records().values())))
    results = []
    for result in record.results:
        value, state = draw(GRADES)
        graded = state not in {GradeState.UNGRADED, GradeState.EXCUSED}
        score = replace(result.score, value=value if graded else None, state=state)
        results.append(replace(result, score=score, passed=draw(st.sampled_from([None, True, False]))))
    completion = Completion(draw(st.sampled_from([None, True, False])))
    return replace(record, results=tuple(results), completion=completion)


def a_class(found: list[AssessmentRecord]) -> dict[str, AssessmentRecord]:
    """Give each a number of their own."""
    return {
        f"n{n}": replace(each, learner=replace(each.learner, id=LearnerId(f"n{n}"))) for n, each in enumerate(found)
    }


def storages() -> Iterator[Storage]:
    """A fresh database for each generated class."""
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'class.sqlite3'}")
        upgrade(engine)
        yield Storage(engine, Vault((SECRET_KEY,)), PUBLIC_URL)
        engine.dispose()


@settings(max_examples=12, deadline=None)
@given(st.lists(records_of(), min_size=1, max_size=6))
def test_the_dry_run_agrees_learner_by_learner_with_what_is_issued(
    found: list[AssessmentRecord],
) -> None:
    """Generated classes: whoever gets it in the forecast gets it, the others wait with the very same reasons."""
    everybody = a_class(found)
    for storage in storages():
        site = Site(storage, RecordedPlatform(everybody))
        offer = an_offer(storage)
        expected = {
            each.record.learner.id: promised(each)
            for each in forecast(tuple(everybody.values()), factories.profile(), factories.issuer(), NOW)
        }

        settle(site, offer)

        with storage.reading() as work:
            happened = {
                award.learner: ("gets it", ()) if award.state in ISSUED else (award.state.value, award.reasons)
                for award in work.awards.of_offer(offer.id)
            }
        assert happened == expected


def promised(each: Forecast) -> tuple[str, tuple[Any, ...]]:
    """What a forecast says."""
    return ("gets it", ()) if each.state is State.ELIGIBLE else (each.state.value, each.reasons)
