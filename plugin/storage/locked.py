"""All that the vault locked, wherever it lies: found by the type of its column, encrypted anew row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, select, update

from plugin.storage.columns import Locked, metadata
from plugin.storage.unit_of_work import Storage


@dataclass(frozen=True, slots=True)
class Place:
    """One locked value: a column and the primary key of its row. ``token`` is what lies there, still locked."""

    column: Column[Any]
    row: tuple[object, ...]
    token: bytes = field(repr=False)


def locked_columns() -> tuple[Column[Any], ...]:
    """Return every column that only the vault opens."""
    return tuple(
        column for table in metadata.sorted_tables for column in table.columns if isinstance(column.type, Locked)
    )


def places(storage: Storage) -> Iterator[Place]:
    """Yield every locked value."""
    for column in locked_columns():
        query = select(*column.table.primary_key.columns, column).where(column.is_not(None))
        with storage.read() as connection:
            rows = connection.execute(query).all()
        for *row, token in rows:
            yield Place(column, tuple(row), token)


def renew(storage: Storage, place: Place) -> bool:
    """Lock a value anew with the first key. False where somebody else has replaced it meanwhile.

    Raises :class:`plugin.errors.InvalidSettings` where no key opens it.
    """
    keys = zip(place.column.table.primary_key.columns, place.row, strict=True)
    same = (*(column == value for column, value in keys), place.column == place.token)
    change = update(place.column.table).where(*same).values({place.column: storage.vault.renew(place.token)})
    with storage.engine.begin() as connection:
        return connection.execute(change).rowcount == 1
