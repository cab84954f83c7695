"""Values that say what a platform told: none of them can be invalid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from mappings.assessment import CompetencyId, GradeState, LearnerId, Score, Standing
from mappings.errors import InvalidValue
from tests.factories import ACTIVITIES, EXAM, LO_1, QUIZ, course, evidence, learner, posted, rating, record, result

NAIVE = datetime(2026, 1, 1)
BRUSSELS = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: learner(id_=""),
        lambda: course(starts_at=NAIVE),
        lambda: course(ends_at=BRUSSELS),
        lambda: posted(1, graded_at=NAIVE),
        lambda: posted(1, maximum=0),
        lambda: Score(Decimal("NaN"), None, GradeState.POSTED),
        lambda: Score(None, None, GradeState.POSTED),
        lambda: evidence(stated_at=NAIVE),
        lambda: result(QUIZ, 1, completed_at=NAIVE),
        lambda: record(read_at=BRUSSELS),
        lambda: record(activities=(*ACTIVITIES, ACTIVITIES[0])),
        lambda: record(activities=ACTIVITIES[1:]),
        lambda: record(brief=True),
    ],
)
def test_a_value_that_cannot_be_is_refused(make: Callable[[], object]) -> None:
    """No id, a time without UTC, a score that is no number, a posted score without value, activities that lie."""
    with pytest.raises(InvalidValue):
        make()


def test_a_record_finds_results_and_ratings() -> None:
    """What the platform does not show is None, not zero."""
    shown = record(results=(result(EXAM, 0),), competencies=(rating(LO_1, True),))

    found = shown.result_of(EXAM)
    assert found is not None
    assert found.score.value == 0
    assert shown.result_of(QUIZ) is None
    assert shown.rating_of(LO_1) == rating(LO_1, True)
    assert shown.rating_of(CompetencyId("?")) is None


def test_what_the_platform_does_not_say_is_not_assumed() -> None:
    """No override, no open finding; a scale may end at half a point."""
    half = Score(Decimal("0.5"), Decimal("0.5"), GradeState.POSTED)

    assert (half.maximum, half.overridden, evidence().open_flag) == (Decimal("0.5"), False, False)


def test_a_learner_is_known_by_an_id_alone() -> None:
    """Platforms may withhold names."""
    assert learner(full_name="", given_name="", family_name="").id == LearnerId("4")
    assert learner().standing is Standing.LEARNER
