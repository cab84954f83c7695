"""PNG images of which most rows never change: compress those once, and put images together from their bands.

A band is compressed on its own up to a full flush, so bands follow each other in one zlib stream (RFC 1950, RFC 1951);
their checksums combine without reading the rows again. Sixteen shades of one ink, four bits a pixel
(PNG 3rd edition, https://www.w3.org/TR/png-3/).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

INK = 15
"""The darkest of sixteen shades."""
_ADLER_BASE = 65521
_LAST_BLOCK = b"\x03\x00"
_NO_FILTER = 2
"""Pixels of paper before each row: packed, the byte 0 that says «no filter»."""


@dataclass(frozen=True, slots=True)
class Band:
    """Some rows of an image, compressed. ``size`` and ``checksum`` (Adler-32) are of the rows before compression."""

    width: int
    height: int
    deflated: bytes
    size: int
    checksum: int


def band(image: Image.Image, top: int = 0, bottom: int | None = None, *, small: bool = False) -> Band:
    """Compress rows of ``image``, of mode P with 0 for paper to :data:`INK` for full ink, of an even width.

    As small as it gets where it is kept, else quickly: a line of letters is mostly runs of paper.
    """
    height = (image.height if bottom is None else bottom) - top
    rows = image.crop((-_NO_FILTER, top, image.width, top + height)).tobytes("raw", "P;4")
    level, strategy = (9, zlib.Z_DEFAULT_STRATEGY) if small else (1, zlib.Z_RLE)
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, strategy=strategy)
    deflated = deflate.compress(rows) + deflate.flush(zlib.Z_FULL_FLUSH)
    return Band(image.width, height, deflated, len(rows), zlib.adler32(rows))


def assemble(bands: Sequence[Band], ink: tuple[int, int, int]) -> bytes:
    """Return the PNG of ``bands`` from top to bottom, which must be equally wide."""
    checksum = 1
    for each in bands:
        checksum = _combine(checksum, each.checksum, each.size)
    header = struct.pack(">IIBBBBB", bands[0].width, sum(each.height for each in bands), 4, 3, 0, 0, 0)
    stream = b"\x78\x9c" + b"".join(each.deflated for each in bands) + _LAST_BLOCK + checksum.to_bytes(4, "big")
    chunks = ((b"IHDR", header), (b"PLTE", _palette(ink)), (b"IDAT", stream), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _palette(ink: tuple[int, int, int]) -> bytes:
    """Sixteen steps from white paper to ``ink``."""
    return bytes(255 - (255 - colour) * step // 15 for step in range(16) for colour in ink)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _combine(first: int, second: int, size: int) -> int:
    """Return the Adler-32 of two byte strings from theirs, ``size`` being the length of the second."""
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + size * ((first & 0xFFFF) - 1)
    return (high % _ADLER_BASE) << 16 | (low % _ADLER_BASE)
