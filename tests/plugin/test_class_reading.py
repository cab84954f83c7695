"""Reading a class as a job: how far it is, how it ends, and who is in it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lti.errors import Fault, PlatformError
from mappings.assessment import AssessmentRecord, CourseId, Learner, LearnerId, Standing
from plugin import class_reading
from plugin.class_reading import FRESH, ClassReadingTools
from plugin.errors import UnknownRow
from plugin.storage.class_readings import CANCELLED, ClassReading, Stage
from plugin.storage.outbox import Topic
from plugin.storage.unit_of_work import Storage
from tests.factories import READ
from tests.plugin.test_enabling import a_class
from tests.plugin.web.conftest import rows
from tests.plugin.web.site import RecordedPlatform
from tests.plugin.web.stock import COURSE, PLATFORM, a_platform

__all__ = ["rows"]


class Watched(RecordedPlatform):
    """A platform that lets a test look on, or fail, after so many learners."""

    def __init__(self, found: dict[str, AssessmentRecord], after: int, act: object) -> None:
        super().__init__(found)
        self.after, self.act = after, act

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        for number, record in enumerate(super().read(course, learners, since)):
            if number == self.after:
                self.act()  # type: ignore[operator]
            yield record


class Clock:
    """A clock that a test sets."""

    now = READ

    def __call__(self) -> datetime:
        return self.now


def tools_for(rows: Storage, platform: RecordedPlatform, clock: Clock | None = None) -> ClassReadingTools:
    """The use-case on this platform, its worker busy elsewhere."""
    a_platform(rows)
    return ClassReadingTools(rows, lambda _: platform, lambda: None, clock or Clock())


def newest(rows: Storage) -> ClassReading:
    """The reading of the course as it is now."""
    with rows.reading() as work:
        found = work.class_readings.get(PLATFORM, COURSE)
    assert found is not None
    return found


def test_a_reading_is_asked_for_once_and_waits_for_a_worker(rows: Storage) -> None:
    """Looking again asks for nothing more."""
    tools = tools_for(rows, a_class(2))

    first, second = (class_reading.wanted(tools, PLATFORM, COURSE) for _ in range(2))

    with rows.reading() as work:
        assert work.outbox.waiting(Topic.READ) == 1
    assert (first, second.stage) == (second, Stage.WAITING)


def test_it_tells_how_far_it_is_and_that_it_is_done(rows: Storage) -> None:
    """Ten by ten, of all who are in the course."""
    seen: list[tuple[Stage, int, int]] = []
    platform = Watched(a_class(25).records, 20, lambda: seen.append(at(newest(rows))))
    tools = tools_for(rows, platform)

    class_reading.read(tools, class_reading.wanted(tools, PLATFORM, COURSE).id)

    with rows.reading() as work:
        assert len(class_reading.everybody(work, PLATFORM, COURSE)) == 25
    assert seen == [(Stage.READING, 20, 25)]
    assert newest(rows).stage is Stage.DONE


def at(reading: ClassReading) -> tuple[Stage, int, int]:
    """How far a reading is."""
    return reading.stage, reading.done, reading.total


def test_stopping_it_ends_the_job_within_ten_learners(rows: Storage) -> None:
    """The platform is not asked any further for a person who does not wait."""
    platform = Watched(a_class(40).records, 12, lambda: class_reading.stop(tools, PLATFORM, COURSE))
    tools = tools_for(rows, platform)

    class_reading.read(tools, class_reading.wanted(tools, PLATFORM, COURSE).id)

    with rows.reading() as work:
        assert len(class_reading.everybody(work, PLATFORM, COURSE)) == 20
    assert (newest(rows).stage, newest(rows).error) == (Stage.CANCELLED, CANCELLED)


def fail() -> None:
    """What a platform does that is away."""
    raise PlatformError(Fault.PLATFORM_DOWN, "core_enrol_get_enrolled_users")


def test_a_fault_of_the_platform_ends_it_with_its_code(rows: Storage) -> None:
    """Who was read is kept, and nobody is told that the class is complete."""
    tools = tools_for(rows, Watched(a_class(5).records, 3, fail))

    class_reading.read(tools, class_reading.wanted(tools, PLATFORM, COURSE).id)

    assert (newest(rows).stage, newest(rows).error) == (Stage.FAILED, "platform_down")
    assert class_reading.wanted(tools, PLATFORM, COURSE).stage is Stage.FAILED


def test_a_reading_is_fresh_for_a_quarter_of_an_hour(rows: Storage) -> None:
    """Then the next look asks anew."""
    clock = Clock()
    tools = tools_for(rows, a_class(2), clock)
    class_reading.read(tools, class_reading.wanted(tools, PLATFORM, COURSE).id)

    clock.now = READ + FRESH - timedelta(seconds=1)
    fresh = class_reading.wanted(tools, PLATFORM, COURSE).stage
    clock.now = READ + FRESH
    old = class_reading.wanted(tools, PLATFORM, COURSE).stage

    assert (fresh, old) == (Stage.DONE, Stage.WAITING)


def test_a_job_that_comes_after_the_reading_has_ended_does_nothing(rows: Storage) -> None:
    """A message may come twice."""
    platform = a_class(2)
    tools = tools_for(rows, platform)
    reading = class_reading.wanted(tools, PLATFORM, COURSE)

    for _ in range(2):
        class_reading.read(tools, reading.id)
    class_reading.read(tools, "invented")

    assert platform.asked == [2]


class Leaving(RecordedPlatform):
    """A platform that says of whoever is named and gone that they have left."""

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        yield from super().read(course, learners, since)
        gone = set(learners or ()) - set(self.records)
        anybody = next(iter(self.records.values()))
        for learner in sorted(gone):
            yield replace(anybody, learner=Learner(learner, Standing.WITHDRAWN), results=(), read_at=READ)


def test_who_has_left_is_no_part_of_the_class(rows: Storage) -> None:
    """They are asked for by name, and the forecast does not count them."""
    clock = Clock()
    platform = Leaving(a_class(3).records)
    tools = tools_for(rows, platform, clock)
    class_reading.read(tools, class_reading.begin(tools, PLATFORM, COURSE).id)
    del platform.records["n1"]
    clock.now += timedelta(seconds=1)
    class_reading.read(tools, class_reading.begin(tools, PLATFORM, COURSE).id)

    with rows.reading() as work:
        there = [record.learner.id for record in class_reading.everybody(work, PLATFORM, COURSE)]

    assert there == ["n0", "n2"]


def test_a_platform_that_is_not_connected_is_said(rows: Storage) -> None:
    """There is nobody to ask."""
    tools = ClassReadingTools(rows, lambda _: a_class(1), lambda: None, Clock())

    with pytest.raises(UnknownRow):
        class_reading.wanted(tools, PLATFORM, COURSE)
