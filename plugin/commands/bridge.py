"""What the sub-commands share: the bridge of the environment's settings, and progress."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.exc import SQLAlchemyError

from plugin.app import Bridge, assemble
from plugin.errors import SchemaMismatch
from plugin.parts import open_storage, utc_now
from plugin.settings import Settings, read_settings
from plugin.storage.audit import Entry
from plugin.storage.engine import is_there
from plugin.storage.migrate import require_current
from plugin.storage.unit_of_work import Storage

T = TypeVar("T")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def open_bridge() -> Bridge:
    """Return the bridge of the environment's settings, on a database of the right schema."""
    bridge = assemble(read_settings(os.environ))
    require_current(bridge.storage.engine)
    return bridge


def own_records(settings: Settings) -> Storage | None:
    """Return the database of this installation to look things up in, None where there is none; nothing is made.

    One that cannot be read is told on standard error: without it a check knows only what everybody knows.
    """
    if not is_there(settings.database):
        return None
    storage = open_storage(settings)
    try:
        require_current(storage.engine)
    except (SchemaMismatch, SQLAlchemyError) as error:
        reason = str(error) if isinstance(error, SchemaMismatch) else "the database cannot be read"
        click.echo(f"checked as a stranger, without our own records: {reason}", err=True)
        return None
    return storage


def whoami() -> str:
    """Return who acts at the command line, for the audit trail."""
    return f"command line: {getpass.getuser()}"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts at the command line, and why; the reason may be empty."""

    by: str
    reason: str

    def note(self, storage: Storage, act: str, subject: str, *, after: str = "") -> None:
        """Enter into the audit trail what was just done."""
        done = Entry(at=utc_now(), actor=self.by, act=act, subject=subject, after=after, detail=self.reason)
        with storage.begin() as work:
            work.audit.note(done)


def by_hand(command: Callable[..., T]) -> Callable[..., T]:
    """Ask a command that changes something who does it and why: a :class:`Hand`, its first argument."""

    @click.option("--by", default=whoami, show_default="the account", help="Who does this; goes into the audit trail.")
    @click.option("--reason", default="", help="Why; goes into the audit trail.")
    @wraps(command)
    def asking(*args: object, by: str, reason: str, **options: object) -> T:
        return command(Hand(by, reason), *args, **options)

    return asking


def watch(label: str, left: Callable[[], int], *, timeout: float) -> bool:
    """Show progress until nothing is left; False where it took longer than ``timeout`` seconds."""
    until, most = time.monotonic() + timeout, max(left(), 1)
    with click.progressbar(length=most, label=label, file=sys.stderr) as bar:
        while (now_left := left()) and time.monotonic() < until:
            if now_left > most:
                most = bar.length = now_left
            bar.update(most - now_left - bar.pos)
            time.sleep(0.2)
        bar.update(most - bar.pos)
    return now_left == 0
