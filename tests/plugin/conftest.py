"""Databases for the tests of the application: SQLite always, PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from plugin.storage.unit_of_work import Storage
from plugin.storage.vault import Vault
from tests.services.postgres import Postgres, free_port, postgres

PUBLIC_URL = "https://credentials.example.org"
SECRET_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for all tests of a run."""
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    server: Postgres = request.getfixturevalue("postgres_server")
    name = f"test_{free_port()}_{abs(hash(request.node.nodeid))}"
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.url.removesuffix("/postgres") + f"/{name}"


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """A migrated database of each kind."""
    engine = open_engine(database_url)
    upgrade(engine)
    yield Storage(engine, Vault((SECRET_KEY,)), PUBLIC_URL)
    engine.dispose()


@pytest.fixture
def sqlite_storage(tmp_path: Path) -> Iterator[Storage]:
    """A migrated SQLite database, where the kind of database makes no difference."""
    engine = open_engine(f"sqlite:///{tmp_path / 'one.sqlite3'}")
    upgrade(engine)
    yield Storage(engine, Vault((SECRET_KEY,)), PUBLIC_URL)
    engine.dispose()
