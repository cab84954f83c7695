"""Dumping a database while it is in use, as one moment of it, and loading the dump into an empty one.

SQLite by its own backup interface (a copy of the file would miss what is still in the write-ahead log), PostgreSQL by
``pg_dump`` and ``pg_restore``, which must be at least as new as the server.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, func, inspect, select, text

from plugin.errors import BackupFailed
from plugin.storage.columns import metadata

Counts = Mapping[str, int]
"""Rows by table."""


def dump(engine: Engine, target: Path) -> Counts:
    """Write the database to ``target`` and return what is in it. Raises :class:`BackupFailed`."""
    if engine.dialect.name == "postgresql":
        return _dump_postgresql(engine, target)
    with closing(sqlite3.connect(str(engine.url.database))) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        return {table: copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _tables()}  # noqa: S608


def load(engine: Engine, source: Path) -> None:
    """Load a dump into the empty database of ``engine``. Raises :class:`BackupFailed`."""
    if engine.dialect.name == "postgresql":
        _run("pg_restore", engine.url, ["--exit-on-error", "--no-owner", "--single-transaction", str(source)])
        return
    engine.dispose()  # whoever looked whether it is empty has it open
    reading, target = f"{source.absolute().as_uri()}?mode=ro", str(engine.url.database)
    with closing(sqlite3.connect(reading, uri=True)) as copy, closing(sqlite3.connect(target)) as database:
        database.execute("PRAGMA journal_mode=DELETE")  # by way of a write-ahead log all of it would be written twice
        copy.backup(database)


def is_empty(engine: Engine) -> bool:
    """Whether the database has no table at all."""
    return not inspect(engine).get_table_names()


def counted(connection: Connection) -> Counts:
    """Return how many rows each table has, for this transaction."""
    tables = (metadata.tables[name] for name in _tables())
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


def _tables() -> Iterable[str]:
    return sorted(metadata.tables)


def _dump_postgresql(engine: Engine, target: Path) -> Counts:
    """Count and dump in the same snapshot, or the manifest would say something else than the dump."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        counts = counted(connection)
        _run(
            "pg_dump",
            engine.url,
            ["--format=custom", "--compress=1", f"--snapshot={snapshot}", "--no-owner", f"--file={target}"],
        )
    return counts


def _run(program: str, url: URL, arguments: list[str]) -> None:
    """Run a program of PostgreSQL; the password goes by the environment, where no list of processes shows it."""
    if (path := shutil.which(program)) is None:
        raise BackupFailed(f"{program} is not installed (Debian: postgresql-client)")
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {"PGPASSWORD": url.password or "", "PATH": str(Path(path).parent), "LC_ALL": "C"}
    command = [path, f"--dbname={address}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupFailed(f"{program}: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
