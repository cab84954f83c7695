"""Scores as grades on a declared scale."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.assessment import GradeState, Score
from mappings.errors import InvalidValue
from mappings.grades import grade, has_stood, in_points, is_settled, plain
from mappings.scales import IN_POINTS, Band, Scale, ShownAs
from tests.factories import GRADED, READ, UNGRADED, posted
from tests.strategies import points, scales

PERCENT = Scale(ShownAs.PERCENT)
BANDS = Scale(ShownAs.BANDS, (Band(Decimal(85), "A"), Band(Decimal(50), "B"), Band(Decimal(0), "C")))


@pytest.mark.parametrize(
    ("number", "words"), [("62.00000", "62"), ("1E+2", "100"), ("0.50", "0.5"), ("-0", "0"), ("0.00", "0")]
)
def test_numbers_are_written_plainly(number: str, words: str) -> None:
    """Moodle sends 62.00000; nobody wants to read it."""
    assert plain(Decimal(number)) == words


@pytest.mark.parametrize(
    ("value", "scale", "shown"),
    [
        ("295", IN_POINTS, "295/300"),
        ("295", PERCENT, "98.33 %"),
        ("299.99", PERCENT, "99.99 %"),
        ("300", PERCENT, "100 %"),
        ("255", BANDS, "A"),
        ("254.99", BANDS, "B"),
        ("0", BANDS, "C"),
        ("-5", BANDS, "C"),
    ],
)
def test_a_score_is_shown_on_the_declared_scale_and_never_rounded_up(value: str, scale: Scale, shown: str) -> None:
    """Of 300 points; a band begins exactly where it says."""
    assert grade(posted(value, 300), scale).shown_as == shown


@pytest.mark.parametrize("scale", [IN_POINTS, PERCENT, BANDS])
def test_a_score_without_maximum_is_shown_in_points(scale: Scale) -> None:
    """Neither percent nor bands can be reckoned."""
    assert grade(Score(Decimal(7), None, GradeState.POSTED), scale).shown_as == "7"
    assert in_points(Decimal(7), None) == "7 points"


def test_a_score_without_value_is_no_grade() -> None:
    """Ungraded is not zero."""
    with pytest.raises(InvalidValue):
        grade(UNGRADED, IN_POINTS)


@given(points, scales())
def test_a_grade_keeps_the_exact_score(value: Decimal, scale: Scale) -> None:
    """However it is shown, the number of the platform travels with it."""
    shown = grade(Score(value, Decimal(100), GradeState.POSTED, GRADED), scale)

    assert (shown.value, shown.maximum, shown.graded_at) == (value, Decimal(100), GRADED)


@given(points, points)
def test_percent_never_exceeds_the_score(value: Decimal, more: Decimal) -> None:
    """Rounded down, whatever the maximum."""
    maximum = value + more + 1

    shown = Decimal(grade(Score(value, maximum, GradeState.POSTED), PERCENT).shown_as.removesuffix(" %"))

    assert 0 <= 100 * value - shown * maximum < maximum / 100


def test_a_quiet_period_counts_from_the_grading_to_the_reading() -> None:
    """It is over exactly at its end; without one, even an undated grade stands; with one, an undated never does."""
    quiet = READ - GRADED

    assert has_stood(GRADED, quiet, READ)
    assert not has_stood(GRADED, quiet + timedelta(seconds=1), READ)
    assert has_stood(None, timedelta(0), READ)
    assert not has_stood(None, quiet, READ)


@pytest.mark.parametrize("state", [state for state in GradeState if state is not GradeState.POSTED])
def test_only_a_posted_score_is_settled(state: GradeState) -> None:
    """Hidden, excused, ungraded and pending scores may still change or are no scores."""
    assert is_settled(posted(1), timedelta(0), READ)
    assert not is_settled(Score(Decimal(1), None, state), timedelta(0), READ)


@pytest.mark.parametrize(
    ("shown_as", "bands"),
    [
        (ShownAs.BANDS, ()),
        (ShownAs.POINTS, (Band(Decimal(0), "A"),)),
        (ShownAs.BANDS, (Band(Decimal(50), "A"),)),
        (ShownAs.BANDS, (Band(Decimal(0), "A"), Band(Decimal(50), "B"))),
        (ShownAs.BANDS, (Band(Decimal(0), "A"), Band(Decimal(0), "B"))),
    ],
)
def test_a_scale_with_gaps_cannot_be(shown_as: ShownAs, bands: tuple[Band, ...]) -> None:
    """Bands exactly for a scale of bands, falling, each once, down to 0."""
    with pytest.raises(InvalidValue):
        Scale(shown_as, bands)


@pytest.mark.parametrize(("start", "label"), [("101", "A"), ("-1", "A"), ("50", " ")])
def test_a_band_begins_within_the_scale_and_has_a_label(start: str, label: str) -> None:
    """0..100 percent."""
    with pytest.raises(InvalidValue):
        Band(Decimal(start), label)


@given(st.data())
def test_more_points_never_show_a_worse_band(data: st.DataObject) -> None:
    """Bands follow the order of the scores."""
    scale = data.draw(scales().filter(lambda each: bool(each.bands)))
    lower, higher = sorted(data.draw(st.tuples(points, points)))
    order = [band.label for band in scale.bands]

    shown = [grade(Score(each, Decimal(100), GradeState.POSTED), scale).shown_as for each in (lower, higher)]

    assert order.index(shown[0]) >= order.index(shown[1])
