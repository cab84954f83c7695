"""Images out of bands are images like any other."""

from __future__ import annotations

import io
import zlib

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mappings.documents.banded_png import INK, assemble, band

COLOUR = (16, 46, 84)
WIDTH = 6
rows = st.binary(min_size=WIDTH, max_size=WIDTH * 5).map(
    lambda each: bytes(shade & INK for shade in each[: len(each) // WIDTH * WIDTH])
)


def image(shades: bytes) -> Image.Image:
    """Rows of WIDTH pixels, 0 for paper to INK."""
    return Image.frombytes("P", (WIDTH, len(shades) // WIDTH), shades)


@given(bands=st.lists(rows, min_size=1, max_size=4))
def test_a_reader_sees_the_bands_from_top_to_bottom(bands: list[bytes]) -> None:
    """Sixteen shades between paper and ink; every checksum holds, or Pillow would refuse."""
    drawn = assemble([band(image(shades)) for shades in bands], COLOUR)

    seen = Image.open(io.BytesIO(drawn))
    seen.load()
    expected = [tuple(255 - (255 - colour) * shade // 15 for colour in COLOUR) for shade in b"".join(bands)]
    assert list(seen.convert("RGB").get_flattened_data()) == expected


@given(bands=st.lists(rows, min_size=1, max_size=4))
def test_the_bands_make_one_zlib_stream(bands: list[bytes]) -> None:
    """A strict reader inflates the whole stream and checks its Adler-32 (RFC 1950)."""
    drawn = assemble([band(image(shades)) for shades in bands], COLOUR)

    start = drawn.index(b"IDAT")
    size = int.from_bytes(drawn[start - 4 : start], "big")
    inflated = zlib.decompress(drawn[start + 4 : start + 4 + size])
    assert len(inflated) == sum(len(shades) // WIDTH for shades in bands) * (1 + WIDTH // 2)
