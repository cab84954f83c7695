"""Letters for the certificate image: every name in its own script, none as an empty box.

Pillow's own text layout reorders and joins letters only where the system happens to have FriBidi; an image must not
depend on that. So text is put into visual order here (Unicode Bidirectional Algorithm, Arabic presentation forms) and
drawn letter by letter with Noto Sans (Latin, Greek, Cyrillic), Noto Sans Arabic and Heebo (Hebrew). Scripts that none
of them draws correctly are shown in Latin transliteration. Vowel points of Hebrew and Arabic are left out. All this
concerns the picture alone: the document carries every name as it was given.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from pathlib import Path

import fontpkg_heebo
import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
from anyascii import anyascii
from arabic_reshaper import reshape
from bidi import get_display
from PIL import Image, ImageDraw, ImageFont

from mappings.documents.banded_png import INK


class Weight(IntEnum):
    """Weight axis of the variable fonts."""

    REGULAR = 400
    BOLD = 600


_FACES = (
    Path(fontpkg_noto_sans.ROOT) / "files" / "NotoSans[wdth,wght].ttf",
    Path(fontpkg_noto_sans_arabic.ROOT) / "files" / "NotoSansArabic[wdth,wght].ttf",
    Path(fontpkg_heebo.ROOT) / "files" / "Heebo[wght].ttf",
)
_NORMAL_WIDTH = 100.0
_UNASSIGNED = "\U0010ffff"
LONGEST = 1000
"""Signs of a text that are set at most."""
_DEVANAGARI = frozenset((*range(0x0900, 0x0980), *range(0x1CD0, 0x1D00), *range(0xA8E0, 0xA900)))
"""Noto Sans has these, but without a shaping engine they come out wrong."""
_JOINERS = "\u200c\u200d"
_OPENING = {"(": ")", "[": "]", "{": "}", "<": ">", "«": "»"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN"))


@cache
def typeface(face: int, size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    """Return a font at ``size`` pixels per em."""
    font = ImageFont.truetype(_FACES[face], size, layout_engine=ImageFont.Layout.BASIC)
    axes = len(font.get_variation_axes())
    font.set_variation_by_axes([float(weight), _NORMAL_WIDTH][:axes])
    return font


@lru_cache(maxsize=16384)
def face_of(character: str) -> int | None:
    """Return the first face that draws ``character`` correctly, None where no face does."""
    if ord(character) in _DEVANAGARI:
        return None
    return next((face for face in range(len(_FACES)) if _draws(face, character)), None)


def _draws(face: int, character: str) -> bool:
    """Tell a real glyph from the box that a font draws for what it lacks."""
    font = typeface(face, 16, Weight.REGULAR)
    return bytes(font.getmask(character)) != bytes(font.getmask(_UNASSIGNED))


@lru_cache(maxsize=64)
def visual(text: str) -> str:
    """Return ``text`` as the letters to draw from left to right."""
    if text.isascii() and text.isprintable():
        return text
    letters = "".join(_drawable(character) for character in unicodedata.normalize("NFC", text))
    if not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in letters):
        return letters
    shown = "".join(character for character in get_display(reshape(letters)) if character not in _JOINERS)
    return _with_brackets_mirrored(shown)


def _with_brackets_mirrored(shown: str) -> str:
    """Turn the brackets that reordering has left back to front: pairs whose closing one now stands first."""
    letters = list(shown)
    opened: list[str] = []
    reversed_: list[str] = []
    for place, letter in enumerate(shown):
        if letter in _CLOSING and opened[-1:] == [_CLOSING[letter]]:
            opened.pop()
        elif letter in _CLOSING and _CLOSING[letter] in shown[place:]:
            reversed_.append(_CLOSING[letter])
            letters[place] = _CLOSING[letter]
        elif reversed_[-1:] == [letter]:
            letters[place] = _OPENING[reversed_.pop()]
        elif letter in _OPENING:
            opened.append(letter)
    return "".join(letters)


@lru_cache(maxsize=16384)
def _drawable(character: str) -> str:
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category == "Cf" or (
        category == "Mn" and unicodedata.bidirectional(character) == "NSM" and _is_point(character)
    ):
        return ""
    if face_of(character) is not None:
        return character
    return anyascii(character) or "?"


def _is_point(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("HEBREW", "ARABIC"))


@dataclass(frozen=True, slots=True)
class Glyph:
    """One drawn letter: its ink, where that lies from the pen's place on the baseline, how far the pen moves on."""

    ink: Image.Image
    left: int
    top: int
    advance: int


@lru_cache(maxsize=16384)
def glyph(letter: str, size: int, weight: Weight) -> Glyph:
    """Draw one letter; one that has no face of its own (a blank) comes from the first."""
    font = typeface(face_of(letter) or 0, size, weight)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(letter, anchor="ls"))
    ink = Image.new("L", (max(right - left, 1), max(bottom - top, 1)), 0)
    ImageDraw.Draw(ink).text((-left, -top), letter, fill=255, font=font, anchor="ls")
    return Glyph(ink, left, top, round(font.getlength(letter)))


@lru_cache(maxsize=16384)
def pair(letters: str, size: int, weight: Weight) -> Glyph:
    """Put one or two letters into one picture: half as many to place, and texts share most of them."""
    first, *others = (glyph(letter, size, weight) for letter in letters)
    if not others:
        return first
    (second,) = others
    begin = first.advance + second.left
    left, top = min(first.left, begin), min(first.top, second.top)
    right = max(first.left + first.ink.width, begin + second.ink.width)
    bottom = max(first.top + first.ink.height, second.top + second.ink.height)
    ink = Image.new("L", (right - left, bottom - top), 0)
    canvas = ImageDraw.Draw(ink)
    canvas.bitmap((first.left - left, first.top - top), first.ink, 255)
    canvas.bitmap((begin - left, second.top - top), second.ink, 255)
    return Glyph(ink, left, top, first.advance + second.advance)


def pairs(text: str, size: int, weight: Weight) -> list[Glyph]:
    """Return ``text`` from left to right, two letters at a time."""
    letters = visual(text)
    return [pair(letters[place : place + 2], size, weight) for place in range(0, len(letters), 2)]


def width(text: str, size: int, weight: Weight) -> int:
    """Return the width of ``text`` in pixels."""
    return sum(drawn.advance for drawn in pairs(text, size, weight))


def draw(image: Image.Image, centre: tuple[int, int], text: str, size: int, weight: Weight) -> None:
    """Draw ``text`` on an image of shades around ``centre``: the middle of the line and its baseline."""
    canvas = ImageDraw.Draw(image)
    letters = pairs(text, size, weight)
    pen = centre[0] - sum(drawn.advance for drawn in letters) // 2
    for drawn in letters:
        canvas.bitmap((pen + drawn.left, centre[1] + drawn.top), drawn.ink, INK)
        pen += drawn.advance


def fit(text: str, limit: int, steps: tuple[tuple[int, int], ...], weight: Weight) -> tuple[int, list[str]]:
    """Return the first (size, lines) of ``steps`` into whose lines of ``limit`` pixels ``text`` fits.

    ``steps`` are (size, number of lines) from the largest; the last one cuts with an ellipsis what does not fit.
    """
    for size, count in steps:
        lines = wrap(text, limit, size, weight)
        if len(lines) <= count:
            return size, lines
    return size, [*lines[: count - 1], lines[count - 1] + "…"]


def wrap(text: str, limit: int, size: int, weight: Weight) -> list[str]:
    """Break ``text`` into lines of at most ``limit`` pixels, between words where that is possible.

    What lies beyond :data:`LONGEST` is not looked at: no page has room for it.
    """
    lines = [""]
    for word in text[:LONGEST].split():
        longer = f"{lines[-1]} {word}".strip()
        if width(longer, size, weight) <= limit:
            lines[-1] = longer
        else:
            lines = [line for line in lines if line] + _pieces(word, limit, size, weight)
    return lines


def _pieces(word: str, limit: int, size: int, weight: Weight) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and width(pieces[-1] + character, size, weight) > limit:
            pieces.append("")
        pieces[-1] += character
    return pieces
