from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from plugin.errors import SchemaMismatch
from plugin.storage import lti_tables, tables
from plugin.storage.columns import metadata
from plugin.storage.engine import open_engine
from plugin.storage.migrate import current, needed, require_current, upgrade


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
