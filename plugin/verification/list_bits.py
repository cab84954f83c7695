"""The values of status lists, ours and those of strangers: unpacked within limits, read one at a time.

Both standards pack values of a few bits and compress them. They count from opposite ends: Bitstring Status List 1.0
clause 3.2 from the left-most bit, Token Status List clause 4.1 from the right-most bit of each byte.
"""

from __future__ import annotations

import zlib

GZIP, ZLIB = zlib.MAX_WBITS | 16, zlib.MAX_WBITS
_LARGEST = 16 * 1024 * 1024  # bytes of an unpacked list: a hundred million credentials
_WIDEST = 8  # bits of a value


class Outside(ValueError):
    """The list has no such place."""


def unpacked(data: bytes, form: int) -> bytes:
    """Return the unpacked list, up to a limit: a small file may unpack to a very large one. Raise ValueError."""
    unpacker = zlib.decompressobj(form)
    bits = unpacker.decompress(data, _LARGEST)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("a status list is larger than any, or cut")
    return bits


def from_the_left(bits: bytes, index: int, size: int) -> int:
    """Return the value at ``index`` where each has ``size`` bits, 1..8, the first left-most. Raise ValueError."""
    first = index * size
    if not 0 < size <= _WIDEST:
        raise ValueError("the size of a status is none")
    if index < 0 or first + size > len(bits) * 8:
        raise Outside
    two_bytes = int.from_bytes(bits[first >> 3 : (first >> 3) + 2].ljust(2, b"\0"), "big")
    return two_bytes >> (16 - (first & 7) - size) & ((1 << size) - 1)


def from_the_right(bits: bytes, index: int, size: int) -> int:
    """Return the value at ``index`` where each has 1, 2, 4 or 8 bits, the first of a byte right-most."""
    if size not in {1, 2, 4, 8}:
        raise ValueError("the size of a status is none")
    first = index * size
    if index < 0 or first >= len(bits) * 8:
        raise Outside
    return bits[first >> 3] >> (first & 7) & ((1 << size) - 1)
