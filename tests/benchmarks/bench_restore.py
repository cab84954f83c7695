"""How long a backup and its restore take: ``python -m tests.benchmarks.bench_restore [--awards 100000]``.

The rows of one really sealed award are multiplied in the database, so that sealing costs nothing: each copy has ids, a
learner and a place of its own, and the same 60 kB of document. What is measured is real: dumping, hashing, loading, and
reconciling with the journal of a tenth of the awards, sealed after the backup, forty a file as the worker writes them.
On SQLite, then on PostgreSQL. 100,000 awards need 25 GB of disk below ``--folder``, one database at a time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TypeVar

import sqlalchemy as sa

from plugin.logs import configure_logs
from plugin.safekeeping.backing_up import back_up
from plugin.safekeeping.restoring import restore
from plugin.storage.row_json import dump_row
from plugin.storage.tables import awards, credentials, documents
from tests.plugin.safekeeping.house import House, a_house
from tests.services.postgres import postgres

T = TypeVar("T")
AT_ONCE = 2_000
A_FILE = 40
"""Credentials in a file of the journal: what one transaction of the worker seals."""


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_restore", description=main.__doc__)
    parser.add_argument("--awards", type=int, default=100_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"], default="")
    parser.add_argument("--folder", type=Path, default=None, help="Where there is room; default: the temporary folder.")
    asked = parser.parse_args()
    configure_logs("ERROR")
    if asked.only != "postgresql":
        with TemporaryDirectory(dir=asked.folder) as name:
            one, two = (f"sqlite:///{name}/{each}.sqlite3" for each in ("one", "two"))
            measure(one, two, Path(name) / "house", asked.awards)
    if asked.only != "sqlite":
        measure_postgresql(asked.folder, asked.awards)


def measure_postgresql(parent: Path | None, number: int) -> None:
    """Measure on a server of our own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir=parent)))
        server = stack.enter_context(postgres(parent or Path(gettempdir())))  # not in memory, it is too much
        engine = sa.create_engine(server.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text("CREATE DATABASE restored"))
        engine.dispose()
        measure(server.url, server.url.removesuffix("/postgres") + "/restored", folder / "p", number)


def measure(url: str, empty: str, folder: Path, number: int) -> None:
    """Fill one database, back it up, and restore it into the other one."""
    house = a_house(url, folder, 1)
    house.issue({0})
    multiply(house, number)
    made, backup = timed(lambda: back_up(house.backup_tools(), folder / "backups"))
    after = write_journal(house, number // 10)
    restored = house.on(empty)
    taken, found = timed(lambda: restore(restored.reconciling_tools(), backup, "bench"))
    size = sum(path.stat().st_size for path in backup.rglob("*") if path.is_file()) / 1e6
    dialect = restored.storage.engine.dialect.name
    print(
        f"{dialect}: {number} awards, backup {made} ({size:.0f} MB), "
        f"restore {taken} with {found.sealed} of {after} sealed after it taken over",
        flush=True,
    )
    for storage in house.opened:
        storage.engine.dispose()


def timed(do: Callable[[], T]) -> tuple[str, T]:
    """Return how long something took, and what it returned."""
    began, worked = time.perf_counter(), time.process_time()
    result = do()
    took, worked = time.perf_counter() - began, time.process_time() - worked
    return f"{took:.1f} s, of it {worked:.1f} s of this process's CPU", result


def multiply(house: House, number: int) -> None:
    """Insert copies of the sealed award, in transactions that no log has to hold as a whole."""
    with house.storage.engine.connect() as connection:
        for rows in copies(connection, number, AT_ONCE):
            for table, several in rows.items():
                connection.execute(sa.insert(house_table(table)), several)
            connection.commit()


def write_journal(house: House, number: int) -> int:
    """Write the journal of awards that the backup does not know, as sealing would have."""
    written = 0
    with house.storage.engine.connect() as connection:
        (template,) = (path for path in (house.folder / "journal").iterdir())
        said = json.loads(template.read_text())
        for rows in copies(connection, number, A_FILE, mark="late"):
            told = {name: [dump_row(house_table(name), row) for row in several] for name, several in rows.items()}
            written += len(told["credentials"])
            (house.folder / "journal" / f"late-{written}.json").write_text(json.dumps({**said, **told}))
    return written


def copies(
    connection: sa.Connection, number: int, at_once: int, mark: str = "copy"
) -> Iterator[dict[str, list[dict[str, object]]]]:
    """Yield so many copies of the sealed award, in parts, with ids and places of their own."""
    award = dict(connection.execute(sa.select(awards).limit(1)).mappings().one())
    credential = dict(connection.execute(sa.select(credentials).limit(1)).mappings().one())
    document = dict(connection.execute(sa.select(documents).limit(1)).mappings().one())
    first = 1 if mark == "copy" else 1_000_000
    for start in range(first, first + number, at_once):
        part = range(start, min(start + at_once, first + number))
        yield {
            "awards": [award | {"id": f"a{each}", "learner_id": f"{mark}{each}"} for each in part],
            "credentials": [
                credential | {"id": f"c{each}", "award_id": f"a{each}", "status_index": 200_000 + each} for each in part
            ],
            "documents": [document | {"credential_id": f"c{each}"} for each in part],
        }


def house_table(name: str) -> sa.Table:
    """Return a table by its name."""
    return {"awards": awards, "credentials": credentials, "documents": documents}[name]


if __name__ == "__main__":
    main()
