"""Sub-commands about losing nothing: ``backup``, ``rehearse``, ``restore``, ``reconcile``, ``resume``."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Engine

from plugin.commands.bridge import Hand, by_hand, open_bridge
from plugin.parts import backup_tools, open_storage, reconciling_tools, utc_now
from plugin.safekeeping.backing_up import back_up, keep_newest, newest, read_manifest
from plugin.safekeeping.reconciling import Reconciled, reconcile, resume
from plugin.safekeeping.restoring import Rehearsal, rehearse, restore, set_aside
from plugin.settings import read_settings
from plugin.storage.engine import open_engine

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
by_whom = click.option("--by", required=True, help="Who does this; goes into the audit trail.")
journals = click.option(
    "--journal", "journals", multiple=True, type=FOLDER, help="Journal of another host; may be named several times."
)


@click.command("backup")
@by_hand
@click.argument("parent", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="Afterwards delete all backups there but the newest so many.")
def make_backup(hand: Hand, parent: Path, keep: int | None) -> None:
    """Back up into a new folder below PARENT, while the bridge runs.

    It holds the database, the published status lists, the history of the keys and a manifest. It holds no private
    key and no setting, and the journal stays in the data folder: keep both elsewhere too.
    """
    bridge = open_bridge()
    click.echo("backing up ...", err=True)
    folder = back_up(backup_tools(bridge.settings, bridge.storage, bridge.clock), parent)
    hand.note(bridge.storage, "backup", "installation", after=folder.name)
    rows = read_manifest(folder).counts
    click.echo(f"{folder}: {rows['credentials']} credentials, {rows['documents']} sealed documents")
    if keep is not None and (gone := keep_newest(parent, keep)):
        click.echo(f"{gone} older backup(s) deleted")


@click.command("rehearse")
@click.argument("folder", type=FOLDER)
@by_hand
@click.option("--scratch", default="", help="An empty PostgreSQL database to restore into; SQLite needs none.")
def rehearse_restore(hand: Hand, folder: Path, scratch: str) -> None:
    """Restore the backup in FOLDER on trial: count its rows, verify its audit trail and a hundred of its seals.

    FOLDER may also be one that holds backups: then the newest of them is tried.
    """
    bridge, folder = open_bridge(), newest(folder)
    with _scratch(scratch) as engine:
        click.echo(f"restoring {folder} on trial ...", err=True)
        found = rehearse(bridge.storage, engine, folder, bridge.issuing.failures, bridge.clock())
    hand.note(bridge.storage, "rehearse", "installation", after=f"{folder.name}: {'good' if found.ok else 'NOT good'}")
    for line in _told(found):
        click.echo(line)
    sys.exit(0 if found.ok else 1)


@click.command("restore")
@click.argument("folder", type=FOLDER)
@by_whom
@journals
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore_backup(folder: Path, by: str, journals: tuple[Path, ...], *, yes: bool) -> None:
    """Restore the backup in FOLDER and take over what was sealed, ended or told after it.

    Stop web server and worker first. The database must be empty; a SQLite file that is in the way is renamed.
    Afterwards sealing and sending stay paused until `microcred resume`.
    """
    settings = read_settings(os.environ)
    storage, manifest = open_storage(settings), read_manifest(folder)
    tools = reconciling_tools(settings, storage, utc_now, journals, (folder / "status",))
    click.echo(f"backup of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by release {manifest.release}:", err=True)
    click.echo("  " + ", ".join(f"{rows} {table}" for table, rows in manifest.counts.items() if rows), err=True)
    click.echo(f"journal: {', '.join(map(str, tools.journals))}", err=True)
    if not yes:
        click.confirm(f"Restore it into {storage.engine.url.render_as_string()}?", abort=True, err=True)
    if aside := set_aside(storage.engine, tools.clock()):
        click.echo(f"the database that was there is now {aside}", err=True)
    _tell(restore(tools, folder, by))


@click.command("reconcile")
@by_whom
@journals
def reconcile_database(by: str, journals: tuple[Path, ...]) -> None:
    """Take over what happened after the state that the database was brought to by other means than `restore`.

    No status index is taken any more from a list that exists already. Sealing and sending stay paused afterwards.
    """
    bridge = open_bridge()
    _tell(reconcile(reconciling_tools(bridge.settings, bridge.storage, bridge.clock, journals), by))


@click.command("resume")
@by_whom
def resume_work(by: str) -> None:
    """Let sealing and sending go on after a restore, once you have looked."""
    bridge = open_bridge()
    resumed = resume(bridge.storage, by, bridge.clock())
    bridge.bell.ring()
    click.echo("sealing and sending go on" if resumed else "nothing was paused")


def _tell(found: Reconciled) -> None:
    """Tell what a reconciliation found, and what a person has to look at."""
    click.echo(f"{found.journal_files} files of the journal read: {found.sealed} credentials had been sealed since,")
    click.echo(f"{found.ended} had been revoked or superseded. All of them are known again.")
    for credential in found.uncertain:
        click.echo(f"look at {credential}: its process was killed at the commit, nobody knows whether it counted")
    for credential in found.unresolved:
        click.echo(f"look at {credential}: the learner's award is there under another id; nothing was changed")
    if not found.journal_files:
        click.echo("no journal was found: what was sealed after the backup is not known, and could be sealed again")
    click.echo("sealing and sending are paused; look with `microcred status`, then `microcred resume`")


def _told(found: Rehearsal) -> Iterator[str]:
    for table, (said, there) in found.miscounted.items():
        yield f"{table}: {said} rows were backed up, {there} came back"
    yield f"audit trail: {found.trail or 'intact'}"
    yield f"{found.seals_tried} seals tried, {found.seals_broken} do not verify"
    yield "this backup can be restored" if found.ok else "do not rely on this backup"


@contextmanager
def _scratch(url: str) -> Iterator[Engine]:
    """Yield an empty database: the one that was named, or a SQLite file that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{folder}/rehearsal.sqlite3")
        try:
            yield engine
        finally:
            engine.dispose()


COMMANDS = (make_backup, rehearse_restore, restore_backup, reconcile_database, resume_work)
