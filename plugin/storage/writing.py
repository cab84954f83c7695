"""What the repositories share: inserting only what is not there yet, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

Insert = postgresql.Insert | sqlite.Insert


def conflict_insert(connection: Connection, table: Table) -> Insert:
    """Return the database's own INSERT, which knows ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_if_absent(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row of plain values unless any unique key of it is taken. True where it was inserted."""
    return connection.execute(_absent(connection.dialect.name, table), dict(values)).first() is not None


@cache
def _absent(dialect: str, table: Table) -> ReturningInsert[tuple[object, ...]]:
    """Return the statement, made once: making it anew costs four times as much as executing it."""
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    # RETURNING, because drivers do not tell the row count of an INSERT alike
    return insert.on_conflict_do_nothing().returning(*table.primary_key.columns)
