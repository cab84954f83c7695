"""Sub-commands of ``microcred keys`` about seals and credential keys: which there are, and what becomes of them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509

from plugin.commands.bridge import FILE, Hand, by_hand
from plugin.identity import ListedKey, listing
from plugin.issuer import key_files, seal_files
from plugin.parts import configured_seal, open_storage, utc_now
from plugin.sealing.errors import KeyUnreadable
from plugin.sealing.key_history import CACHED_FOR
from plugin.sealing.keys import certificate_key_id
from plugin.sealing.multikey import Algorithm
from plugin.settings import Settings, read_settings
from plugin.storage.migrate import Standing, standing
from plugin.storage.outbox import Topic

_HYPHENS = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""A thumbprint may begin with a hyphen, and then an «h» anywhere in it would ask for help instead."""


@click.command()
@by_hand
@click.option("--only", type=click.Choice([each.value for each in Algorithm]), help="Only the key of this kind.")
def rotate(hand: Hand, only: str | None) -> None:
    """Make new credential keys: for Open Badges (EdDSA) and for wallets (ES256).

    The first keys sign at once. Later ones are published now and sign a day later, when nobody can hold an older list
    of our keys any more. Credentials that the old keys signed stay valid for ever.
    """
    settings = read_settings(os.environ)
    now = datetime.now(UTC)
    for algorithm in [Algorithm(only)] if only else list(Algorithm):
        history = key_files(settings).rotate(algorithm, now)
        made = history.keys[-1]
        _note(settings, hand, "rotate_key", made.public.thumbprint)
        click.echo(f"{made.public.thumbprint}  {algorithm}  signs from {made.signs_from:%Y-%m-%d %H:%M} UTC")
    click.echo(f"Others may keep what they know of our keys for {CACHED_FOR.total_seconds() / 3600:g} hours.")
    _ask_for_lists(settings)


@click.command("list")
def list_keys() -> None:
    """List every seal and every credential key with its state: planned, active, verify-only or compromised."""
    for line in _lines(read_settings(os.environ)):
        until = f", ends {line.until:%Y-%m-%d}" if line.until else ""
        named = f"{line.key_id}  {line.algorithm:<6} {line.purpose:<12} {line.state:<12}"
        click.echo(f"{named} since {line.since:%Y-%m-%d}{until}")


@click.command()
@by_hand
@click.argument("certificate", type=FILE)
def announce(hand: Hand, certificate: Path) -> None:
    """List the seal whose PEM CERTIFICATE will be used next as planned, until it is put in place.

    It changes nothing about what seals now.
    """
    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except ValueError:
        raise KeyUnreadable(f"no PEM certificate can be read from {certificate}") from None
    settings = read_settings(os.environ)
    _note_configured(settings)
    seal_files(settings).note(leaf, utc_now())
    _note(settings, hand, "announce_seal", certificate_key_id(leaf))
    click.echo(f"{certificate_key_id(leaf)}  planned, ends {leaf.not_valid_after_utc:%Y-%m-%d}")


@click.command(context_settings=_HYPHENS)
@by_hand
@click.argument("key_id")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]), required=True, help="UTC; when it got lost."
)
def compromised(hand: Hand, key_id: str, since: datetime) -> None:
    """Say that KEY_ID, a seal or a credential key, was in wrong hands: what it sealed from then on does not count.

    What was sealed before stays valid where our database or a timestamp proves it, whatever date a seal shows. The key
    signs no more; make another one with `microcred keys rotate`, or put the next seal in place.
    """
    settings, moment = read_settings(os.environ), since.replace(tzinfo=UTC)
    _note_configured(settings)
    if any(each.key_id == key_id for each in seal_files(settings).known()):
        seal_files(settings).mark_compromised(key_id, moment)
        click.echo("Others learn of it from its authority only: have the certificate revoked there now.")
    else:
        key_files(settings).mark_compromised(key_id, moment)
    _note(settings, hand, "mark_compromised", key_id, after=f"since {moment:%Y-%m-%dT%H:%M:%SZ}")
    click.echo(f"{key_id}: what it sealed from {since:%Y-%m-%d %H:%M} UTC on does not count.")
    _ask_for_lists(settings)


def _note_configured(settings: Settings) -> str:
    """Remember the seal in use; return its thumbprint, «» where there is none."""
    seal = configured_seal(settings)
    if seal is None:
        return ""
    seal_files(settings).note(seal.certificate, utc_now())
    return seal.key_id


def _lines(settings: Settings) -> tuple[ListedKey, ...]:
    active = _note_configured(settings)
    return listing(key_files(settings).history(), seal_files(settings).known(), active, utc_now())


def _note(settings: Settings, hand: Hand, act: str, key_id: str, *, after: str = "") -> None:
    """Enter it into the audit trail, where there is a database already: keys may be made before it."""
    storage = open_storage(settings)
    if standing(storage.engine) is not Standing.EMPTY:
        hand.note(storage, act, key_id, after=after)


def _ask_for_lists(settings: Settings) -> None:
    """Have every status list sealed again with the keys of now: nobody believes one of a compromised key."""
    storage = open_storage(settings)
    if standing(storage.engine) is Standing.EMPTY:
        return
    with storage.begin() as work:
        for status_list in work.credentials.status_list_ids():
            work.outbox.request(Topic.STATUS, status_list, utc_now())


COMMANDS = (rotate, list_keys, announce, compromised)
