from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from plugin.errors import MigrationBlocked, SchemaMismatch
from plugin.storage import lti_tables, migrate, tables
from plugin.storage.columns import metadata
from plugin.storage.engine import open_engine
from plugin.storage.migrate import Standing, current, go_back, needed, require_current, standing, upgrade


def test_the_revisions_give_the_tables_that_the_code_knows(database_url: str) -> None:
    """Nothing was added to the tables and forgotten in a revision."""
    engine = open_engine(database_url)
    upgrade(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, metadata)
    engine.dispose()

    assert (tables.metadata, lti_tables.metadata) == (metadata, metadata)
    assert difference == []


def test_several_who_migrate_at_once_migrate_once(database_url: str) -> None:
    """Every one of them ends with the schema there."""
    engines = [open_engine(database_url) for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(upgrade, engines))

    assert [current(engine) for engine in engines] == [needed()] * 3
    for engine in engines:
        engine.dispose()


def test_an_unmigrated_database_is_refused(database_url: str) -> None:
    """The bridge does not start on a schema that it does not know, and says what to do."""
    engine = open_engine(database_url)

    with pytest.raises(SchemaMismatch, match="microcred migrate"):
        require_current(engine)

    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An empty database of each kind."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def test_a_newer_schema_is_served(engine: sa.Engine) -> None:
    """The release before goes on running while the next one has expanded the schema already."""
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999' WHERE version_num LIKE '0%'"))

    upgrade(engine)
    require_current(engine)

    assert standing(engine) is Standing.NEWER
    assert current(engine) == "9999"


def test_an_older_schema_is_refused(engine: sa.Engine) -> None:
    """The new release does not start before the schema was expanded."""
    upgrade(engine)
    go_back(engine, "0002")

    with pytest.raises(SchemaMismatch, match="revision 0002"):
        require_current(engine)

    assert standing(engine) is Standing.OLDER


def test_an_expansion_can_be_taken_back_and_done_again(engine: sa.Engine) -> None:
    """Each revision of the expand phase knows its way back."""
    upgrade(engine)
    before = set(sa.inspect(engine).get_table_names())

    go_back(engine, "0001")
    upgrade(engine)

    assert set(sa.inspect(engine).get_table_names()) == before
    assert current(engine) == needed()


def test_contracting_waits_until_it_is_asked_for(engine: sa.Engine) -> None:
    """What the release before still uses is dropped by `migrate --after` only."""
    upgrade(engine)
    with migrate._migrating(engine) as config:
        migrate.command.downgrade(config, "after@base")
    assert "used" in _columns(engine, "status_lists")

    upgrade(engine)
    kept = "used" in _columns(engine, "status_lists")
    upgrade(engine, after=True)

    assert kept
    assert "used" not in _columns(engine, "status_lists")


@pytest.mark.services
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_table_in_use_stops_the_migration_not_the_users(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that cannot have its lock gives up whole, and can be run again."""
    upgrade(engine)
    monkeypatch.setattr(migrate, "_LOCK_TIMEOUT", "100ms")
    with engine.begin() as reader:
        reader.execute(sa.text("SELECT count(*) FROM status_lists"))
        with migrate._migrating(engine) as config, pytest.raises(sa.exc.OperationalError, match="lock"):
            migrate.command.downgrade(config, "after@base")
    go_back(engine, "0003")
    with engine.begin() as reader:
        reader.execute(sa.text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(MigrationBlocked, match="run it again"):
            migrate._run(engine, migrate.EXPAND)


def _columns(engine: sa.Engine, table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(engine).get_columns(table)}
