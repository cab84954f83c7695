"""Reading JSON from strangers: bounded before it is parsed, and never ambiguous.

RFC 8259 leaves repeated keys and huge numbers to the reader, and two readers that differ can be shown two documents
under one seal. So repeated keys, numbers beyond any use, lone surrogates and anything but UTF-8 are refused.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

JsonObject: TypeAlias = dict[str, object]

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_OTHER_FILES = {
    b"%PDF-": ("is_pdf", "The file is a PDF, not the digital credential."),
    b"PK\x03\x04": ("is_archive", "The file is a ZIP archive or an office document, not the digital credential."),
}
"""What people hand in by mistake, by how it begins."""
_DIGITS = 100  # of an integer; the largest in use are serial numbers of 20 bytes


class Unreadable(ValueError):
    """The bytes are not JSON that everybody reads alike. ``code`` is stable, ``str()`` a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read: ``size`` in bytes, ``depth`` in nested brackets, ``keys`` in all objects together."""

    size: int = 5_000_000
    depth: int = 64
    keys: int = 100_000


def read_text(data: bytes, limits: Limits) -> str:
    """Decode UTF-8 within the size limit, without the mark that some editors put before it (RFC 8259, 8.1).

    Raise :class:`Unreadable`.
    """
    if len(data) > limits.size:
        raise Unreadable("too_large", f"The file has {len(data):,} bytes; at most {limits.size:,} are read.")
    for beginning, (code, sentence) in _OTHER_FILES.items():
        if data.startswith(beginning):
            raise Unreadable(code, sentence)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("not_utf8", "The file is not UTF-8 text.") from None


def read_json(text: str, limits: Limits) -> object:
    """Parse one JSON value. Raise :class:`Unreadable`."""
    reader = _ObjectReader(limits.keys)
    try:
        value: object = json.loads(
            text, object_pairs_hook=reader, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse
        )
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("not_json", "The text is not JSON.") from None
    except RecursionError:  # far beyond any limit of ours
        raise _too_deep(limits.depth) from None
    _require_shallow(value, limits.depth)
    if _SURROGATE.search(text):
        _require_characters(value)
    return value


class _ObjectReader:
    """Builds objects while counting keys over the whole document."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def __call__(self, pairs: list[tuple[str, object]]) -> JsonObject:
        self._left -= len(pairs)
        if self._left < 0:
            raise Unreadable("too_many_keys", "The document has more keys than are read.")
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Unreadable("repeated_key", "The document gives a key twice: readers would see different values.")
        return found


def _require_shallow(value: object, limit: int) -> None:
    """Count nested arrays and objects, level by level: a document that is too deep is not walked to its end."""
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > limit:
            raise _too_deep(limit)
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]


def _too_deep(limit: int) -> Unreadable:
    return Unreadable("too_deep", f"The document nests deeper than {limit} levels.")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise Unreadable("number_too_large", "The document has a number beyond any use.")
    return int(digits)


def _decimal(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Unreadable("number_too_large", "The document has a number beyond any use.")
    return number


def _refuse(constant: str) -> NoReturn:
    raise Unreadable("not_json", f"{constant} is not JSON.")


def _require_characters(value: object) -> None:
    """Refuse half of a surrogate pair: such text can be neither hashed nor shown."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Unreadable("not_utf8", "The document has half a character (a lone surrogate).") from None
