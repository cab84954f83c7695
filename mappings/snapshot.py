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
from mappings.said import Said

T = TypeVar("T")
Loader = Callable[[Any], Any]
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
    Said: str,
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
    return typing.cast(Json, _dumped(value))


def load(cls: type[T], data: Mapping[str, Any]) -> T:
    """Return the value that :func:`dump` was given; raises :class:`UnreadableSnapshot`."""
    try:
        value = _loader(typing.cast(Any, cls))(data)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableSnapshot(f"this is no snapshot of {cls.__name__}: {type(error).__name__}") from error
    return typing.cast(T, value)


def _dumped(value: object) -> Any:
    cls: type = type(value)
    return _dumper(cls)(value)


@cache
def _dumper(cls: type) -> Callable[[Any], Any]:
    """Return what makes JSON of a value of ``cls``; looked up once, for values are many and their classes few."""
    if issubclass(cls, Enum):
        return lambda member: member.value
    if issubclass(cls, tuple):
        return lambda several: [_dumped(each) for each in several]
    if dataclasses.is_dataclass(cls):
        said, names = cls.__name__, tuple(field.name for field in dataclasses.fields(cls))
        return lambda value: {"is": said, **{name: _dumped(getattr(value, name)) for name in names}}
    return _DUMPED.get(cls, lambda same: same)


@cache
def _loader(hint: Any) -> Loader:
    """Return what builds a value of the type ``hint``; found out once a type, because a class has thousands of them."""
    if hasattr(hint, "__supertype__"):
        return _loader(hint.__supertype__)
    origin = typing.get_origin(hint) or hint
    if origin in (types.UnionType, typing.Union):
        return _union_loader(typing.get_args(hint))
    if origin is tuple:
        return _tuple_loader(typing.get_args(hint))
    if dataclasses.is_dataclass(origin):
        return _dataclass_loader(origin, hint)
    if isinstance(origin, type) and issubclass(origin, Enum):
        return origin
    return _LOADED.get(origin) or _leaf_loader(origin)


def _leaf_loader(kind: Any) -> Loader:
    def load_leaf(data: Any) -> Any:
        if type(data) is not kind:
            raise TypeError(f"expected {kind}")
        return data

    return load_leaf


def _tuple_loader(parts: tuple[Any, ...]) -> Loader:
    loaders = [_loader(part) for part in parts if part is not Ellipsis]

    def load_tuple(data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise TypeError("expected a list")
        if parts[-1] is Ellipsis:
            return tuple(map(loaders[0], data))
        return tuple(loader(each) for loader, each in zip(loaders, data, strict=True))

    return load_tuple


def _union_loader(members: tuple[Any, ...]) -> Loader:
    """Choose the member of a union: None by absence, a dataclass by its name, else the only other one."""
    others = [member for member in members if member is not types.NoneType]
    if len(others) == 1:
        only = _loader(others[0])
        return lambda data: None if data is None else only(data)
    named = {_name(member): _loader(member) for member in others}
    return lambda data: None if data is None else named[data["is"]](data)


def _name(hint: Any) -> str:
    return str((typing.get_origin(hint) or hint).__name__)


def _dataclass_loader(cls: Any, hint: Any) -> Loader:
    variables = dict(zip(getattr(cls, "__parameters__", ()), typing.get_args(hint), strict=False))
    loaders = {name: _loader(variables.get(each, each)) for name, each in typing.get_type_hints(cls).items()}

    def load_dataclass(data: Any) -> Any:
        if data["is"] != cls.__name__:
            raise TypeError(f"expected {cls.__name__}")
        return cls(**{name: loaders[name](value) for name, value in data.items() if name != "is"})

    return load_dataclass
