"""Reading no more of a platform than a page needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from mappings.assessment import AssessmentRecord, CourseId, LearnerId
from plugin import enabling
from plugin.enabling import EnablingTools, Place
from plugin.storage.unit_of_work import Storage
from tests.factories import ISSUED, READ
from tests.plugin.web.conftest import rows
from tests.plugin.web.site import RecordedPlatform
from tests.plugin.web.stock import COURSE, PLATFORM, a_platform, records

__all__ = ["rows"]
PLACE = Place(PLATFORM, COURSE)


class CountingPlatform(RecordedPlatform):
    """Remembers whom it was asked for."""

    def __init__(self, found: dict[str, AssessmentRecord]) -> None:
        super().__init__(found)
        self.asked: list[int] = []

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        self.asked.append(len(self.records) if learners is None else len(learners))
        return super().read(course, learners, since)


def a_class(size: int) -> CountingPlatform:
    """A class of so many."""
    anna = records()["anna"]
    everybody = {
        f"n{number}": replace(anna, learner=replace(anna.learner, id=LearnerId(f"n{number}"))) for number in range(size)
    }
    return CountingPlatform(everybody)


def tools_for(rows: Storage, platform: CountingPlatform, now: datetime = READ) -> EnablingTools:
    """The use-case on this platform."""
    return EnablingTools(rows, lambda _: platform, lambda: now)


@pytest.mark.parametrize(("size", "asked"), [(60, 60), (61, 5)])
def test_a_large_class_is_not_read_for_a_suggestion(rows: Storage, size: int, asked: int) -> None:
    """A few learners show the activities as well as all of them."""
    a_platform(rows)
    platform = a_class(size)

    draft = enabling.draft_of(tools_for(rows, platform), PLACE, by="Tessa", language="en")

    assert draft is not None
    assert len(draft.profile.assessments) == 3
    assert platform.asked == [asked]


def test_an_empty_course_suggests_nothing(rows: Storage) -> None:
    """Nobody to look at."""
    a_platform(rows)

    assert enabling.draft_of(tools_for(rows, a_class(0), ISSUED), PLACE, by="Tessa", language="en") is None
