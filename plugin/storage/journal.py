"""The journal: what was sealed, ended, told or joined, written down outside of the database before it counts.

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
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, select, tuple_

from plugin.errors import JournalUnreadable, JournalUnwritable
from plugin.storage.notice_tables import hand_overs
from plugin.storage.people_tables import person_cases, person_ids
from plugin.storage.row_json import dump_row, load_row
from plugin.storage.sharing import Holder
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

_ABOUT_CREDENTIALS = (platforms, issuers, profiles, offers, awards, status_lists, credentials, documents, hand_overs)
TABLES = (*_ABOUT_CREDENTIALS, erasures, person_cases, person_ids)
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
        self._decided: set[tuple[str, str, str]] = set()
        self._joined: set[tuple[str, str]] = set()

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

    def decided(self, holder: Holder, other: str) -> None:
        """Write down what a person found out about two ids."""
        self._decided |= {(holder.platform, other, holder.learner), (holder.platform, holder.learner, other)}

    def joined(self, holder: Holder) -> None:
        """Write down which ids are one person, known by this one."""
        self._joined.add((holder.platform, holder.learner))

    def rows(self) -> Rows:
        """Return everything noted, as the transaction leaves it; nothing where nothing was."""
        if not (self._credentials or self._hand_overs or self._erased or self._decided or self._joined):
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
        if self._decided or self._joined:
            pair = tuple_(person_cases.c.platform_id, person_cases.c.old_id, person_cases.c.new_id)
            yield person_cases, pair.in_(self._decided)
            yield person_ids, tuple_(person_ids.c.platform_id, person_ids.c.person_id).in_(self._joined)

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


def forget(folder: Path, credential_ids: frozenset[str], holders: Collection[Holder] = ()) -> int:
    """Take credentials out of every file, with their awards and documents, and ``holders`` as whoever else they are.

    Returns how many files changed.
    """
    people = frozenset((each.platform, each.learner) for each in holders)
    return sum(_forget_in(path, credential_ids, people) for path in _files(folder))


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


def _forget_in(path: Path, credential_ids: frozenset[str], people: frozenset[tuple[str, str]]) -> bool:
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
        "person_cases": [row for row in said["person_cases"] if not _names(row, ("old_id", "new_id"), people)],
        "person_ids": [row for row in said["person_ids"] if not _names(row, ("learner_id", "person_id"), people)],
    }
    if kept == said:
        return False
    fresh = path.with_suffix(".forgetting")
    _put(fresh, json.dumps(kept).encode())
    fresh.replace(path)
    return True


def _names(row: Mapping[str, Any], columns: Collection[str], people: frozenset[tuple[str, str]]) -> bool:
    return any((row["platform_id"], row[column]) in people for column in columns)


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
