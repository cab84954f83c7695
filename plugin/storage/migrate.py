"""Bringing the database to the schema that this code needs, however many processes try at once.

The lock is taken on a connection of its own: an advisory lock on the connection that Alembic migrates with opens a
transaction that nobody commits, and the migration ends well with nothing done.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from plugin.errors import SchemaMismatch

_SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_301_984_226


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema. Raises :class:`SchemaMismatch` where it is not there afterwards."""
    with _one_at_a_time(engine), engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    require_current(engine)


def current(engine: Engine) -> str | None:
    """Return the revision of the database, None where it was never migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def needed() -> str | None:
    """Return the revision that this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def require_current(engine: Engine) -> None:
    """Raise :class:`SchemaMismatch` unless the database is where this code needs it."""
    there, wanted = current(engine), needed()
    if there != wanted:
        raise SchemaMismatch(f"the database is at revision {there}, this code needs {wanted}: run `microcred migrate`")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
        return
    with Path(f"{engine.url.database}.migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
