"""Values of ``mappings/`` as JSON and back, without loss: what is stored beside an award, and sent to nobody.

Every dataclass becomes an object with its class name under ``"is"``; decimals, times and bytes become text. A field
that was added later is filled with its default when an older snapshot is loaded; a field or class that is not known
is refused.
"""

from __future__ import annotations

import base64
import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from mappings.errors import InvalidValue

T = TypeVar("T")
Json = dict[str, Any]
"""A JSON object. Its leaves are untyped by nature: :func:`load` checks them against the class it is asked for."""


class UnreadableSnapshot(InvalidValue):
    """A stored value does not have the shape of the class that it is loaded as."""

    code = "unreadable_snapshot"


_DUMPED: dict[type, Callable[[Any], Any]] = {
    Decimal: str,
    datetime: datetime.isoformat,
    timedelta: lambda span: [span.days, span.seconds, span.microseconds],
    bytes: lambda data: base64.b64encode(data).decode("ascii"),
}
_LOADED: dict[type, Callable[[Any], Any]] = {
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    timedelta: lambda parts: timedelta(*parts),
    bytes: lambda text: base64.b64decode(text, validate=True),
}


def dump(value: object) -> Json:
    """Return a JSON object with everything that a dataclass of ``mappings/`` holds."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        raise InvalidValue("only values of mappings/ are stored")
    fields = {field.name: _dumped(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return {"is": type(value).__name__, **fields}


def load(cls: type[T], data: Mapping[str, Any]) -> T:
    """Return the value that :func:`dump` was given; raises :class:`UnreadableSnapshot`."""
    try:
        value = _loaded(cls, data)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableSnapshot(f"this is no snapshot of {cls.__name__}: {type(error).__name__}") from error
    return typing.cast(T, value)


def _dumped(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_dumped(each) for each in value]
    if dataclasses.is_dataclass(value):
        return dump(value)
    return _DUMPED.get(type(value), lambda same: same)(value)


def _loaded(hint: Any, data: Any) -> Any:
    """Build the value that the type ``hint`` describes."""
    if hasattr(hint, "__supertype__"):
        return _loaded(hint.__supertype__, data)
    origin = typing.get_origin(hint) or hint
    if origin in (types.UnionType, typing.Union):
        return _loaded(_member(typing.get_args(hint), data), data)
    if origin is tuple:
        return _loaded_tuple(typing.get_args(hint), data)
    if dataclasses.is_dataclass(origin):
        return _loaded_dataclass(origin, hint, data)
    if isinstance(origin, type) and issubclass(origin, Enum):
        return origin(data)
    return _loaded_leaf(origin, data)


def _loaded_leaf(kind: Any, data: Any) -> Any:
    if kind in _LOADED:
        return _LOADED[kind](data)
    if type(data) is not kind:
        raise TypeError(f"expected {kind}")
    return data


def _loaded_tuple(parts: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise TypeError("expected a list")
    if parts[-1] is Ellipsis:
        return tuple(_loaded(parts[0], each) for each in data)
    return tuple(_loaded(part, each) for part, each in zip(parts, data, strict=True))


def _member(members: tuple[Any, ...], data: Any) -> Any:
    """Choose the member of a union: None by absence, a dataclass by its name, else the only other one."""
    if data is None:
        return types.NoneType
    others = [member for member in members if member is not types.NoneType]
    if len(others) == 1:
        return others[0]
    return {_name(member): member for member in others}[data["is"]]


def _name(hint: Any) -> str:
    return str((typing.get_origin(hint) or hint).__name__)


def _loaded_dataclass(cls: Any, hint: Any, data: Any) -> Any:
    if data["is"] != cls.__name__:
        raise TypeError(f"expected {cls.__name__}")
    given = {name: value for name, value in data.items() if name != "is"}
    variables = dict(zip(getattr(cls, "__parameters__", ()), typing.get_args(hint), strict=False))
    hints = _hints(cls)
    return cls(**{name: _loaded(variables.get(hints[name], hints[name]), value) for name, value in given.items()})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)
