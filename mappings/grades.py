"""Scores as grades on the scale that the profile declares (Annex I, O3), and as words in a sentence.

Numbers stay ``Decimal`` from the platform to the document. Rounding is always down: a credential never shows
more than was reached.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from mappings.assessment import GradeState, Score
from mappings.elements import Grade
from mappings.errors import InvalidValue
from mappings.scales import Scale, ShownAs

_HUNDREDTH = Decimal("0.01")


def plain(number: Decimal) -> str:
    """Write a number without exponent and without trailing zeros: ``62.00000`` as ``62``."""
    return format(number.normalize() + 0, "f")


def in_points(value: Decimal, maximum: Decimal | None) -> str:
    """Write a score on its own scale in an English sentence: ``25 of 100 points``."""
    return f"{plain(value)} points" if maximum is None else f"{plain(value)} of {plain(maximum)} points"


def has_stood(since: datetime | None, quiet: timedelta, at: datetime) -> bool:
    """Tell whether a quiet period is over at ``at``; without one, whatever is posted stands."""
    return not quiet or (since is not None and since + quiet <= at)


def is_settled(score: Score, quiet: timedelta, at: datetime) -> bool:
    """Tell whether a score stands: posted, neither hidden nor being recalculated, and its quiet period over."""
    return score.state is GradeState.POSTED and has_stood(score.graded_at, quiet, at)


def grade(score: Score, scale: Scale) -> Grade:
    """Show a score on the declared scale, in points where the platform tells no maximum: ``25/100``, in no language.

    Raises :class:`InvalidValue` for a score without a value: there is no grade to show.
    """
    if score.value is None:
        raise InvalidValue("a score without a value is no grade")
    return Grade(score.value, score.maximum, _shown(score.value, score.maximum, scale), score.graded_at)


def _shown(value: Decimal, maximum: Decimal | None, scale: Scale) -> str:
    if maximum is None or scale.shown_as is ShownAs.POINTS:
        return plain(value) if maximum is None else f"{plain(value)}/{plain(maximum)}"
    if scale.shown_as is ShownAs.PERCENT:
        return f"{plain((100 * value / maximum).quantize(_HUNDREDTH, ROUND_DOWN))} %"
    reached = (band.label for band in scale.bands if 100 * value >= band.from_percent * maximum)
    return next(reached, scale.bands[-1].label)
