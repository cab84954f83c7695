"""Every name in its own script, none as an empty box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mappings.documents.banded_png import INK
from mappings.documents.lettering import LONGEST, Weight, draw, face_of, fit, glyph, typeface, visual, width, wrap
from tests.strategies import NAMES, SCRIPTS, names

BOX = "\U0010ffff"
"""No font has it: it is drawn as the box that stands for what is missing."""


def boxes() -> set[bytes]:
    """The boxes of all faces."""
    return {bytes(typeface(face, 40, Weight.BOLD).getmask(BOX)) for face in range(3)}


@pytest.mark.parametrize("letters", SCRIPTS)
def test_every_letter_of_every_script_is_drawn(letters: str) -> None:
    """The drawn letter is not the box of its font, in capitals and small letters."""
    missing = [
        letter
        for letter in visual(letters + letters.upper() + letters.lower())
        if bytes(typeface(face_of(letter) or 0, 40, Weight.BOLD).getmask(letter)) in boxes()
    ]

    assert missing == []


@given(names)
def test_a_name_leaves_ink(name: str) -> None:
    """Whatever the script, something can be read."""
    image = Image.new("L", (2000, 100))

    draw(image, (1000, 70), name, 20, Weight.BOLD)

    assert image.getbbox() is not None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王小明", "WangXiaoMing"),
        ("देवी", "devi"),
        ("ნინო", "nino"),
        ("\ue000", "?"),
        ("e\u0301", "é"),
        ("Anna\u202e", "Anna"),
        ("Jean-Luc O’Neill", "Jean-Luc O’Neill"),
    ],
)
def test_what_no_font_draws_is_transliterated(text: str, shown: str) -> None:
    """Latin letters rather than boxes; marks that would turn the text around are dropped."""
    assert visual(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("דוד", "דוד"[::-1]),
        ("דוד (David) 42", "42 (David) " + "דוד"[::-1]),
        ("א(ב[ג]ד)ה", "ה(ד[ג]ב)א"),
        ("x (אב) y", "x (בא) y"),
        ("x (א) (y)", "x (א) (y)"),
        ("x) אב", "x) בא"),
        ("שָׁלוֹם", "שלום"[::-1]),
        ("سلام", "\ufee1\ufefc\ufeb3"),
        ("مَح", "\ufea2\ufee3"),
        ("می\u200cخواهم", visual("خواهم") + visual("می")),
    ],
)
def test_right_to_left_names_are_in_visual_order(text: str, shown: str) -> None:
    """Reordered with their brackets mirrored, joined, without vowel points."""
    assert visual(text) == shown


def test_a_long_name_shrinks_then_breaks_then_is_cut() -> None:
    """The first step that has room; the last one ends with an ellipsis."""
    steps = ((40, 1), (20, 2))

    assert fit("Ada", 300, steps, Weight.BOLD) == (40, ["Ada"])
    size, lines = fit("Wolfeschlegelsteinhausen Bergerdorff", 300, steps, Weight.BOLD)
    assert (size, lines) == (20, ["Wolfeschlegelsteinhausen", "Bergerdorff"])
    size, lines = fit("Ada " * 100, 300, steps, Weight.BOLD)
    assert (size, len(lines), lines[-1][-1]) == (20, 2, "…")


@given(st.sampled_from(NAMES).map(lambda name: f"{name} {'x' * 90} {name}"))
def test_no_line_is_wider_than_its_room(text: str) -> None:
    """Words that are too long are broken inside; nothing is lost."""
    lines = wrap(text, 300, 20, Weight.REGULAR)

    assert max(width(line, 20, Weight.REGULAR) for line in lines) <= 300
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_an_endless_text_takes_no_endless_time() -> None:
    """A platform may send anything as a name."""
    lines = wrap("x" * 1_000_000, 300, 20, Weight.REGULAR)

    assert sum(map(len, lines)) == LONGEST


def test_pairs_look_like_their_letters_one_by_one() -> None:
    """Putting letters into pictures of two changes neither the ink nor where the pen ends."""
    text = "Șerban Nováková-Þór"
    alone, paired = Image.new("P", (500, 60), 0), Image.new("P", (500, 60), 0)
    pen = 250 - sum(glyph(letter, 40, Weight.BOLD).advance for letter in text) // 2
    for letter in text:
        drawn = glyph(letter, 40, Weight.BOLD)
        ImageDraw.Draw(alone).bitmap((pen + drawn.left, 45 + drawn.top), drawn.ink, INK)
        pen += drawn.advance

    draw(paired, (250, 45), text, 40, Weight.BOLD)

    assert paired.tobytes() == alone.tobytes()


def test_blanks_have_width_but_no_ink() -> None:
    """A letter without ink moves the pen."""
    blank = glyph(" ", 20, Weight.REGULAR)

    assert blank.advance > 0
    assert blank.ink.getbbox() is None
