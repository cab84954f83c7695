"""What the repositories share: inserting only what is not there yet, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def conflict_insert(connection: Connection, table: Table) -> Insert:
    """Return the database's own INSERT, which knows ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_if_absent(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless any unique key of it is taken. True where it was inserted."""
    statement = conflict_insert(connection, table).values(**values).on_conflict_do_nothing()
    # RETURNING, because drivers do not tell the row count of an INSERT alike
    return connection.execute(statement.returning(*table.primary_key.columns)).first() is not None
