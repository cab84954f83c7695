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
from collections.abc import Callable
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
    multiply(house, 1, number)
    made, backup = timed(lambda: back_up(house.backup_tools(), folder / "backups"))
    after = write_journal(house, number + 1, number // 10)
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


def multiply(house: House, first: int, number: int) -> None:
    """Insert copies of the sealed award inside the database, in transactions that no log has to hold as a whole."""
    with house.storage.engine.begin() as connection:
        award = connection.execute(sa.select(awards.c.id).where(awards.c.state == "sealed").limit(1)).scalar_one()
        credential = connection.execute(sa.select(credentials.c.id).limit(1)).scalar_one()
    originals = {
        awards: awards.c.id == award,
        credentials: credentials.c.id == credential,
        documents: documents.c.credential_id == credential,
    }
    for start in range(first, first + number, AT_ONCE):
        counted = numbers(start, min(start + AT_ONCE, first + number))
        with house.storage.engine.begin() as connection:
            for table, original in originals.items():
                own = own_values(table, counted.c.each)
                copies = sa.select(*(own.get(column.name, column) for column in table.columns))
                copies = copies.select_from(table.join(counted, sa.true())).where(original)
                connection.execute(sa.insert(table).from_select(list(table.columns), copies))


def numbers(first: int, end: int) -> sa.CTE:
    """Return the whole numbers from ``first`` to before ``end`` as the column ``each``."""
    counting = sa.select(sa.literal(first).label("each")).cte("numbers", recursive=True)
    return counting.union_all(sa.select(counting.c.each + 1).where(counting.c.each < end - 1))


def own_values(table: sa.Table, each: sa.ColumnElement[int]) -> dict[str, sa.ColumnElement[object]]:
    """Return what a copy does not share with the sealed award: ids, learner and place."""
    award, credential, learner = (sa.literal(mark).concat(sa.cast(each, sa.Text)) for mark in ("a", "c", "copy"))
    return {
        "awards": {"id": award, "learner_id": learner},
        "credentials": {"id": credential, "award_id": award, "status_index": each + 200_000},
        "documents": {"credential_id": credential},
    }[table.name]


def write_journal(house: House, first: int, number: int) -> int:
    """Add copies that the backup does not know, and write their journal as sealing would have. Returns how many."""
    (template,) = (path for path in (house.folder / "journal").iterdir())
    said = json.loads(template.read_text())
    multiply(house, first, number)
    with house.storage.engine.connect() as connection:
        for start in range(first, first + number, A_FILE):
            part = range(start, min(start + A_FILE, first + number))
            told = said | {
                table.name: [dump_row(table, row) for row in connection.execute(sa.select(table).where(own)).mappings()]
                for table, own in (
                    (awards, awards.c.id.in_([f"a{each}" for each in part])),
                    (credentials, credentials.c.id.in_([f"c{each}" for each in part])),
                    (documents, documents.c.credential_id.in_([f"c{each}" for each in part])),
                )
            }
            (house.folder / "journal" / f"late-{start}.json").write_text(json.dumps(told))
    return number


if __name__ == "__main__":
    main()
