"""The scales that grades are shown on (Annex I, O3)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from mappings.errors import InvalidValue


class ShownAs(StrEnum):
    """How a score is written in the credential (Annex I, O3)."""

    POINTS = "points"
    PERCENT = "percent"
    BANDS = "bands"


@dataclass(frozen=True, slots=True)
class Band:
    """A named step of a scale, reached from ``from_percent`` (0..100) of the maximum."""

    from_percent: Decimal
    label: str

    def __post_init__(self) -> None:
        if not 0 <= self.from_percent <= 100 or not self.label.strip():
            raise InvalidValue("a band needs a label and begins at 0..100 percent")


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale that grades are shown on. Bands run from the best to the one that begins at 0 percent."""

    shown_as: ShownAs = ShownAs.POINTS
    bands: tuple[Band, ...] = ()

    def __post_init__(self) -> None:
        if (self.shown_as is ShownAs.BANDS) != bool(self.bands):
            raise InvalidValue("bands are given exactly when a scale is shown as bands")
        starts = [band.from_percent for band in self.bands]
        if starts != sorted(set(starts), reverse=True) or (starts and starts[-1] != 0):
            raise InvalidValue("bands fall from the best to one that begins at 0 percent")


IN_POINTS: Final = Scale()
"""Scores as the platform has them: ``95/100``."""
