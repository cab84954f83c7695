"""Houses on each kind of database, and a second, empty database to restore into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.plugin.safekeeping.house import House, OpenHouse, a_house


@pytest.fixture
def empty_url(database_url: str) -> str:
    """Another database of the same kind, with nothing in it."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return f"{database_url}.restored"
    name = f"{url.database}_restored"
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def open_house(database_url: str, tmp_path: Path) -> Iterator[OpenHouse]:
    """Return what opens a house for so many learners."""
    houses: list[House] = []

    def open_(learners: int) -> House:
        houses.append(a_house(database_url, tmp_path / "data", learners))
        return houses[-1]

    yield open_
    for storage in (storage for house in houses for storage in house.opened):
        storage.engine.dispose()
