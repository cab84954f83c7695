"""The certificate image: legible, small, the same again."""

from __future__ import annotations

import io
from datetime import date

import pytest
from PIL import Image, ImageChops

from mappings.documents.certificate import HEIGHT, WIDTH, Design, Stamp, certificate
from tests.strategies import NAMES

DESIGN = Design("en", ("Test Academy", "Partner"), "Applied Data Analysis", ("Prepare and clean a data set",))
STAMP = Stamp("Anna Kowalska", date(2026, 6, 30), "https://bridge.example.org/c/1")


def seen(design: Design = DESIGN, stamp: Stamp = STAMP) -> Image.Image:
    """The page as a reader gets it."""
    return Image.open(io.BytesIO(certificate(design, stamp))).convert("L")


def changed_rows(one: Image.Image, other: Image.Image) -> tuple[int, int]:
    """The first and last row in which two pages differ."""
    box = ImageChops.difference(one, other).getbbox()
    assert box is not None
    return box[1], box[3]


def test_the_page_is_one_size_and_light() -> None:
    """It travels inside the credential, once per language."""
    image = certificate(DESIGN, STAMP)

    assert seen().size == (WIDTH, HEIGHT)
    assert len(image) < 25_000


def test_the_same_certificate_is_the_same_bytes() -> None:
    """Rendering again gives what was sealed."""
    assert certificate(DESIGN, STAMP) == certificate(Design(**fields(DESIGN)), STAMP)


def fields(design: Design) -> dict[str, object]:
    """The fields of a slotted dataclass."""
    return {name: getattr(design, name) for name in Design.__slots__}


def test_the_name_stands_alone_in_its_band() -> None:
    """Another learner changes the name's rows, another date the footer's, nothing else."""
    named = changed_rows(seen(), seen(stamp=Stamp("Ωραία Ρήγα", STAMP.issued, STAMP.url)))
    dated = changed_rows(seen(), seen(stamp=Stamp(STAMP.name, date(2026, 7, 1), STAMP.url)))

    assert named[1] < dated[0]


@pytest.mark.parametrize("name", [*NAMES, "Wolfeschlegelsteinhausenbergerdorff " * 12])
def test_every_name_fits_the_page(name: str) -> None:
    """The margins stay white, whatever the name."""
    page = seen(stamp=Stamp(name, STAMP.issued, STAMP.url)).crop((0, 20, WIDTH, HEIGHT - 20))

    box = ImageChops.invert(page).getbbox()
    assert box is not None
    assert box[0] >= 60
    assert box[2] <= WIDTH - 60


def test_a_name_of_nothing_to_see_still_gives_a_page() -> None:
    """Joiners alone leave no ink."""
    assert seen(stamp=Stamp("\u200d", STAMP.issued, STAMP.url)).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("count", [1, 8, 40])
def test_outcomes_shrink_before_they_are_left_out(count: int) -> None:
    """However many there are, the date below stays where it is."""
    many = Design("en", DESIGN.institutions, DESIGN.title, ("Prepare and clean a data set " * 3,) * count)

    page = seen(many)

    assert changed_rows(page, seen(many, Stamp(STAMP.name, date(2026, 7, 1), STAMP.url)))[0] > HEIGHT * 0.8
    assert page.crop((0, 430, WIDTH, 500)).getextrema()[0] < 128
