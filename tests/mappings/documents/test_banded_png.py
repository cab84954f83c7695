"""Images out of bands are images like any other."""

from __future__ import annotations

import io
import zlib

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mappings.documents.banded_png import assemble, band

INK = (16, 46, 84)
WIDTH = 6
rows = st.binary(min_size=WIDTH, max_size=WIDTH * 5).map(lambda each: each[: len(each) // WIDTH * WIDTH])


def image(levels: bytes) -> Image.Image:
    """Rows of WIDTH pixels, 0 for paper and 255 for full ink."""
    return Image.frombytes("L", (WIDTH, len(levels) // WIDTH), levels)


@given(bands=st.lists(rows, min_size=1, max_size=4))
def test_a_reader_sees_the_bands_from_top_to_bottom(bands: list[bytes]) -> None:
    """Sixteen shades between paper and ink; every checksum holds, or Pillow would refuse."""
    drawn = assemble([band(image(levels)) for levels in bands], INK)

    seen = Image.open(io.BytesIO(drawn))
    seen.load()
    expected = [tuple(255 - (255 - colour) * (level >> 4) // 15 for colour in INK) for level in b"".join(bands)]
    assert list(seen.convert("RGB").get_flattened_data()) == expected


@given(bands=st.lists(rows, min_size=1, max_size=4))
def test_the_bands_make_one_zlib_stream(bands: list[bytes]) -> None:
    """A strict reader inflates the whole stream and checks its Adler-32 (RFC 1950)."""
    drawn = assemble([band(image(levels)) for levels in bands], INK)

    start = drawn.index(b"IDAT")
    size = int.from_bytes(drawn[start - 4 : start], "big")
    inflated = zlib.decompress(drawn[start + 4 : start + 4 + size])
    assert len(inflated) == sum(len(levels) // WIDTH for levels in bands) * (1 + WIDTH // 2)
