"""JSON documents that differ only in some strings, written once and filled many times.

A document is split into a *shape*, which decides every key, list length and constant, and *leaves*: named strings
that may stand anywhere inside a string value. The shape is serialised once with marks in place of the leaves.
Filling it gives the very bytes that serialising the filled document would give.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring

from mappings.errors import InvalidValue

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Leaves = Mapping[str, str]

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

MARK = "urn:x-leaf:"
_MARKED = re.compile(rf"{MARK}([a-z_0-9.]+):")
_TO_ESCAPE = bytes((*range(0x20), ord('"'), ord("\\"), 0x7F))
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def mark(leaf: str) -> str:
    """Return the mark of a leaf: an absolute IRI, so that it may also stand where an identifier does."""
    return f"{MARK}{leaf}:"


def pieces(text: str) -> list[str]:
    """Split text with marks: constants at even positions, names of leaves at odd ones."""
    return _MARKED.split(text)


def serialise(document: Json) -> str:
    """Write JSON without blanks, keys in the order given, text as it is."""
    return _ENCODER.encode(document)


def plain_leaves(leaves: Leaves) -> dict[str, bytes] | None:
    """Return leaves as UTF-8 where none needs an escape, in JSON or N-Quads, nor would be refused; None else.

    A quick look at the bytes of all of them: those that it is not sure of are looked at closely elsewhere.
    """
    try:
        data = "".join(leaves.values()).encode()
    except UnicodeEncodeError:
        return None
    if len(data.translate(None, _TO_ESCAPE)) < len(data) or b"\xc2" in data or b"\xef" in data:
        return None
    return {name: value.encode() for name, value in leaves.items()}


def refuse_control(leaves: Leaves) -> None:
    """Raise :class:`InvalidValue` where a leaf holds a control character or half a surrogate pair."""
    if _REFUSED.search("\x20".join(leaves.values())):
        raise InvalidValue("a value of the credential contains a control character")


@dataclass(frozen=True, slots=True)
class Template:
    """A serialised document with gaps. ``constants`` stand around the gaps, one more than there are ``gaps``."""

    constants: tuple[bytes, ...]
    gaps: tuple[str, ...]
    leaves: frozenset[str]

    @classmethod
    def of(cls, build: Callable[[Leaves], Json], names: tuple[str, ...]) -> Template:
        """Serialise ``build`` once with marks; refuse a constant that looks like a mark."""
        if MARK in serialise(build(dict.fromkeys(names, ""))):
            raise InvalidValue("a text of the credential looks like a mark of a template")
        parts = pieces(serialise(build({name: mark(name) for name in names})))
        return cls(tuple(part.encode() for part in parts[::2]), tuple(parts[1::2]), frozenset(parts[1::2]))

    def fill(self, leaves: Leaves, plain: Mapping[str, bytes] | None = None) -> bytes:
        """Return the document with ``leaves`` in their places, as UTF-8; ``plain`` if :func:`plain_leaves` has them."""
        escaped = plain or {name: encode_basestring(leaves[name])[1:-1].encode() for name in self.leaves}
        filled = [b""] * (2 * len(self.gaps) + 1)
        filled[::2] = self.constants
        filled[1::2] = map(escaped.__getitem__, self.gaps)
        return b"".join(filled)
