"""Sub-commands of ``microcred keys`` about credential keys: ``rotate``, ``list``, ``compromised``."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from plugin.identity import ListedKey, listing
from plugin.issuer import key_files
from plugin.parts import read_seal
from plugin.sealing.key_history import CACHED_FOR
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings, read_settings


@click.command()
@click.option("--only", type=click.Choice([each.value for each in Algorithm]), help="Only the key of this kind.")
def rotate(only: str | None) -> None:
    """Make new credential keys: for Open Badges (EdDSA) and for wallets (ES256).

    The first keys sign at once. Later ones are published now and sign a day later, when nobody can hold an older list
    of our keys any more. Credentials that the old keys signed stay valid for ever.
    """
    settings = read_settings(os.environ)
    now = datetime.now(UTC)
    for algorithm in [Algorithm(only)] if only else list(Algorithm):
        history = key_files(settings).rotate(algorithm, now)
        made = history.keys[-1]
        click.echo(f"{made.public.thumbprint}  {algorithm}  signs from {made.signs_from:%Y-%m-%d %H:%M} UTC")
    click.echo(f"Others may keep what they know of our keys for {CACHED_FOR.total_seconds() / 3600:g} hours.")


@click.command("list")
def list_keys() -> None:
    """List the seal and every credential key, with its state."""
    for line in _lines(read_settings(os.environ)):
        click.echo(
            f"{line.key_id}  {line.algorithm:<6} {line.purpose:<12} {line.state:<12} since {line.since:%Y-%m-%d}"
        )


@click.command()
@click.argument("key_id")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]), required=True, help="UTC; when it got lost."
)
def compromised(key_id: str, since: datetime) -> None:
    """Say that KEY_ID was in wrong hands: nothing that it sealed from then on counts any more.

    What it sealed before stays valid. The key signs no more; make another one with `microcred keys rotate`.
    """
    key_files(read_settings(os.environ)).mark_compromised(key_id, since.replace(tzinfo=UTC))
    click.echo(f"{key_id}: what it sealed from {since:%Y-%m-%d %H:%M} UTC on does not count.")


def _lines(settings: Settings) -> tuple[ListedKey, ...]:
    seal = read_seal(settings.seal_file, settings.seal_password) if settings.seal_file else None
    return listing(key_files(settings).history(), seal, datetime.now(UTC))


COMMANDS = (rotate, list_keys, compromised)
