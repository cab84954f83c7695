"""The certificate image of a credential: one legible page per language, small enough to travel inside it.

What is the same for every learner of a course, or of a day, is drawn and compressed once; per learner only two bands
are drawn: the name, and the address of the public page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from PIL import Image, ImageDraw

from mappings.documents.banded_png import INK, Band, assemble, band
from mappings.documents.lettering import Weight, draw, fit, wrap
from mappings.documents.phrases import Phrase, phrase

WIDTH = 1120
_MARGIN = 90
_LINE = WIDTH - 2 * _MARGIN
_COLOUR = (16, 46, 84)
_TOP, _NAME, _MIDDLE, _DATE, _ADDRESS, _BOTTOM = 312, 132, 248, 30, 38, 32
"""Heights of the bands, in pixels."""
HEIGHT = _TOP + _NAME + _MIDDLE + _DATE + _ADDRESS + _BOTTOM
_PALE = 5
_LEADING = 1.35
_OUTCOME_SIZES = (22, 18, 15)
_OUTCOME_ROOM = 176
"""Pixels that the list of outcomes may take."""


@dataclass(frozen=True, slots=True)
class Design:
    """What the certificates of all learners have in common, as it reads in ``language``."""

    language: str
    institutions: tuple[str, ...]
    title: str
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is the learner's own. The date is shown as ISO 8601, which reads the same in every language."""

    name: str
    issued: date
    url: str


def certificate(design: Design, stamp: Stamp) -> bytes:
    """Return the certificate as PNG, ``WIDTH`` x ``HEIGHT`` pixels in sixteen shades of one ink."""
    top, middle, bottom = _constant(design)
    name, address = _own(stamp.name, stamp.url)
    return assemble((top, *name, middle, *_dated(stamp.issued), *address, bottom), _COLOUR)


@lru_cache(maxsize=512)
def _constant(design: Design) -> tuple[Band, Band, Band]:
    return band(_head(design), small=True), band(_outcomes(design), small=True), band(_foot(), small=True)


@lru_cache(maxsize=4)
def _own(name: str, url: str) -> tuple[tuple[Band, ...], tuple[Band, ...]]:
    """Draw the learner's bands; they are kept only until the next languages of the same credential have used them."""
    return _without_blank_rows(_name(name)), _without_blank_rows(_address(url))


@lru_cache(maxsize=64)
def _dated(day: date) -> tuple[Band, ...]:
    return _without_blank_rows(_date(day))


def _without_blank_rows(image: Image.Image) -> tuple[Band, ...]:
    """Compress the rows with ink; blank rows above and below come from the stock."""
    _, top, _, bottom = image.getbbox() or (0, 0, 0, 0)
    return _blank(top), band(image, top, bottom), _blank(image.height - bottom)


@lru_cache(maxsize=_NAME + 1)
def _blank(height: int) -> Band:
    return band(_paper(height))


def _paper(height: int) -> Image.Image:
    return Image.new("P", (WIDTH, height), 0)


def _head(design: Design) -> Image.Image:
    image = _paper(_TOP)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, 0, WIDTH, 15), fill=INK)
    institutions = fit(" · ".join(design.institutions), _LINE, ((28, 1), (22, 2), (17, 3)), Weight.BOLD)
    _lines(image, institutions, (34, 96), Weight.BOLD)
    canvas.line((WIDTH // 2 - 60, 106, WIDTH // 2 + 60, 106), fill=_PALE, width=2)
    draw(image, (WIDTH // 2, 142), phrase(Phrase.MICRO_CREDENTIAL, design.language), 20, Weight.REGULAR)
    title = fit(design.title, _LINE, ((46, 1), (38, 2), (28, 3), (20, 4)), Weight.BOLD)
    _lines(image, title, (152, 274), Weight.BOLD)
    draw(image, (WIDTH // 2, 302), phrase(Phrase.AWARDED_TO, design.language), 18, Weight.REGULAR)
    return image


def _name(name: str) -> Image.Image:
    image = _paper(_NAME)
    _lines(image, fit(name, _LINE, ((54, 1), (42, 2), (28, 3), (18, 5)), Weight.BOLD), (0, _NAME), Weight.BOLD)
    return image


def _outcomes(design: Design) -> Image.Image:
    image = _paper(_MIDDLE)
    ImageDraw.Draw(image).line((_MARGIN, 2, WIDTH - _MARGIN, 2), fill=_PALE, width=1)
    draw(image, (WIDTH // 2, 34), phrase(Phrase.LEARNING_OUTCOMES, design.language), 18, Weight.BOLD)
    _lines(image, _listed(design.outcomes), (42, 42 + _OUTCOME_ROOM), Weight.REGULAR)
    draw(image, (WIDTH // 2, _MIDDLE - 8), phrase(Phrase.DATE_OF_ISSUE, design.language), 16, Weight.REGULAR)
    return image


def _listed(outcomes: tuple[str, ...]) -> tuple[int, list[str]]:
    """Return the largest (size, lines) at which the outcomes have room; the smallest tells what is left out."""
    for size in _OUTCOME_SIZES:
        room = int(_OUTCOME_ROOM / (size * _LEADING))
        lines = [line for outcome in outcomes for line in wrap(f"• {outcome}", _LINE, size, Weight.REGULAR)]
        if len(lines) <= room:
            return size, lines
    return size, [*lines[: room - 1], "…"]


def _date(day: date) -> Image.Image:
    image = _paper(_DATE)
    draw(image, (WIDTH // 2, 20), day.isoformat(), 20, Weight.BOLD)
    return image


def _address(url: str) -> Image.Image:
    image = _paper(_ADDRESS)
    _lines(image, fit(url, _LINE, ((16, 1), (12, 2)), Weight.REGULAR), (0, _ADDRESS), Weight.REGULAR)
    return image


def _foot() -> Image.Image:
    image = _paper(_BOTTOM)
    ImageDraw.Draw(image).rectangle((0, _BOTTOM - 8, WIDTH, _BOTTOM), fill=INK)
    return image


def _lines(image: Image.Image, text: tuple[int, list[str]], room: tuple[int, int], weight: Weight) -> None:
    """Draw lines in the vertical middle of ``room``, the pixels from its top to its bottom."""
    size, lines = text
    pitch = size * _LEADING
    first = (room[0] + room[1] - pitch * len(lines)) / 2 + size * 1.03
    for number, line in enumerate(lines):
        draw(image, (WIDTH // 2, round(first + number * pitch)), line, size, weight)
