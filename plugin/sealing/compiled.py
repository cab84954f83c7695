"""Canonical N-Quads of an Open Badge at the speed of its signature: compiled once per shape, filled per learner.

Badges of one shape (:class:`~mappings.documents.badge_shape.BadgeShape`) differ in leaf strings only. Expansion and
conversion to RDF depend on the shape, so they are done once, with marks in place of the leaves. What is left per
learner is RDFC-1.0 (https://www.w3.org/TR/rdf-canon/) itself:

 1. put the leaves, escaped, into the lines that have any;
 2. hash the blank nodes that a leaf touches (clause 4.6), the others are hashed already;
 3. number the blank nodes in the order of their hashes (clause 4.4.3 steps 3 and 4, with unique hashes only);
 4. remove duplicate lines, an RDF dataset is a set, sort by code point, and join.

Where two blank nodes hash alike, or a leaf is an identifier of an unusual form, :meth:`CompiledShape.digest` gives
None and the caller takes the general path (:mod:`plugin.sealing.canonical`). The two agree byte for byte.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from operator import eq
from typing import TYPE_CHECKING

from mappings.documents.badge_shape import BadgeShape
from mappings.documents.identifiers import did_web
from mappings.documents.open_badges import badge, contexts
from mappings.documents.templates import Leaves, mark, pieces
from plugin.sealing.canonical import blank_nodes, canonicalise, relabel

if TYPE_CHECKING:
    from hashlib import _Hash

_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f]')
_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    **{ord(char): f"\\{name}" for char, name in zip('\\"\n\r\t\b\f', '\\"nrtbf', strict=True)},
}
_PLAIN = r"[A-Za-z0-9\-._~:/?@!$&'()*+,;=]*"
_UNIT = rf"{_PLAIN}(?:%[0-9A-Fa-f]{{2}}{_PLAIN})*"
_WHOLE_IRI = re.compile(rf"(?:https?://[A-Za-z0-9]|urn:uuid:){_UNIT}(?:#{_UNIT})?\Z")
_PART_OF_IRI = re.compile(rf"{_UNIT}\Z")
_BLANK = re.compile(r"(_:c14n[0-9]+)")


def escape(literal: str) -> str:
    """Escape a literal as canonical N-Quads do (RDF-canon, clause 5.1)."""
    return literal.translate(_ESCAPES) if _SPECIAL.search(literal) else literal


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines with gaps as UTF-8, whose order is that of the code points.

    ``constants`` stand around the gaps, one more than there are ``keys``: ``"leaf``, ``<leaf`` or ``_:label``.
    """

    constants: tuple[bytes, ...]
    keys: tuple[str, ...]
    ordered: bool = False

    @classmethod
    def of(cls, lines: Iterable[str]) -> Lines:
        """Cut lines with marks and canonical blank node labels into parts."""
        parts = [""]
        for line in lines:
            for position, part in enumerate(pieces(line)):
                if position % 2:
                    parts += [_key(part, parts[-1]), ""]
                else:
                    constant, *rest = _BLANK.split(part) if '"' not in part else _outside_literal(part)
                    parts[-1] += constant
                    parts += rest
            parts[-1] += "\n"
        return cls(tuple(part.encode() for part in parts[::2]), tuple(parts[1::2]))

    @classmethod
    def in_order(cls, lines: Sequence[str]) -> Lines:
        """Cut sorted lines; remember where no value could change their order, nor make two of them equal."""
        heads = [pieces(line)[0] for line in lines]
        fixed = not any(one.startswith(two) or two.startswith(one) for one, two in pairwise(heads))
        return replace(cls.of(lines), ordered=fixed)

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """Return the lines with values in place."""
        filled = [b""] * (2 * len(self.keys) + 1)
        filled[::2] = self.constants
        filled[1::2] = map(values.__getitem__, self.keys)
        return b"".join(filled)


def _key(leaf: str, before: str) -> str:
    """Tell a leaf in a literal from one in an identifier by what stands before it in its line."""
    return f'"{leaf}' if '"' in before.rpartition("\n")[2] else f"<{leaf}"


def _outside_literal(part: str) -> list[str]:
    """Split at blank node labels before the first quotation mark only: what follows is text or a datatype."""
    head, quote, tail = part.partition('"')
    split = _BLANK.split(head)
    return [*split[:-1], split[-1] + quote + tail]


@dataclass(frozen=True, slots=True)
class CompiledShape:
    """The canonical form of a shape with gaps. Build it with :func:`compile_shape`."""

    contexts: tuple[str, ...]
    issuer: str
    constant: tuple[bytes, ...]
    variable: Lines
    hashed: Mapping[str, bytes]
    """First-degree hashes of the blank nodes that no leaf touches."""
    unhashed: Mapping[str, Lines]
    """What the other blank nodes are hashed from."""
    literals: tuple[tuple[str, str], ...]
    """Keys and names of the leaves that stand in literals."""
    iris: tuple[tuple[str, str, re.Pattern[str]], ...]
    """Keys and names of the leaves that stand in identifiers, and the form that needs no second look."""
    prefixes: dict[int, _Hash] = field(default_factory=dict)
    """Hash states after so many constant lines, filled as needed."""

    def digest(self, leaves: Leaves, plain: Mapping[str, bytes] | None = None) -> bytes | None:
        """Return the SHA-256 of the canonical form, None where only the general path can tell.

        ``plain`` are the leaves as UTF-8 where none of them needs an escape and whoever asks has them already.
        """
        variable = self._variable_lines(leaves, plain)
        if variable is None:
            return None
        variable.sort()
        first = bisect_left(self.constant, variable[0])
        state = self._prefix(first).copy()
        state.update(_joined([*variable, *self.constant[first:]]))
        return state.digest()

    def text(self, leaves: Leaves) -> bytes | None:
        """Return the canonical form itself, None where only the general path can tell."""
        variable = self._variable_lines(leaves)
        return None if variable is None else _joined([*self.constant, *variable])

    def _prefix(self, length: int) -> _Hash:
        if length not in self.prefixes:
            self.prefixes[length] = sha256(b"".join(line + b"\n" for line in self.constant[:length]))
        return self.prefixes[length]

    def _variable_lines(self, leaves: Leaves, plain: Mapping[str, bytes] | None = None) -> list[bytes] | None:
        """Return the lines that are this learner's, in no order: steps 1 to 3."""
        values = self._values(leaves, plain)
        if values is None:
            return None
        hashes = dict(self.hashed)
        for label, lines in self.unhashed.items():
            filled = lines.fill(values)
            hashes[label] = sha256(filled if lines.ordered else _joined(_split(filled))).digest()
        if len(set(hashes.values())) != len(hashes):
            return None
        for number, label in enumerate(sorted(hashes, key=hashes.__getitem__)):
            values[label] = b"_:c14n%d" % number
        return _split(self.variable.fill(values))

    def _values(self, leaves: Leaves, plain: Mapping[str, bytes] | None) -> dict[str, bytes] | None:
        encoded = plain or {name: escape(value).encode() for name, value in leaves.items()}
        values = {key: encoded[leaf] for key, leaf in self.literals}
        for key, leaf, form in self.iris:
            if not form.match(leaves[leaf]):
                return None
            values[key] = encoded[leaf]
        return values


def _joined(lines: list[bytes]) -> bytes:
    """Step 4; the lines are sorted in runs already, and hardly ever one is there twice."""
    lines.sort()
    if any(map(eq, lines, lines[1:])):
        lines = list(dict.fromkeys(lines))
    lines.append(b"")
    return b"\n".join(lines)


def _split(text: bytes) -> list[bytes]:
    return text.split(b"\n")[:-1]


@lru_cache(maxsize=512)
def compile_shape(shape: BadgeShape) -> CompiledShape:
    """Compile the canonical form of all badges of ``shape``; raises as :func:`canonicalise` does."""
    marked = badge(shape, {name: mark(name) for name in shape.leaves})
    lines = canonicalise(marked).split("\n")[:-1]
    gaps = [line for line in lines if blank_nodes(line) or len(pieces(line)) > 1]
    variable = Lines.of(gaps)
    hashed: dict[str, bytes] = {}
    unhashed: dict[str, Lines] = {}
    for label in sorted(set().union(*(blank_nodes(line) for line in gaps))):
        seen = sorted(relabel(line, label) for line in gaps if label in blank_nodes(line))
        first_degree = Lines.in_order(seen)
        if first_degree.keys:
            unhashed[label] = first_degree
        else:
            hashed[label] = sha256(_joined([line.encode() for line in seen])).digest()
    return CompiledShape(
        contexts(shape),
        did_web(shape.issuer_url),
        tuple(sorted(line.encode() for line in set(lines) - set(gaps))),
        variable,
        hashed,
        unhashed,
        tuple((key, key[1:]) for key in sorted(set(variable.keys)) if key.startswith('"')),
        tuple((key, key[1:], _form(key, gaps)) for key in sorted(set(variable.keys)) if key.startswith("<")),
    )


def _form(key: str, lines: list[str]) -> re.Pattern[str]:
    return _WHOLE_IRI if any(f"<{mark(key[1:])}" in line for line in lines) else _PART_OF_IRI
