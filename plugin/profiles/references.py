"""References inside a course profile that hold or not, found in input that may have any shape.

They are looked for in what was written, not in what was read, so that they are told beside every other problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from marshmallow import ValidationError

Path: TypeAlias = tuple[str | int, ...]
"""Names and list positions that lead to a field."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A reference that does not hold: where, and why."""

    path: Path
    sentence: str


@dataclass(frozen=True, slots=True)
class _Mention:
    path: Path
    activity: str


def undeclared(original: Any) -> Iterator[Broken]:
    """Yield every mention of an assessment that is not declared."""
    declared = {each.get("activity") for each in _parts(original, "assessments")}
    for mention in _mentions(original):
        if mention.activity not in declared:
            yield Broken(mention.path, "This activity is not declared under assessments.")


def repeated(original: Any) -> Iterator[Broken]:
    """Yield every assessment and outcome that was declared before."""
    for name, key in (("assessments", "activity"), ("outcomes", "id")):
        seen: set[str] = set()
        for index, part in enumerate(_parts(original, name)):
            if isinstance(value := part.get(key), str):
                if value in seen:
                    yield Broken((name, index, key), "This is declared twice.")
                seen.add(value)


def refuse_all(broken: Iterable[Broken]) -> None:
    """Refuse with each sentence at its path, in marshmallow's nested form."""
    errors: dict[str | int, Any] = {}
    for each in broken:
        below = errors
        for step in each.path[:-1]:
            below = below.setdefault(step, {})
        below[each.path[-1]] = [each.sentence]
    if errors:
        raise ValidationError(cast("dict[str, Any]", errors))


def _mentions(original: Any) -> Iterator[_Mention]:
    for index, outcome in enumerate(_parts(original, "outcomes")):
        yield from _listed(outcome.get("proven_by"), "assessments", ("outcomes", index, "proven_by"))
    rule = original.get("rule") if isinstance(original, Mapping) else None
    yield from _listed(rule, "required", ("rule",))
    for index, declaration in enumerate(_parts(original, "supervision")):
        if isinstance(activity := declaration.get("activity"), str):
            yield _Mention(("supervision", index, "activity"), activity)


def _listed(data: Any, name: str, path: Path) -> Iterator[_Mention]:
    listed = data.get(name) if isinstance(data, Mapping) else None
    for index, activity in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(activity, str):
            yield _Mention((*path, name, index), activity)


def _parts(data: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list; anything else in it becomes an empty object, anything else an empty list."""
    listed = data.get(name) if isinstance(data, Mapping) else None
    return [each if isinstance(each, Mapping) else {} for each in listed] if isinstance(listed, list) else []
