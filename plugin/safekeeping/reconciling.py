"""Making a restored database know what happened after its backup, before anything new is done with it.

What is out in the world is found in two places that a restore does not touch: the journal
(:mod:`plugin.storage.journal`) has what was sealed, ended and told; the published status lists have every bit that was
ever set. No status index is taken any more from a list that existed before, a set bit is never cleared, and sealing and
sending stay paused until a person has looked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update

from mappings.documents.status_list import BESIDE, StatusBits
from mappings.errors import InvalidValue
from plugin.errors import BackupUnusable
from plugin.storage.adopting import ACTOR, Adopted
from plugin.storage.audit import Entry
from plugin.storage.journal import read_journal
from plugin.storage.marks import Mark
from plugin.storage.outbox import Topic
from plugin.storage.tables import offers, outbox, status_lists
from plugin.storage.unit_of_work import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class ReconcilingTools:
    """What reconciling works with. ``journals`` and ``published`` are folders; there may be one of each per host."""

    storage: Storage
    journals: Sequence[Path]
    published: Sequence[Path]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found after the restore, as numbers of credentials."""

    sealed: int
    ended: int
    uncertain: tuple[str, ...]
    unresolved: tuple[str, ...]
    journal_files: int


def reconcile(tools: ReconcilingTools, by: str) -> Reconciled:
    """Take over what came after the backup, and pause. May be run again: what is known already stays.

    Raises :class:`plugin.errors.JournalUnreadable`, :class:`BackupUnusable`.
    """
    now, found, files = tools.clock(), Adopted(), 0
    _pause(tools.storage, now)
    for folder in tools.journals:
        for written in read_journal(folder):
            files += 1
            with tools.storage.begin() as work:
                work.adopting(now).adopt(written, found)
    for folder in tools.published:
        for status_list, bits in _published(folder):
            with tools.storage.begin() as work:
                _keep_bits(work, status_list, bits, found, now)
    with tools.storage.begin() as work:
        work.erasures.again()
        _begin_anew(work, now)
        _note(work, found, by, now)
    _new_epoch(tools.storage, now)
    uncertain = tuple(sorted(found.uncertain - found.sealed))
    return Reconciled(len(found.sealed), len(found.ended), uncertain, tuple(sorted(found.unresolved)), files)


def resume(storage: Storage, by: str, now: datetime) -> bool:
    """Let the named person ``by`` end the pause. False where there was none."""
    with storage.begin() as work:
        if work.marks.get(Mark.PAUSED) is None:
            return False
        work.marks.clear(Mark.PAUSED)
        work.audit.note(Entry(at=now, actor=by, act="resume", subject="installation"))
        return True


def _pause(storage: Storage, now: datetime) -> None:
    with storage.begin() as work:
        work.marks.set(Mark.PAUSED, "after a restore", now)


def _published(folder: Path) -> Sequence[tuple[str, StatusBits]]:
    """Return the bits of every list that was published there."""
    paths = sorted(folder.iterdir()) if folder.exists() else []
    lists = [path for path in paths if path.suffix != BESIDE and not path.name.startswith(".")]
    return [(path.name, _bits(path)) for path in lists]


def _bits(path: Path) -> StatusBits:
    try:
        subject = json.loads(path.read_text(encoding="utf-8"))["credentialSubject"]
        return StatusBits.read(subject["encodedList"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, InvalidValue):
        raise BackupUnusable(f"{path} is not a published status list") from None


def _keep_bits(work: UnitOfWork, status_list: str, bits: StatusBits, found: Adopted, now: datetime) -> None:
    known = work.connection.execute(select(status_lists.c.id).where(status_lists.c.id == status_list)).scalar()
    if known is None:
        row = {"id": status_list, "size": bits.size, "open": False, "decoys": [], "created_at": now}
        work.connection.execute(insert(status_lists).values(**row))
    said = work.credentials.invalid_indices(status_list) | work.credentials.decoys(status_list)
    if unsaid := frozenset(bits.revoked()) - said:
        work.adopting(now).take_bits(status_list, unsaid, found)


def _begin_anew(work: UnitOfWork, now: datetime) -> None:
    """Close every list for new indices, publish each again, free all work, and read every course in full."""
    work.connection.execute(update(status_lists).values(open=False))
    for status_list in work.credentials.status_list_ids():
        work.outbox.request(Topic.STATUS, status_list, now)
    work.connection.execute(update(outbox).values(lease_until=None, lease_token=None, rung_at=None))
    work.connection.execute(update(offers).values(next_sync_at=now, full_sync_at=None))


def _note(work: UnitOfWork, found: Adopted, by: str, now: datetime) -> None:
    detail = f"for {by}: {len(found.sealed)} sealed, {len(found.ended)} ended, {len(found.unresolved)} unresolved"
    work.audit.note(Entry(at=now, actor=ACTOR, act="reconcile", subject="installation", detail=detail))


def _new_epoch(storage: Storage, now: datetime) -> None:
    """Begin an epoch that neither the database nor the file ever had."""
    outside = storage.place.epoch.read() if storage.place.epoch else 0
    with storage.begin() as work:
        work.marks.set(Mark.EPOCH, str(max(work.marks.epoch(), outside)), now)
    storage.advance_epoch(now)
