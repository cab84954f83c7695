"""How everything a platform sends is checked: marshmallow schemas, told by frozen dataclasses.

A shape is written once, as a dataclass whose fields carry their marshmallow field (``Annotated``); :func:`load`
makes the schema and the value. Rules for all of them: unknown fields are ignored, a wrong type is a named error
that tells the path and never the value, identifiers are strings also where the platform uses integers, and a
``$variable`` that the platform did not expand is a missing value (Moodle and Canvas send unknown ones literally).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from lti.errors import Fault, PlatformError

T = TypeVar("T")


def _is_missing(text: str) -> bool:
    return not text.strip() or text.startswith("$")


class Identifier(fields.Field[str]):
    """An id: a text or an integer, kept as text."""

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int) or _is_missing(str(value)):
            raise ValidationError("Not an identifier.")
        return str(value).strip()


class Words(fields.Field[str]):
    """Text without surrounding blanks; an unexpanded ``$variable`` is the empty text."""

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        if not isinstance(value, str):
            raise ValidationError("Not a text.")
        return "" if _is_missing(value) else value.strip()


class EpochSeconds(fields.Field[datetime | None]):
    """Seconds since 1970, as Moodle writes times; 0 means «never»."""

    def _deserialize(self, value: object, *_: object, **__: object) -> datetime | None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Not a number of seconds.")
        try:
            return datetime.fromtimestamp(value, UTC) if value > 0 else None
        except (OverflowError, OSError, ValueError) as error:
            raise ValidationError("Not a time.") from error


class Instant(fields.Field[datetime]):
    """An ISO 8601 time with its zone, as Canvas and LTI write times, turned to UTC."""

    def _deserialize(self, value: object, *_: object, **__: object) -> datetime:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValidationError("Not a time with its zone.")
        return moment.astimezone(UTC)


class _IsThere(fields.Field[bool]):
    """Whether there is anything."""

    def _deserialize(self, value: object, *_: object, **__: object) -> bool:
        return bool(value)


class Or(fields.Field[Any]):
    """What ``inner`` reads; null and absence are ``default``, and so is a text that is as good as missing."""

    def __init__(self, inner: fields.Field[Any], default: object, *, data_key: str | None = None) -> None:
        super().__init__(load_default=default, allow_none=True, data_key=data_key)
        self._inner = inner
        self._default = default

    def deserialize(self, value: object, *_: object, **__: object) -> object:
        """Return the value or the default."""
        found = super().deserialize(value)
        return self._default if found is None else found

    def _deserialize(self, value: object, *_: object, **__: object) -> object:
        if self._default == "" and isinstance(value, str) and _is_missing(value):
            return self._default
        return self._inner.deserialize(value)


Id = Annotated[str, Identifier(required=True)]
OptionalId = Annotated[str, Or(Identifier(), "")]
Text = Annotated[str, Or(Words(), "")]
Whole = Annotated[int, fields.Integer(required=True, strict=True)]
OptionalWhole = Annotated[int | None, fields.Integer(strict=True, allow_none=True, load_default=None)]
Amount = Annotated[Decimal | None, fields.Decimal(allow_none=True, load_default=None)]
Flag = Annotated[bool, Or(fields.Boolean(), False)]
Maybe = Annotated[bool | None, fields.Boolean(allow_none=True, load_default=None)]
Epoch = Annotated[datetime | None, EpochSeconds(allow_none=True, load_default=None)]
Time = Annotated[datetime | None, Instant(allow_none=True, load_default=None)]
Texts = Annotated[tuple[str, ...], Or(fields.List(fields.String()), ())]
Cells = Annotated[tuple[object, ...], Or(fields.List(fields.Raw(allow_none=True)), ())]
"""Cells of a table, of any kind."""
Json = Annotated[str, Or(fields.String(), "")]
"""JSON inside a text, kept as it came."""


class _PlatformSchema(Schema):
    class Meta:
        """Platforms add fields with every release."""

        unknown = EXCLUDE


@cache
def _schema(shape: type) -> Schema:
    """Build the schema of a dataclass from the marshmallow fields that its annotations carry."""
    hints = get_type_hints(shape, include_extras=True)
    declared = {field.name: _field(hints[field.name]) for field in fields_of(shape)}
    return _PlatformSchema.from_dict(declared, name=shape.__name__)()


def _field(hint: Any) -> fields.Field[Any]:
    """Return the field that a type says; a dataclass, or a tuple of one, is required and nested."""
    if get_origin(hint) is Annotated:
        field: fields.Field[Any] = get_args(hint)[1]
        return field
    if get_origin(hint) is tuple:
        return fields.List(_Shape(get_args(hint)[0]), required=True)
    return _Shape(hint, required=True)


class _Shape(fields.Field[Any]):
    """A nested object, made into its dataclass."""

    def __init__(self, shape: type, *, required: bool = False) -> None:
        super().__init__(required=required)
        self._shape = shape

    def _deserialize(self, value: object, *_: object, **__: object) -> object:
        return _made(self._shape, value)


def is_there(data_key: str) -> Or:
    """Return the field for a secret: kept is whether there is one."""
    return Or(_IsThere(), False, data_key=data_key)


def part(shape: type, data_key: str | None = None) -> Or:
    """Return the field for a nested object that may be missing: then None."""
    return Or(_Shape(shape), None, data_key=data_key)


def parts(shape: type) -> Or:
    """Return the field for a list of nested objects that may be missing: then an empty one."""
    return Or(fields.List(_Shape(shape)), ())


def _made(shape: type, value: object) -> Any:
    if not isinstance(value, Mapping):
        raise ValidationError("Not an object.")
    loaded = _schema(shape).load(value)
    return shape(**{name: tuple(part) if isinstance(part, list) else part for name, part in loaded.items()})


def load(shape: type[T], answer: object, *, place: str) -> T:
    """Return ``answer`` as ``shape``; raise MALFORMED_ANSWER that names the paths that do not fit."""
    try:
        made: T = _made(shape, answer)
    except ValidationError as error:
        raise PlatformError(Fault.MALFORMED_ANSWER, place, detail=", ".join(_paths(error.messages))) from None
    return made


def load_all(shape: type[T], answer: object, *, place: str) -> tuple[T, ...]:
    """Return a list of ``shape``; raise MALFORMED_ANSWER where it is none or an entry does not fit."""
    if not isinstance(answer, list):
        raise PlatformError(Fault.MALFORMED_ANSWER, place, detail="no list")
    return tuple(load(shape, entry, place=place) for entry in answer)


def _paths(messages: object, path: str = "") -> list[str]:
    """Return where a validation failed (``gradeitems.2.cmid``), never what stood there."""
    if not isinstance(messages, Mapping):
        return [path or "the whole answer"]
    return [found for key, inner in messages.items() for found in _paths(inner, f"{path}.{key}" if path else str(key))]
