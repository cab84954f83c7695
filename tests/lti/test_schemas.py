"""What comes from a platform is checked before anything sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import pytest

from lti.errors import Fault, PlatformError
from lti.schemas import Amount, Epoch, Flag, Id, Maybe, OptionalId, OptionalWhole, Text, Time, is_there, load, part


@dataclass(frozen=True, slots=True)
class Inner:
    """A nested object."""

    id: Id


@dataclass(frozen=True, slots=True)
class Shape:
    """One field of each kind."""

    id: Id
    inner: tuple[Inner, ...]
    name: Text
    number: OptionalId
    count: OptionalWhole
    amount: Amount
    flag: Flag
    verdict: Maybe
    epoch: Epoch
    time: Time
    inside: Annotated[Inner | None, part(Inner)]
    secret: Annotated[bool, is_there("password")]


LEAST = {"id": 1, "inner": []}


def read(**fields: object) -> Shape:
    """Load the shape with these fields beside the required ones."""
    return load(Shape, {**LEAST, **fields}, place="here")


def test_what_is_not_required_may_be_missing_or_null() -> None:
    """With a value that says so."""
    names = ("name", "number", "count", "flag", "amount", "verdict", "epoch", "time", "inside")
    missing = read()

    assert (missing.name, missing.number, missing.count, missing.amount) == ("", "", None, None)
    assert (missing.flag, missing.verdict, missing.epoch, missing.time) == (False, None, None, None)
    assert (missing.inside, missing.secret) == (None, False)
    assert read(**dict.fromkeys(names)) == missing


@pytest.mark.parametrize(
    ("sent", "kept"), [(7, "7"), ("7", "7"), (" 7 ", "7"), (21070000000000565, "21070000000000565")]
)
def test_an_id_is_a_text(sent: object, kept: str) -> None:
    """Also where the platform writes a number, however large."""
    assert read(id=sent).id == kept


@pytest.mark.parametrize("value", ["", " ", "$User.id", "$Foo.bar"])
def test_an_unexpanded_variable_is_a_missing_value(value: str) -> None:
    """Empty where it may be missing, an error where it must not."""
    assert (read(number=value).number, read(name=value).name) == ("", "")
    with pytest.raises(PlatformError):
        read(id=value)


def test_times_are_utc() -> None:
    """From seconds and from ISO 8601 with its zone; Moodle's 0 is «never»."""
    assert read(epoch=1795436305).epoch == datetime(2026, 11, 23, 12, 18, 25, tzinfo=UTC)
    assert read(epoch=0).epoch is None
    assert read(time="2026-04-01T23:59:00-06:00").time == datetime(2026, 4, 2, 5, 59, tzinfo=UTC)


def test_numbers_are_exact() -> None:
    """As Decimal."""
    assert read(amount=Decimal("13.10")).amount == Decimal("13.10")


@pytest.mark.parametrize(("password", "there"), [("exam-secret", True), ("", False), (None, False)])
def test_of_a_secret_only_its_presence_is_kept(password: str | None, there: bool) -> None:
    """The value is nowhere."""
    shape = read(password=password)

    assert shape.secret is there
    assert "exam-secret" not in repr(shape)


def test_unknown_fields_are_ignored() -> None:
    """Platforms add fields with every release."""
    assert read(invented_later={"a": 1}) == read()


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("id", True, "id"),
        ("id", 1.5, "id"),
        ("id", None, "id"),
        ("inner", None, "inner"),
        ("inner", {}, "inner"),
        ("inner", [{"id": 1}, {}], "inner.1.id"),
        ("inner", [{"id": 1}, "x"], "inner.1"),
        ("name", 5, "name"),
        ("count", "5", "count"),
        ("amount", "much", "amount"),
        ("amount", True, "amount"),
        ("flag", "perhaps", "flag"),
        ("epoch", "soon", "epoch"),
        ("epoch", 10**20, "epoch"),
        ("time", "2026-04-01T23:59:00", "time"),
        ("time", "yesterday", "time"),
        ("time", 1795436305, "time"),
        ("inside", [], "inside"),
    ],
)
def test_a_wrong_type_is_named_by_its_path(field: str, value: object, path: str) -> None:
    """And never by its value."""
    with pytest.raises(PlatformError) as raised:
        read(**{field: value})

    assert raised.value.fault is Fault.MALFORMED_ANSWER
    assert str(raised.value) == f"malformed_answer at here ({path})"


def test_all_wrong_paths_are_named_at_once() -> None:
    """So that one look is enough."""
    with pytest.raises(PlatformError) as raised:
        read(id=None, count="x")

    assert str(raised.value) == "malformed_answer at here (id, count)"
