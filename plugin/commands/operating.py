"""Sub-commands of whoever runs the bridge: ``migrate``, ``serve``, ``worker``, ``retry``, ``audit``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click

from plugin import administering, signing_in
from plugin.administration import administering_tools
from plugin.app import create_app
from plugin.commands.bridge import Hand, by_hand, open_bridge
from plugin.parts import open_storage
from plugin.serving import become_gunicorn, serve_by_threads, settled, start_again_counting
from plugin.settings import read_settings
from plugin.storage.engine import open_engine
from plugin.storage.migrate import current, go_back, require_current, upgrade
from plugin.worker import Supervisor, run_worker, worker_command


@click.command()
@click.option("--after", is_flag=True, help="Also drop what only the release before used; nothing of it may run.")
@click.option("--back-to", metavar="REVISION", help="Take back what was added since REVISION, with all that is in it.")
@click.option("--yes", is_flag=True, help="Do not ask before taking back.")
@by_hand
def migrate(hand: Hand, *, after: bool, back_to: str | None, yes: bool) -> None:
    """Bring the database to the schema that this version needs. Safe to run at any time, by many at once.

    It only adds, so the release before goes on running until it is replaced. When nothing of it runs any more,
    `migrate --after` drops what it alone used.
    """
    storage = open_storage(read_settings(os.environ))
    engine = storage.engine
    before = current(engine)
    if back_to:
        question = f"Drop everything that was added between {back_to} and {before}, with its content?"
        if not yes:
            click.confirm(question, abort=True, err=True)
        go_back(engine, back_to)
    else:
        click.echo("migrating ...", err=True)
        upgrade(engine, after=after)
    now = current(engine)
    if after or now != before:
        hand.note(storage, "migrate_after" if after else "migrate", "schema", after=now or "")
    click.echo(f"schema {before or 'empty'} -> {now}")


@click.command()
@click.option("--no-worker", is_flag=True, help="Only the web server; workers run elsewhere.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many serve (gunicorn); with several of them workers run elsewhere.",
)
def serve(*, no_worker: bool, processes: int) -> None:
    """Serve the web pages and, unless told otherwise, keep one worker running beside them. Ends with Ctrl-C."""
    settings = read_settings(os.environ)
    require_current(open_engine(settings.database))
    if processes > 1:
        if not no_worker:
            raise click.UsageError("--processes goes with --no-worker: start `microcred worker --beat` beside it")
        become_gunicorn(settings, processes)
    start_again_counting(settings)
    app = settled(create_app(settings))
    supervisor = Supervisor(worker_command(beat=True), os.environ)
    if not no_worker:
        supervisor.start()
    click.echo(f"serving {settings.public_url} on {settings.host}:{settings.port}; Ctrl-C ends", err=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve_by_threads(app, settings.host, settings.port)
    finally:
        supervisor.stop()


@click.command()
@click.option("--beat", is_flag=True, help="Keep the schedule too; exactly one worker does.")
@click.option(
    "--heartbeat",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to touch every ten seconds as long as the worker's loop goes round.",
)
def worker(*, beat: bool, heartbeat: Path | None) -> None:
    """Work off jobs until a signal ends it."""
    run_worker(open_bridge(), beat=beat, heartbeat=heartbeat)


@click.command()
@by_hand
def retry(hand: Hand) -> None:
    """Try again what was parked after too many failures."""
    bridge = open_bridge()
    count = administering.retry(administering_tools(bridge, bridge.bell.ring), hand.by, hand.reason)
    click.echo("1 piece of work is due again" if count == 1 else f"{count} pieces of work are due again")


@click.group()
def audit() -> None:
    """Look at the trail of every decision and act."""


@audit.command("verify")
def verify_audit() -> None:
    """Check that no entry of the trail was changed, removed or inserted."""
    with open_bridge().storage.reading() as work:
        found = work.audit.verify()
    click.echo("the trail is intact" if found is None else f"broken at entry {found.seq}: {found.sentence}")
    sys.exit(0 if found is None else 1)


@click.group("admin")
def administration() -> None:
    """Let administrators into their pages."""


@administration.command("link")
@by_hand
@click.option("--name", required=True, help="For whom; what they do is noted under this name.")
def link(hand: Hand, name: str) -> None:
    """Print a link to the administrator's pages. It can be used once, within ten minutes."""
    bridge = open_bridge()
    token = administering.make_link(bridge.storage, name, bridge.clock(), by=hand.by, reason=hand.reason)
    click.echo(f"{bridge.settings.public_url}/admin/enter/{token}")


@administration.command("end")
@by_hand
@click.option("--name", default="", help="Only whoever came in under this name; else everybody.")
def end(hand: Hand, name: str) -> None:
    """End sign-ins of administrators at once, and withdraw links that were not used yet."""
    bridge = open_bridge()
    ended = signing_in.end_all(bridge.storage, bridge.clock(), hand.by, name=name, reason=hand.reason)
    click.echo(f"{ended} ended")


COMMANDS = (administration, migrate, serve, worker, retry, audit)
