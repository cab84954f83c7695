"""Sub-commands about the key of data at rest: ``secrets new``, ``secrets rotate``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from cryptography.fernet import Fernet

from plugin.commands.bridge import Hand, by_hand, open_bridge
from plugin.commands.private_files import write_private
from plugin.errors import InvalidSettings
from plugin.rekeying import rekey
from plugin.settings import PREFIX, read_settings

_FILE = f"{PREFIX}SECRET_KEYS_FILE"


@click.group()
def secrets() -> None:
    """Make and change the key that data at rest is encrypted with."""


@secrets.command()
@click.option("--prepend", is_flag=True, help=f"Put it in front of the keys in the file of {_FILE}.")
def new(*, prepend: bool) -> None:
    """Print a new key for MICROCRED_SECRET_KEYS, or put it in front of those in use.

    It encrypts tokens and tool keys in the database. Keep it in a file that only the bridge can read and name that
    file in MICROCRED_SECRET_KEYS_FILE. The first key encrypts, all decrypt.
    """
    key = Fernet.generate_key().decode()
    if not prepend:
        click.echo(key)
        return
    file = _file()
    write_private(file, ",".join((key, *read_settings(os.environ).secret_keys)))
    click.echo(f"A new key stands first in {file}. Start every process again, then run `microcred secrets rotate`.")


@secrets.command()
@by_hand
@click.option("--remove", is_flag=True, help="Take the keys away that nothing needs any more.")
def rotate(hand: Hand, *, remove: bool) -> None:
    """Encrypt everything in the database with the first key, and tell whether the others are still needed.

    First `microcred secrets new --prepend`, and start every process again: one that does not know the new key cannot
    read what is encrypted with it. Everything goes on running meanwhile.
    """
    storage, keys = open_bridge().storage, read_settings(os.environ).secret_keys
    if not keys:
        raise InvalidSettings((f"{PREFIX}SECRET_KEYS: needed; make one with `microcred secrets new`",))
    with click.progressbar(length=0, label="encrypting", file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        outcome = rekey(storage, told)
    click.echo(f"{outcome.values} secret(s): {outcome.renewed} encrypted anew, {outcome.left} still need an older key")
    hand.note(storage, "rotate_secrets", "installation", after=f"{outcome.renewed} anew, {outcome.left} left")
    if outcome.left:
        raise click.ClickException("something was stored with an older key meanwhile: run it again")
    if remove and len(keys) > 1:
        write_private(_file(), keys[0])
        hand.note(storage, "remove_secrets", "installation", after=f"{len(keys) - 1} older key(s)")
        click.echo(f"{len(keys) - 1} older key(s) removed from {_file()}. Start every process again.")
    elif len(keys) > 1:
        click.echo("The first key is enough now: `microcred secrets rotate --remove` takes the others away.")


def _file() -> Path:
    if path := os.environ.get(_FILE):
        return Path(path)
    raise InvalidSettings((f"{_FILE}: not set; change the keys where you keep them, the new one first",))


COMMANDS = (secrets,)
