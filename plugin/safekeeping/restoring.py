"""Bringing a backup back: into an empty place, to the schema of this release, and on to what happened after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select

from mappings.documents.envelope import Format
from plugin.errors import BackupUnusable
from plugin.safekeeping.backing_up import DATABASE, Manifest, read_manifest
from plugin.safekeeping.reconciling import Reconciled, ReconcilingTools, reconcile
from plugin.sealing import Sealed
from plugin.storage.audit import AuditTrail
from plugin.storage.dumps import counted, is_empty, load
from plugin.storage.marks import Mark
from plugin.storage.migrate import upgrade
from plugin.storage.tables import documents
from plugin.storage.unit_of_work import Storage

SEALS_TRIED = 100
_LEFT_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a restore on trial showed. ``miscounted`` maps tables to rows (said, found)."""

    manifest: Manifest
    miscounted: Mapping[str, tuple[int, int]]
    seals_tried: int
    seals_broken: int
    trail: str
    """Where the audit trail is broken, empty where it is intact."""

    @property
    def ok(self) -> bool:
        """Whether this backup can be relied on."""
        return not (self.miscounted or self.seals_broken or self.trail)


def restore(tools: ReconcilingTools, folder: Path, by: str) -> Reconciled:
    """Bring the backup in ``folder`` back, and reconcile. The database must be empty; sealing and sending stay paused.

    Raises :class:`BackupUnusable`, :class:`plugin.errors.BackupFailed`.
    """
    manifest = read_manifest(folder)
    engine = tools.storage.engine
    _require_fitting(engine, manifest)
    if not is_empty(engine):
        raise BackupUnusable("the database is not empty: restore into a new one (createdb) and let the setting name it")
    load(engine, folder / DATABASE)
    upgrade(engine)
    return reconcile(tools, by)


def set_aside(engine: Engine, now: datetime) -> Path | None:
    """Rename the file of a SQLite database that is in the way. Returns its new path, None where none was."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or not Path(name).exists() or is_empty(engine):
        return None
    engine.dispose()
    aside = Path(f"{name}.before-{now:%Y%m%dT%H%M%SZ}")
    for ending in _LEFT_BESIDE:
        if Path(f"{name}{ending}").exists():
            Path(f"{name}{ending}").rename(f"{aside}{ending}")
    return aside


def rehearse(
    storage: Storage,
    scratch: Engine,
    folder: Path,
    failures: Callable[[Sealed], tuple[str, ...]],
    now: datetime,
) -> Rehearsal:
    """Load a backup into the empty database ``scratch``, count, verify seals and the trail, and note it in ``storage``.

    Raises :class:`BackupUnusable`, :class:`plugin.errors.BackupFailed`.
    """
    manifest = read_manifest(folder)
    _require_fitting(scratch, manifest)
    if not is_empty(scratch):
        raise BackupUnusable("the database to rehearse in is not empty")
    load(scratch, folder / DATABASE)
    rehearsal = _looked_at(scratch, manifest, failures)
    if rehearsal.ok:
        with storage.begin() as work:
            work.marks.set(Mark.REHEARSAL, folder.name, now)
    return rehearsal


def _looked_at(scratch: Engine, manifest: Manifest, failures: Callable[[Sealed], tuple[str, ...]]) -> Rehearsal:
    with scratch.connect() as connection:
        found = counted(connection)
        broken = AuditTrail(connection).verify()
        some = connection.execute(select(documents).order_by(func.random()).limit(SEALS_TRIED)).all()
    sealed = [Sealed(Format(row.format), row.body, row.media_type, row.key_id) for row in some]
    return Rehearsal(
        manifest,
        {table: (said, found[table]) for table, said in manifest.counts.items() if found.get(table) != said},
        len(sealed),
        sum(bool(failures(each)) for each in sealed),
        broken.sentence if broken else "",
    )


def _require_fitting(engine: Engine, manifest: Manifest) -> None:
    if engine.dialect.name != manifest.dialect:
        raise BackupUnusable(f"the backup is of {manifest.dialect}, the database is {engine.dialect.name}")
