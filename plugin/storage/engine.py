"""Connections to SQLite and PostgreSQL that behave alike.

SQLite loses updates silently when two transactions read before they write; here every writing transaction begins
with the write lock (BEGIN IMMEDIATE), waits for it, and syncs through the write-ahead log. Errors do not quote the
values of a statement: they are names and grades.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

BUSY_TIMEOUT_MS = 30_000
READ_ONLY = "microcred_read_only"
"""Execution option of a connection that only reads: it takes no write lock on SQLite."""


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; a SQLite database and its folder are made where they are missing."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        return create_engine(address, pool_pre_ping=True, pool_size=5, max_overflow=10, hide_parameters=True)
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def is_there(url: str) -> bool:
    """Tell whether there is a database to open at ``url``; whether a server answers is not asked."""
    address = make_url(url)
    return address.get_backend_name() != "sqlite" or Path(address.database or "").is_file()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Leave transactions to us and turn on what SQLite has off by default."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
