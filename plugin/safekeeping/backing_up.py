"""Backing the installation up while it runs: database, published status lists, key history, and a manifest.

Private keys are not in it; they have a ceremony of their own. Secrets in the database are encrypted with keys that are
not in it either. The journal stays where it is: it tells what came after the backup.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

from plugin.errors import BackupUnusable
from plugin.storage import journal
from plugin.storage.dumps import dump
from plugin.storage.marks import Mark
from plugin.storage.migrate import current
from plugin.storage.unit_of_work import Storage

MANIFEST = "manifest.json"
DATABASE = "database"
STATUS = "status"
KEY_HISTORIES = ("history.json", "seals.json")


@dataclass(frozen=True, slots=True)
class BackupTools:
    """What backing up works with. ``status`` and ``keys`` are the folders of status lists and credential keys."""

    storage: Storage
    status: Path
    keys: Path
    journal_kept_for: Callable[[], datetime]
    """Returns the moment before which files of the journal are of no use any more."""
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds. ``files`` maps paths below its folder to SHA-256, ``counts`` tables to rows."""

    made_at: datetime
    release: str
    schema: str
    dialect: str
    epoch: int
    counts: Mapping[str, int]
    files: Mapping[str, str]


class _ManifestSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    made_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    release = fields.String(required=True)
    schema = fields.String(required=True)
    dialect = fields.String(required=True)
    epoch = fields.Integer(required=True)
    counts = fields.Dict(fields.String(), fields.Integer(), required=True)
    files = fields.Dict(fields.String(), fields.String(), required=True)

    @post_load
    def _make(self, values: dict[str, Any], **_: object) -> Manifest:
        return Manifest(**values)


def back_up(tools: BackupTools, parent: Path) -> Path:
    """Make a backup in a new folder below ``parent``, and return that. Raises :class:`plugin.errors.BackupFailed`.

    The epoch counts up afterwards: whoever brings this dump back by other means than ``microcred restore`` is noticed.
    """
    now = tools.clock()
    folder = parent / f"microcred-{now:%Y%m%dT%H%M%SZ}"
    folder.mkdir(parents=True, mode=0o700)
    with tools.storage.reading() as work:
        epoch = work.marks.epoch()
    counts = dump(tools.storage.engine, folder / DATABASE)
    _copy_published(tools, folder)
    manifest = Manifest(
        made_at=now,
        release=version("microcredential-bridge"),
        schema=current(tools.storage.engine) or "",
        dialect=tools.storage.engine.dialect.name,
        epoch=epoch,
        counts=counts,
        files={str(path.relative_to(folder)): _digest(path) for path in sorted(folder.rglob("*")) if path.is_file()},
    )
    (folder / MANIFEST).write_text(json.dumps(_ManifestSchema().dump(manifest), indent=2) + "\n")
    _note(tools, folder.name, now)
    return folder


def whole(parent: Path) -> tuple[Path, ...]:
    """Return the backups below ``parent`` that were finished, oldest first; anything else there is none of ours."""
    return tuple(sorted(path.parent for path in parent.glob(f"microcred-*/{MANIFEST}")))


def newest(folder: Path) -> Path:
    """Return ``folder``, or where it holds backups the newest of them. Raises :class:`BackupUnusable`."""
    if (folder / MANIFEST).exists():
        return folder
    if not (found := whole(folder)):
        raise BackupUnusable(f"{folder} is not a backup, and holds none that was finished")
    return found[-1]


def keep_newest(parent: Path, number: int) -> int:
    """Delete all backups below ``parent`` but the newest so many. Returns how many went."""
    old = whole(parent)[:-number]
    for folder in old:
        shutil.rmtree(folder)
    return len(old)


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup says of itself, once every file is as it says. Raises :class:`BackupUnusable`."""
    try:
        manifest: Manifest = _ManifestSchema().loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        raise BackupUnusable(f"{folder} is not a backup: it has no {MANIFEST}") from None
    except (ValidationError, ValueError):
        raise BackupUnusable(f"{folder / MANIFEST} does not say what a manifest says") from None
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file() or _digest(path) != digest:
            raise BackupUnusable(f"{path} is missing or was changed since the backup was made")
    return manifest


def _copy_published(tools: BackupTools, folder: Path) -> None:
    """Copy what the world can read of us anyway: status lists and what became of which key."""
    if tools.status.exists():
        shutil.copytree(tools.status, folder / STATUS, ignore=shutil.ignore_patterns(".*"))
    for name in KEY_HISTORIES:
        if (tools.keys / name).exists():
            shutil.copyfile(tools.keys / name, folder / name)


def _note(tools: BackupTools, name: str, now: datetime) -> None:
    with tools.storage.begin() as work:
        work.marks.set(Mark.BACKUP, name, now)
    tools.storage.advance_epoch(now)
    if tools.storage.place.journal is not None:
        journal.prune(tools.storage.place.journal, tools.journal_kept_for())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
