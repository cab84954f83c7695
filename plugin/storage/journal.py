"""The journal: what was sealed, ended or told, written down outside of the database before it counts.

One file per transaction: a draft, synced to disk right before the commit and confirmed right after it. A draft that is
left over is of a commit that failed or of a process that was killed: nobody knows whether it counts.
A database that is restored from an older backup learns from the journal which credentials are out in the world
(:mod:`plugin.reconciling`). It holds what the database holds and is protected alike: only its owner can read it.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, select, tuple_

from plugin.errors import JournalUnreadable, JournalUnwritable
from plugin.storage.notice_tables import hand_overs
from plugin.storage.row_json import dump_row, load_row
from plugin.storage.tables import (
    awards,
    credentials,
    documents,
    erasures,
    issuers,
    offers,
    platforms,
    profiles,
    status_lists,
)

TABLES = (platforms, issuers, profiles, offers, awards, status_lists, credentials, documents, hand_overs, erasures)
"""What a file may hold, in the order in which it can be inserted."""
Rows = Mapping[str, list[dict[str, Any]]]
"""Rows by the name of their table."""
_NO_ROWS: dict[str, list[dict[str, Any]]] = {table.name: [] for table in TABLES}


DRAFT, CONFIRMED = ".draft", ".json"


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds; ``confirmed`` False where nobody knows whether its transaction was committed."""

    rows: Rows
    confirmed: bool


class Notes:
    """What one transaction has to write down."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._credentials: set[str] = set()
        self._sealed: set[str] = set()
        self._kept: list[Mapping[str, Any]] = []
        self._hand_overs: set[tuple[str, str, str]] = set()
        self._erased: set[str] = set()

    def kept(self, document: Mapping[str, Any]) -> None:
        """Write down a document that was inserted just now, and that the database has as it was handed over."""
        self._kept.append(document)
        self._credentials.add(document["credential_id"])

    def sealed(self, credential_id: str) -> None:
        """Write down the documents of a credential, whoever kept them."""
        self._sealed.add(credential_id)
        self._credentials.add(credential_id)

    def ended(self, credential_id: str) -> None:
        """Write down that a credential was revoked or superseded."""
        self._credentials.add(credential_id)

    def told(self, credential_id: str, notice: str, channel: str) -> None:
        """Write down that the right to tell somebody was taken."""
        self._hand_overs.add((credential_id, notice, channel))

    def erased(self, digest: str) -> None:
        """Write down that a person was erased."""
        self._erased.add(digest)

    def rows(self) -> Rows:
        """Return everything noted, as the transaction leaves it; nothing where nothing was."""
        if not (self._credentials or self._hand_overs or self._erased):
            return {}
        rows = {str(table.name): self._rows(table, which) for table, which in self._chosen()}
        rows["documents"] += [
            dump_row(documents, row) for row in self._kept if row["credential_id"] not in self._sealed
        ]
        return rows

    def _chosen(self) -> Iterator[tuple[Table, ColumnElement[bool]]]:
        """Yield which rows say it, with all that they refer to."""
        mine = credentials.c.id.in_(self._credentials)
        award = awards.c.id.in_(select(credentials.c.award_id).where(mine))
        offer = offers.c.id.in_(select(awards.c.offer_id).where(award))
        yield platforms, platforms.c.id.in_(select(offers.c.platform_id).where(offer))
        issuer = select(offers.c.issuer_id, offers.c.issuer_version).where(offer)
        yield issuers, tuple_(issuers.c.id, issuers.c.version).in_(issuer)
        profile = select(offers.c.profile_id, offers.c.profile_version).where(offer)
        yield profiles, tuple_(profiles.c.id, profiles.c.version).in_(profile)
        yield offers, offer
        yield awards, award
        yield status_lists, status_lists.c.id.in_(select(credentials.c.status_list_id).where(mine))
        yield credentials, mine
        yield documents, documents.c.credential_id.in_(self._sealed)
        told = tuple_(hand_overs.c.credential_id, hand_overs.c.notice, hand_overs.c.channel)
        yield hand_overs, told.in_(self._hand_overs)
        yield erasures, erasures.c.digest.in_(self._erased)

    def _rows(self, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
        found = self._connection.execute(select(table).where(which)).mappings()
        return [_without_secrets(dump_row(table, dict(row))) for row in found]


class Entry:
    """The file of one transaction. ``folder`` None writes nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._draft: Path | None = None

    def __enter__(self) -> Entry:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        """Confirm where the transaction was committed. A commit that ended in an error may have been one."""
        if self._draft is None or error is not None:
            return
        with suppress(OSError):
            self._draft.replace(self._draft.with_suffix(CONFIRMED))

    def write(self, rows: Rows) -> None:
        """Write the draft, synced with its folder. Raises :class:`JournalUnwritable`."""
        if self._folder is None or not rows:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._draft = self._folder / f"{time.time_ns()}-{uuid.uuid4().hex}{DRAFT}"
            _put(self._draft, _as_json(rows))
        except OSError as error:
            raise JournalUnwritable(f"{self._folder} cannot be written ({error.strerror})") from None


def read_journal(folder: Path) -> Iterator[Written]:
    """Yield what each file holds, oldest first. Raises :class:`JournalUnreadable`."""
    for path in _files(folder):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            known = [table for table in TABLES if table.name in said or table is credentials]  # the rest came later
            rows = {table.name: [load_row(table, row) for row in said[table.name]] for table in known}
        except (OSError, ValueError, LookupError, TypeError):
            if path.suffix == DRAFT:
                continue  # killed while it was written: before the commit
            raise JournalUnreadable(f"{path} is not a file of the journal") from None
        yield Written({**_NO_ROWS, **rows}, path.suffix == CONFIRMED)


def forget(folder: Path, credential_ids: frozenset[str]) -> int:
    """Take credentials out of every file, with their awards and documents. Returns how many files changed."""
    return sum(_forget_in(path, credential_ids) for path in _files(folder))


def prune(folder: Path, before: datetime) -> int:
    """Remove the files that were written before ``before``. Returns how many."""
    old = [path for path in _files(folder) if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink()
    return len(old)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in {DRAFT, CONFIRMED})


def _without_secrets(row: dict[str, Any]) -> dict[str, Any]:
    """Leave tokens out: they stay in the database; a platform that only the journal knows is connected again."""
    return {name: None if name in {"credential", "push_secret"} else value for name, value in row.items()}


def _forget_in(path: Path, credential_ids: frozenset[str]) -> bool:
    try:
        said = _NO_ROWS | json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        if path.suffix != DRAFT:
            raise JournalUnreadable(f"{path} is not a file of the journal") from None
        path.unlink()  # killed while it was written: nothing of it counts, but it may name somebody
        return True
    gone = {row["award_id"] for row in said["credentials"] if row["id"] in credential_ids}
    kept = {
        **said,
        "awards": [row for row in said["awards"] if row["id"] not in gone],
        "credentials": [row for row in said["credentials"] if row["id"] not in credential_ids],
        "documents": [row for row in said["documents"] if row["credential_id"] not in credential_ids],
        "hand_overs": [row for row in said["hand_overs"] if row["credential_id"] not in credential_ids],
    }
    if kept == said:
        return False
    fresh = path.with_suffix(".forgetting")
    _put(fresh, json.dumps(kept).encode())
    fresh.replace(path)
    return True


def _as_json(rows: Rows) -> bytes:
    """Return a file; half a surrogate pair, which a platform may send, is written by the slower library only."""
    try:
        return orjson.dumps(rows)
    except orjson.JSONEncodeError:
        return json.dumps(rows).encode()


def _put(path: Path, data: bytes) -> None:
    """Write a file and sync it with its folder, readable for its owner only."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
