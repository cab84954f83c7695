"""Fields of the profile schemas: what a person writes, as the values of ``mappings/``.

Whatever cannot be read is told as a sentence that says how to write it.
"""

from __future__ import annotations

import base64
import binascii
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn, TypeVar

from marshmallow import ValidationError, fields, validate

from mappings.errors import MappingError
from mappings.text import Text, clean
from mappings.vocabularies.languages import language_term
from mappings.vocabularies.terms import Term, search, term

V = TypeVar("V")
_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_DIGITS: Final = 5
_LOGO_LIMIT: Final = 200_000
"""Bytes. The logo travels in every credential."""

REQUIRED: Final[dict[str, str | list[Any] | dict[Any, Any]]] = {
    "required": "This is required.",
    "null": "This is required.",
}


def refuse(sentence: str) -> NoReturn:
    """Refuse a value with a sentence for the one who wrote it."""
    raise ValidationError(sentence)


def checked(make: Callable[[], V]) -> V:
    """Build a value of ``mappings/``; what it refuses becomes a problem of the input."""
    try:
        return make()
    except MappingError as error:
        raise ValidationError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


class Written(fields.Field[V]):
    """Something that a person wrote: a subclass reads it or refuses it with a sentence."""

    default_error_messages = REQUIRED

    @abstractmethod
    def _read(self, value: object) -> V:
        """Return the value; raises ValidationError."""

    def _write(self, value: V) -> object:
        """Return what a person would have written."""
        return value

    def _deserialize(
        self,
        value: object,
        attr: str | None,  # noqa: ARG002  marshmallow names it
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> V:
        return self._read(value)

    def _serialize(
        self,
        value: V | None,
        attr: str | None,  # noqa: ARG002  marshmallow names it
        obj: Any,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> object:
        return None if value is None else self._write(value)


class Words(Written[str]):
    """One line or paragraph of text, not empty."""

    def _read(self, value: object) -> str:
        if not isinstance(value, str):
            refuse("Write text here.")
        return checked(lambda: clean(value))


class Name(Words):
    """An identifier that is used in documents and addresses: letters, digits and ``. _ : -``."""

    def __init__(self, **kwargs: Any) -> None:
        sentence = "Use 1 to 64 letters, digits, full stops, underscores, colons and hyphens."
        super().__init__(validate=validate.Regexp(r"[A-Za-z0-9._:-]{1,64}\Z", error=sentence), **kwargs)


def _spoken(tag: object) -> str:
    """Return a language tag that the EU table of languages knows; documents could not name another."""
    if not isinstance(tag, str) or not _TAG.match(tag):
        refuse(f"Write a language by its tag, as en or nl; {tag!r} is none.")
    checked(lambda: language_term(tag))
    return tag


class LanguageTag(Written[str]):
    """A language by its BCP 47 tag: ``en``, ``nl``, ``en-GB``."""

    def _read(self, value: object) -> str:
        return _spoken(str(value))


class LanguageText(Written[Text]):
    """Text by language: ``{en: Data analysis, nl: Gegevensanalyse}``."""

    def _read(self, value: object) -> Text:
        if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
            refuse("Write it by language, as {en: …}.")
        return checked(lambda: Text.of({_spoken(tag): text for tag, text in value.items()}))

    def _write(self, value: Text) -> object:
        return value.as_map()


class TermOf(Written[Term]):
    """A concept of one EU list, by code, IRI or English label."""

    def __init__(self, list_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.list_name = list_name

    def _read(self, value: object) -> Term:
        if not isinstance(value, str):
            refuse(f"Write a concept of the EU list {self.list_name}, by code, IRI or English label.")
        wanted = value.strip()
        labelled = [each for each in search(self.list_name, wanted) if each.label.casefold() == wanted.casefold()]
        if len(labelled) > 1:
            refuse(f"Several concepts are called so; write the code: {', '.join(each.code for each in labelled)}.")
        return labelled[0] if labelled else checked(lambda: term(self.list_name, wanted))

    def _write(self, value: Term) -> object:
        return value.code


class Moment(Written[datetime]):
    """A date (its beginning in UTC) or a time with its zone, in ISO 8601."""

    def _read(self, value: object) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            refuse("Write a date as 2026-09-01 or a time with its zone as 2026-09-01T08:00:00+02:00.")
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if "T" in str(value) or ":" in str(value):
            refuse("Say in which time zone this is, as in 2026-09-01T08:00:00+02:00.")
        return moment.replace(tzinfo=UTC)

    def _write(self, value: datetime) -> object:
        return value.isoformat()


class Hours(Written[timedelta]):
    """A span in whole hours, from 0."""

    def _read(self, value: object) -> timedelta:
        if not str(value).isdecimal() or len(str(value)) > _DIGITS:
            refuse("Write whole hours, from 0.")
        return timedelta(hours=int(str(value)))

    def _write(self, value: timedelta) -> object:
        return str(value // timedelta(hours=1))


class Logo(Written[bytes]):
    """A PNG image in base64."""

    def _read(self, value: object) -> bytes:
        try:
            image = base64.b64decode("".join(str(value).split()), validate=True)
        except (binascii.Error, ValueError):
            refuse("Write the image in base64.")
        if not image.startswith(_PNG):
            refuse("The logo must be a PNG image.")
        if len(image) > _LOGO_LIMIT:
            refuse(f"The logo must not be larger than {_LOGO_LIMIT} bytes.")
        return image

    def _write(self, value: bytes) -> object:
        return base64.b64encode(value).decode("ascii")


def amount(*, above: int | None = None, **kwargs: Any) -> fields.Decimal:
    """Return a field for a number; ``above`` is a bound that it must exceed."""
    bounds = [] if above is None else [validate.Range(min=above, min_inclusive=False, error=f"Must be above {above}.")]
    return fields.Decimal(validate=bounds, as_string=True, **kwargs)


def web_address(**kwargs: Any) -> fields.Url:
    """Return a field for an absolute http(s) address, also one inside a campus."""
    return fields.Url(schemes={"http", "https"}, require_tld=False, **kwargs)
