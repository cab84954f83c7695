"""Reading an ELM document of anybody's making without trusting its shape.

What is expected may be missing, single or in a list, nested or named by id, or of another type altogether. Nothing here
raises on that and nothing recurses; how large and deep a document may be is for the caller to limit before parsing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeGuard

JsonObject = Mapping[str, object]
_NESTED = (dict, list)
"""What can hold more; a tuple, because a union is made anew for each of hundreds of values."""


class Found(NamedTuple):
    """A JSON object of the document: its path (``$.issuer.location[0]``), the key it hangs on and its owner's types."""

    path: str
    key: str
    owner: tuple[str, ...]
    node: JsonObject


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Tell a JSON object."""
    return isinstance(value, dict)


def as_list(value: object) -> list[object]:
    """Return a list as it is, nothing as none, anything else as a list of one: JSON-LD knows no difference."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def types_of(node: JsonObject) -> tuple[str, ...]:
    """Return the types that are strings."""
    single = node.get("type")
    if isinstance(single, str):
        return (single,)
    return tuple(type_ for type_ in as_list(node.get("type")) if isinstance(type_, str))


def identity(value: object) -> str | None:
    """Return the id that a node has or that a reference is, None for a blank node."""
    found = value.get("id") if is_object(value) else value
    return found if isinstance(found, str) else None


def nodes(document: JsonObject, skipped: frozenset[str] = frozenset()) -> Iterator[Found]:
    """Yield every JSON object, owners before what they own; nothing below the keys in ``skipped``.

    A node that repeats the first of its id on the same key word for word says nothing new and is passed over, with all
    that it owns: issuers and concepts are most of a document.
    """
    first: dict[tuple[str, tuple[str, ...], str], JsonObject] = {}
    waiting = [Found("$", "", (), document)]
    while waiting:
        found = waiting.pop()
        id_ = identity(found.node)
        known = None if id_ is None else first.setdefault((found.key, found.owner, id_), found.node)
        if known is None or known is found.node or known != found.node:
            yield found
            waiting.extend(reversed(_children(found, skipped)))


def _children(found: Found, skipped: frozenset[str]) -> list[Found]:
    owner, children = types_of(found.node), list[Found]()
    for key, value in found.node.items():
        if not isinstance(value, _NESTED) or key in skipped:
            continue
        path = f"{found.path}.{key}"
        if isinstance(value, dict):
            children.append(Found(path, key, owner, value))
        else:
            children += [Found(place, key, owner, each) for place, each in _flat(path, value) if is_object(each)]
    return children


def _flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield what lists hold, lists in lists too, with its path."""
    waiting = [(path, value)]
    while waiting:
        place, each = waiting.pop()
        if isinstance(each, list):
            waiting.extend((f"{place}[{index}]", item) for index, item in reversed(list(enumerate(each))))
        else:
            yield place, each


def contents(key: str, value: object) -> dict[str, frozenset[object]]:
    """Return the plain values below ``key`` by their places, without regard to lists and order.

    A node with an id is a plain value, its id. Places look like ``noteLiteral.en``.
    """
    if not isinstance(value, _NESTED):
        return {key: frozenset((value,))}
    found: dict[str, set[object]] = {}
    waiting: list[tuple[str, object]] = [(key, value)]
    while waiting:
        place, each = waiting.pop()
        id_ = identity(each) if is_object(each) else None
        if isinstance(each, list):
            waiting.extend((place, item) for item in each)
        elif is_object(each) and id_ is None:
            waiting.extend((f"{place}.{name}", item) for name, item in each.items())
        else:
            found.setdefault(place, set()).add(each if id_ is None else id_)
    return {place: frozenset(values) for place, values in found.items()}


class Graph:
    """A document that can be asked along its properties, through references by id too."""

    def __init__(self, document: JsonObject) -> None:
        self._root = document

    def follow(self, *path: str) -> list[object]:
        """Return all values at the end of ``path`` from the root, each once, without the empty ones."""
        values: list[object] = [self._root]
        for key in path:
            found = (each for value in values for _, each in _flat("", self._property(value, key)) if each)
            values = list({identity(each) or id(each): each for each in found}.values())
        return values

    def has(self, *path: str) -> bool:
        """Tell whether ``path`` leads to any value."""
        return self._nests(*path) or bool(self.follow(*path))

    def _nests(self, *path: str) -> bool:
        """Tell whether it does without a reference: in most documents, and then nobody needs to know what has an id."""
        values: list[object] = [self._root]
        for key in path:
            values = [each for value in values if is_object(value) for _, each in _flat("", value.get(key)) if each]
        return bool(values)

    def _property(self, value: object, key: str) -> object:
        node = self._described.get(identity(value) or "", value)
        return node.get(key) if is_object(node) else None

    @cached_property
    def _described(self) -> dict[str, JsonObject]:
        """By id the node that says most."""
        described: dict[str, JsonObject] = {}
        for found in nodes(self._root):
            id_ = identity(found.node)
            if id_ is not None and len(found.node) > len(described.get(id_, ())):
                described[id_] = found.node
        return described
