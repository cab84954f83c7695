"""YAML and JSON as nested mappings and lists of strings: what a person wrote, before anybody guesses what it means.

Plain YAML turns ``no`` into False, ``62.10`` into a float and ``2026-09-01`` into a date. Here every scalar stays
the text that was written; the schemas say what it is. Repeated names and YAML aliases are refused: the first hide
half of what was written, the second let a small file grow without bound.
"""

from __future__ import annotations

import json
from typing import Any, Final

import yaml

_LIMIT: Final = 1_000_000
"""Characters of a profile, logo included."""


class Unreadable(ValueError):
    """The text is neither YAML nor JSON, or hides something; ``str()`` says where."""


class _Loader(yaml.SafeLoader):
    """YAML whose scalars stay text, without aliases and repeated names."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases."""
        if self.check_event(yaml.AliasEvent):
            raise Unreadable("Aliases (*name) are not accepted: write the value again.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a name that is given twice."""
        names = [key.value for key, _ in node.value]
        if repeated := sorted({str(name) for name in names if names.count(name) > 1}):
            raise Unreadable(f"Line {node.start_mark.line + 1}: given twice: {', '.join(repeated)}.")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> object:
    """Return what the text says, scalars as strings; raises :class:`Unreadable`."""
    if len(text) > _LIMIT:
        raise Unreadable(f"A profile has at most {_LIMIT} characters.")
    return _from_json(text) if text.lstrip().startswith("{") else _from_yaml(text)


def _from_json(text: str) -> object:
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_named_once)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(f"This is no JSON: {error}.") from error


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise Unreadable(f"Given twice: {', '.join(repeated)}.")
    return dict(pairs)


def _from_yaml(text: str) -> object:
    try:
        return _Loader(text).get_single_data()
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(f"This is no YAML: {error}.") from error
