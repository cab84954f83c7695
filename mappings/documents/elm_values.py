"""Whether a single value of an ELM document is of the kind that its key demands, stricter than the shapes are.

Kinds are those of the official contexts: ``node`` (an object or its id), ``language`` (a map from language to text) and
the XML Schema datatypes by their names. A date needs an offset, for a day begins at another moment in every zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from mappings.documents.elm_graph import as_list, is_object

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_DURATION = re.compile(r"-?P(?=.)(?P<calendar>(\d+Y)?(\d+M)?)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?\Z", re.ASCII)


_OBJECTS = frozenset(("node", "language"))


class Wrong(NamedTuple):
    """A code of :class:`~mappings.documents.elm_check.ProblemCode` and a sentence."""

    code: str
    sentence: str


def value_problem(kind: str, value: object) -> Wrong | None:
    """Return what is wrong with ``value``, None for a good one and for a kind without rules."""
    check = _CHECKS.get(kind)
    if check is None:
        return None
    return check(value.get("@value", value) if is_object(value) and kind not in _OBJECTS else value)


def _date(value: object) -> Wrong | None:
    if isinstance(value, str) and _DATE.match(value) and _exists(value):
        return None
    return Wrong("date", "Not a date and time with an offset (2026-06-30T10:00:00Z).")


def _exists(date: str) -> bool:
    try:
        datetime.fromisoformat(date)
    except ValueError:
        return False
    return True


def _duration(value: object) -> Wrong | None:
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        return Wrong("duration", "Not an xsd:duration (PT125H).")
    return None


def _work(value: object) -> Wrong | None:
    """Work is counted in hours: ``P60M`` are sixty months, and no reader can tell how many hours those have."""
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is not None and found["calendar"]:
        return Wrong("duration", "An amount of work in months or years; hours are PT60H.")
    return _duration(value)


def _node(value: object) -> Wrong | None:
    ok = is_object(value) or (isinstance(value, str) and bool(value))
    return None if ok else Wrong("wrong_value", "Neither an object nor the id of one.")


def _language(value: object) -> Wrong | None:
    texts = [each for given in value.values() for each in as_list(given)] if is_object(value) else []
    if texts and all(isinstance(each, str) and each.strip() for each in texts):
        return None
    return Wrong("wrong_value", 'Not text by language ({"en": "…"}).')


def _of_type(type_: type | tuple[type, ...], sentence: str) -> Callable[[object], Wrong | None]:
    def check(value: object) -> Wrong | None:
        good = isinstance(value, type_) and (type_ is bool or not isinstance(value, bool))
        return None if good else Wrong("wrong_value", sentence)

    return check


_CHECKS: dict[str, Callable[[object], Wrong | None]] = {
    "node": _node,
    "language": _language,
    "dateTime": _date,
    "duration": _duration,
    "work": _work,
    "boolean": _of_type(bool, "Neither true nor false."),
    "string": _of_type(str, "Not a string."),
    "plain": _of_type(str, "Not a string."),
    "anyURI": _of_type(str, "Not an address."),
    "integer": _of_type(int, "Not a whole number."),
    "positiveInteger": _of_type(int, "Not a whole number."),
    "decimal": _of_type((int, float), "Not a number."),
}
