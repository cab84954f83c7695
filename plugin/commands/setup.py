"""The sub-command ``setup``: asks what cannot be guessed, checks it at once, and leaves a bridge that starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TextIO, TypeVar

import click
import yaml

from plugin import offering, registering
from plugin.app import assemble
from plugin.commands import settings_file
from plugin.commands.private_files import write_private
from plugin.commands.seals import institution_or_fail, write_development_seal
from plugin.connections import registering_tools
from plugin.issuer import key_files
from plugin.parts import utc_now
from plugin.sealing.multikey import Algorithm
from plugin.setting_up import (
    DEVELOPMENT,
    Answers,
    WrongAnswer,
    answers_from,
    checked_folder,
    checked_institution,
    checked_mail,
    checked_seal,
    checked_url,
    merged,
    needs_password,
    settings_of,
    write_secrets,
)
from plugin.settings import Settings, read_settings
from plugin.storage.audit import Entry
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade

T = TypeVar("T")
QUESTIONS = {
    "public_url": "Public https address of the bridge; part of every credential, it must never change",
    "data_dir": "Folder for database, keys and status lists",
    "institution": "File of the institution profile (docs/install.md shows one)",
    "seal": f"File of the institution's seal, PKCS#12 or PEM; «{DEVELOPMENT}» makes one to try",
    "seal_password": "Password of the seal, empty where it has none",
    "administrator": "Mail address of the first administrator",
}
GUESSES = {"data_dir": "var", "seal_password": ""}


class _Asker:
    """Asks, with what is known already as the default, until the answer holds; or takes it from a file, once."""

    def __init__(self, known: Mapping[str, str], *, interactive: bool) -> None:
        self._known, self._interactive = known, interactive

    def ask(self, name: str, check: Callable[[str], T]) -> T:
        """Return the checked answer. Where nobody can be asked again a wrong one ends the command."""
        while True:
            try:
                return check(self._answer(name))
            except WrongAnswer as error:
                if not self._interactive:
                    raise click.ClickException(f"{name}: {error}") from None
                click.secho(f"  {error}", fg="red", err=True)

    def _answer(self, name: str) -> str:
        if not self._interactive:
            if name not in self._known:
                raise WrongAnswer("not answered")
            return self._known[name]
        hidden = name == "seal_password"
        return str(
            click.prompt(QUESTIONS[name], default=self._known.get(name), hide_input=hidden, show_default=not hidden)
        )


@click.command("setup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--answers", type=click.File(), help="YAML file with the answers by name; nobody is asked.")
@click.option("--answer", "single", multiple=True, metavar="NAME=VALUE", help="One answer; may be repeated.")
def set_up(file: Path, answers: TextIO | None, single: tuple[str, ...]) -> None:
    """Ask what cannot be guessed, write the settings to FILE, migrate, and print the URL that connects a platform.

    Names of answers: public_url, data_dir, institution, seal, seal_password, administrator. Run again it shows what is
    in force as defaults and destroys nothing.
    """
    before = dict(settings_file.read(file)) if file.exists() else {}
    known = {**GUESSES, **dict(answers_from(before)), **_kept_institution(file), **_given(answers, single)}
    found = _asked(_Asker(known, interactive=answers is None))
    said = settings_of(found, file.absolute().parent)
    text = merged(file.read_text(encoding="utf-8") if file.exists() else "", said)
    if answers is None:
        click.echo(f"\n{file} will say:\n{text}\n", err=True)
        click.confirm("Write it, and bring the database to this version?", default=True, abort=True, err=True)
    _write(found, file, text)
    _start(read_settings({**os.environ, **settings_file.read(file)}), found)
    click.echo(f"Settings are in {file}. See all with `microcred --settings {file} check`.")


def _given(answers: TextIO | None, single: tuple[str, ...]) -> dict[str, str]:
    read = yaml.safe_load(answers.read()) if answers else {}
    given = {str(name): str(value) for name, value in (read if isinstance(read, dict) else {}).items()}
    given |= dict(pair.partition("=")[::2] for pair in single)
    if unknown := sorted(set(given) - set(QUESTIONS)):
        raise click.ClickException(f"no such answer: {', '.join(unknown)}; there are {', '.join(QUESTIONS)}")
    return given


def _kept_institution(file: Path) -> dict[str, str]:
    kept = _profile_beside(file)
    return {"institution": str(kept)} if kept.exists() else {}


def _profile_beside(file: Path) -> Path:
    return file.absolute().parent / "institution.yaml"


def _asked(asker: _Asker) -> Answers:
    url = asker.ask("public_url", checked_url)
    folder = asker.ask("data_dir", checked_folder)
    institution, issuer = asker.ask("institution", checked_institution)
    public, now = Settings(public_url=url).is_public, utc_now()
    password = ""

    def seal(text: str) -> str:
        nonlocal password
        password = asker.ask("seal_password", str) if needs_password(text) else ""
        return checked_seal(text, password, issuer, public=public, now=now)

    sealed = asker.ask("seal", seal)
    return Answers(
        public_url=url,
        data_dir=folder,
        institution=institution,
        seal=sealed,
        seal_password=password,
        administrator=asker.ask("administrator", checked_mail),
    )


def _write(answers: Answers, file: Path, text: str) -> None:
    write_secrets(answers, file.absolute().parent, write_private)
    profile = _profile_beside(file)
    if profile != answers.institution:
        write_private(profile, answers.institution.read_text(encoding="utf-8").rstrip("\n"))
    if answers.seal == DEVELOPMENT and not answers.seal_file.exists():
        write_development_seal(institution_or_fail(profile), answers.seal_file)
    write_private(file, text)


def _start(settings: Settings, answers: Answers) -> None:
    """Bring the database forward, make what is not there, and print the way to connect a platform."""
    click.echo("migrating ...", err=True)
    upgrade(open_engine(settings.database))
    keys = key_files(settings)
    for algorithm in Algorithm:
        if not any(key.public.algorithm is algorithm for key in keys.history().keys):
            keys.rotate(algorithm, utc_now())
    bridge = assemble(settings)
    offering.state_institution(bridge.offering, institution_or_fail(answers.institution), by=answers.administrator)
    with bridge.storage.begin() as work:
        work.audit.note(
            Entry(at=bridge.clock(), actor=answers.administrator, act="set_up", subject=settings.public_url)
        )
    url = registering.invite(registering_tools(bridge), timedelta(days=7))
    click.echo(f"Paste this URL into Moodle or Canvas within 7 days; it can be used once:\n{url}")


COMMANDS = (set_up,)
