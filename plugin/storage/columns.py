"""What every table is made of: names of constraints, UTC times, JSON and text keys, alike on both databases.

Times are aware UTC, JSON is what :mod:`mappings.snapshot` dumps, ids are text. Every constraint has a name, so
that SQLite and PostgreSQL migrate alike.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Index, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy import text as sql_text
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would be read back as another one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Say that it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Locked(LargeBinary):
    """What only the vault opens. Every column of this type is encrypted anew when the key changes."""

    cache_ok = True


def locked(name: str, *, null: bool = True) -> Column[bytes]:
    """Return a column of what the vault locked."""
    return Column(name, Locked, nullable=null)


def text(name: str, *, null: bool = False, default: str | None = None) -> Column[str]:
    """Return a column of text of any length."""
    return Column(name, Text, nullable=null, server_default=default)


def partial_index(name: str, column: str, *, where: str) -> Index:
    """Return an index of some rows of its table."""
    return Index(name, column, sqlite_where=sql_text(where), postgresql_where=sql_text(where))


def key(name: str) -> Column[str]:
    """Return a column of an id."""
    return Column(name, String(255), nullable=False)


def moment(name: str, *, null: bool = False) -> Column[datetime]:
    """Return a column of a time."""
    return Column(name, Moment, nullable=null)


def number(name: str, default: int | None = None) -> Column[int]:
    """Return a column of a whole number."""
    return Column(name, Integer, nullable=False, server_default=None if default is None else str(default))


def json_value(name: str) -> Column[Any]:
    """Return a column of JSON."""
    return Column(name, JSON, nullable=False)
