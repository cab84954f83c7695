"""Sites for the tests of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests.plugin.conftest import PUBLIC_URL, SECRET_KEY
from tests.plugin.web.site import Site


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Storage]:
    """A migrated SQLite database: which database it is makes no difference to a page."""
    engine = open_engine(f"sqlite:///{tmp_path / 'pages.sqlite3'}")
    upgrade(engine)
    yield Storage(engine, Vault((SECRET_KEY,)), PUBLIC_URL)
    engine.dispose()


@pytest.fixture
def site(rows: Storage) -> Site:
    """The pages, with nothing stored."""
    return Site(rows)
