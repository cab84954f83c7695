"""Bringing the database to the schema that this code needs, in two phases and however many processes try at once.

**Expand** (``migrations/versions``) only adds, so that the code before still runs on it; it comes before the new code.
**Contract** (``migrations/after``, branch ``after``) drops what no running code uses any more; it comes when nothing of
the old release runs. A schema that is newer than this code is therefore served; an older one is refused.

The lock is taken on a connection of its own: an advisory lock on the connection that Alembic migrates with opens a
transaction that nobody commits, and the migration ends well with nothing done.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from plugin.errors import MigrationBlocked, SchemaMismatch
from plugin.storage.engine import READ_ONLY

_SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_301_984_226
_LOCK_TIMEOUT = "10s"
"""A change of a table that waits for its lock longer than this gives up, and whoever waits behind it goes on."""
EXPAND = "expand@head"
CONTRACT = "after@head"


class Standing(StrEnum):
    """How the schema of a database stands to this code."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def upgrade(engine: Engine, *, after: bool = False) -> None:
    """Expand the schema to what this code needs; with ``after``, or in an empty database, contract it too.

    A newer schema stays as it is. Raises :class:`SchemaMismatch`, :class:`MigrationBlocked`.
    """
    with _one_at_a_time(engine):
        found = standing(engine)
        if found is not Standing.NEWER:
            _run(engine, EXPAND)
            if after or found is Standing.EMPTY:
                _run(engine, CONTRACT)
    require_current(engine)


def go_back(engine: Engine, revision: str) -> None:
    """Take the expand phase back to ``revision``: what was added since is dropped with all that is in it."""
    with _one_at_a_time(engine), _migrating(engine) as config:
        command.downgrade(config, f"expand@{revision}")


def current(engine: Engine) -> str | None:
    """Return the revision that the expand phase of the database is at, None where it was never migrated."""
    return ", ".join(sorted(each for each in _revisions(engine) if each not in _contracting())) or None


def needed() -> str:
    """Return the revision of the expand phase that this code needs."""
    return str(_scripts().get_revision(EXPAND).revision)


def standing(engine: Engine) -> Standing:
    """Return how the schema stands to this code. A revision that this code does not know is a newer one."""
    there, scripts = _revisions(engine), _scripts()
    if not there:
        return Standing.EMPTY
    if needed() in there:
        return Standing.CURRENT
    known = {each.revision for each in scripts.walk_revisions()}
    return Standing.OLDER if there <= known else Standing.NEWER


def require_current(engine: Engine) -> None:
    """Raise :class:`SchemaMismatch` where the schema is older than this code needs."""
    if standing(engine) in {Standing.EMPTY, Standing.OLDER}:
        raise SchemaMismatch(
            f"the database is at revision {current(engine)}, this code needs {needed()}: run `microcred migrate`"
        )


def _run(engine: Engine, target: str) -> None:
    try:
        with _migrating(engine) as config:
            command.upgrade(config, target)
    except OperationalError as error:
        if "lock" not in str(error.orig).lower():
            raise
        raise MigrationBlocked("another transaction kept a table; nothing was changed, run it again") from None


@contextmanager
def _migrating(engine: Engine) -> Iterator[Config]:
    """Yield what Alembic works with, in one transaction: a phase is there as a whole or not at all."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        yield _config(connection)


def _revisions(engine: Engine) -> frozenset[str]:
    with engine.connect().execution_options(**{READ_ONLY: True}) as connection:
        return frozenset(MigrationContext.configure(connection).get_current_heads())


def _contracting() -> frozenset[str]:
    return frozenset(each.revision for each in _scripts().walk_revisions() if "after" in each.branch_labels)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{_SCRIPTS / 'versions'}\n{_SCRIPTS / 'after'}")
    config.attributes["connection"] = connection
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
