"""The pages in docs/ and the product say the same: nothing is left out, nothing is there that does not exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import cast

import click
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from prometheus_client.metrics import MetricWrapperBase

import plugin.authorizing as _authorizing  # noqa: F401 - its error joins the family
import plugin.hinting as _hinting  # noqa: F401 - its error joins the family
import plugin.intake as _intake  # noqa: F401 - likewise
from lti.errors import REGISTRATION_SENTENCES, Fault
from lti.refusals import Refusal
from plugin import meters
from plugin.app import create_app
from plugin.cli import microcred
from plugin.commands import settings_file
from plugin.errors import BridgeError
from plugin.sealing.errors import SealError
from plugin.settings import PREFIX, Settings
from plugin.storage.engine import open_engine
from plugin.storage.migrate import upgrade
from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))}
EVERYWHERE = "\n".join(PAGES.values())


def rows(page: str) -> list[str]:
    """Return the code in the first cell of every row of the tables of ``page``."""
    return re.findall(r"^\| `([^`]+)` \|", PAGES[page], re.MULTILINE)


def agree(page: str, said: set[str], existing: set[str]) -> None:
    """Fail with the words that docs/``page`` lacks, and those that it should not have."""
    assert not existing - said, f"docs/{page} lacks: {sorted(existing - said)}"
    assert not said - existing, f"docs/{page} names what does not exist: {sorted(said - existing)}"


def family(base: type) -> Iterator[type]:
    """Yield an error and all below it."""
    yield base
    for child in base.__subclasses__():
        yield from family(child)


def error_codes() -> set[str]:
    """Return every code of the families that ``microcred`` and the pages show."""
    ours = {
        str(vars(error)["code"]) for base in (BridgeError, SealError) for error in family(base) if _of_product(error)
    }
    return ours | {each.value for each in (*Refusal, *Fault)} | set(REGISTRATION_SENTENCES)


def _of_product(error: type) -> bool:
    return error.__module__.startswith("plugin.") and "code" in vars(error)


def commands(command: click.Command, name: str) -> Iterator[str]:
    """Yield the full name of every sub-command that does something."""
    if not isinstance(command, click.Group):
        yield name
        return
    for child, below in command.commands.items():
        yield from commands(below, f"{name} {child}")


def blocks(language: str) -> Iterator[tuple[str, list[str]]]:
    """Yield page and lines of every fenced block of ``language``, also below the point of a list."""
    for page, text in PAGES.items():
        for block in re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
            yield page, [line.strip() for line in block.splitlines()]


def test_every_setting_is_told_with_its_default() -> None:
    """settings.md lists the settings that exist, each with the default in force."""
    agree("settings.md", set(rows("settings.md")), {PREFIX + each.name.upper() for each in fields(Settings)})
    for each in fields(Settings):
        default = f"`{each.default}`" if each.default not in (None, "", ()) else "none"
        assert f"| `{PREFIX}{each.name.upper()}` | {default} |" in PAGES["settings.md"], f"default of {each.name}"


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    """A variable anywhere in the pages is a setting, or the file of one."""
    known = {PREFIX + each.name.upper() for each in fields(Settings)} | {settings_file.VARIABLE}

    said = {
        name.removesuffix("_FILE") if name not in known else name for name in re.findall(r"MICROCRED_\w+", EVERYWHERE)
    }

    assert said <= known, f"the docs name no settings: {sorted(said - known)}"


def test_every_command_is_told() -> None:
    """operations.md names each sub-command, and no page names another."""
    existing = set(commands(microcred, "microcred"))
    said = set(re.findall(r"`(microcred(?: [a-z][a-z-]*)+)`", PAGES["operations.md"]))
    groups = {" ".join(name.split()[:2]) for name in existing}
    anywhere = {" ".join(words.split()[:2]) for words in re.findall(r"`(microcred [a-z-]+)", EVERYWHERE)}

    agree("operations.md", said, existing)
    assert anywhere <= groups, f"the docs name no commands: {sorted(anywhere - groups)}"


def test_every_address_is_told(tmp_path: Path) -> None:
    """endpoints.md lists the addresses of the application with their methods."""
    settings = Settings(data_dir=tmp_path, secret_keys=(Fernet.generate_key().decode(),), broker_url="memory://")
    upgrade(open_engine(settings.database))
    existing: dict[str, set[str]] = {}
    for rule in create_app(settings).url_map.iter_rules():
        existing.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})

    said = set(re.findall(r"^\| `([^`]+)` \| ([A-Z, ]+) \|", PAGES["endpoints.md"], re.MULTILINE))

    agree("endpoints.md", {" ".join(row) for row in said}, {f"{k} {', '.join(sorted(v))}" for k, v in existing.items()})


def test_every_error_code_is_told() -> None:
    """troubleshooting.md explains each code, and no other."""
    agree("troubleshooting.md", set(rows("troubleshooting.md")), error_codes())


def test_every_metric_is_told() -> None:
    """operations.md lists what `/metrics` shows, with its labels, and nothing else."""
    said = re.findall(r"^\| `(microcred_\w+)(?:\{([\w,]+)\})?` \|", PAGES["operations.md"], re.MULTILINE)
    counted = {
        each._name.removesuffix("_total"): ",".join(each._labelnames)
        for each in vars(meters).values()
        if isinstance(each, MetricWrapperBase)
    }
    source = "".join((ROOT / "plugin" / "exporting.py").read_text().split())
    asked = dict(re.findall(r'_by\("(microcred_\w+)","[^"]*","(\w+)"', source))
    asked |= dict.fromkeys(re.findall(r'_(?:one|some)\("(microcred_\w+)"', source), "")

    agree(
        "operations.md",
        {f"{name.removesuffix('_total')}:{labels}" for name, labels in said},
        {":".join(each) for each in (counted | asked).items()},
    )


def test_links_lead_somewhere() -> None:
    """A link between the pages, or to a file of the project, resolves."""
    links = [(page, link) for page, text in PAGES.items() for link in re.findall(r"\]\(([^)#:]+)\)", text)]

    assert links
    assert not [(page, link) for page, link in links if not (DOCS / link).exists()]


def test_what_only_a_shell_can_run_is_marked() -> None:
    """A block of shell is not run here, so it says that it is not tested."""
    assert not [page for page, lines in blocks("sh") if lines[0] != "# not tested"]


def test_no_command_is_neither_run_nor_marked() -> None:
    """Blocks are `console` (run below), `bash` of the page that a bare Debian executes, marked `sh`, or no commands."""
    fences = {
        (page, language)
        for page, text in {**PAGES, "docker": (ROOT / "docker" / "README.md").read_text(encoding="utf-8")}.items()
        for language in re.findall(r"^ *```(.*)\n(?:.*\n)*?^ *```$", text, re.MULTILINE)
    }

    assert fences >= {("operations.md", "console"), ("docker", "sh")}
    assert {page for page, language in fences if language == "bash"} == {"install-systemd.md"}
    assert {language for _, language in fences} == {"console", "bash", "sh", "http", ""}
    assert {page for page, language in fences if not language} == {"threat-model.md"}, "drawings only"


def test_a_command_in_a_sentence_has_the_options_that_it_is_shown_with() -> None:
    """Tables and sentences name commands that no block runs: an option that was renamed is found here."""
    shown = re.findall(r"`(microcred [a-z][^`]*)`", EVERYWHERE)

    assert [said for said in shown if "--" in said]
    assert [said for said in shown if unknown_options(shlex.split(said)[1:])] == []


def unknown_options(words: list[str]) -> set[str]:
    """Return the options among the words of a command that it does not have."""
    command, known = cast(click.Command, microcred), {"--help"}
    for word in words:
        known |= {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        if isinstance(command, click.Group) and word in command.commands:
            command = command.commands[word]
    known |= {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    return {word.partition("=")[0] for word in words if word.startswith("--")} - known


def test_the_commands_of_the_pages_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line of a console block ends well, in the order of the pages, on an empty folder."""
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MICROCRED_SECRET_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("MICROCRED_SEAL_FILE", "var/seal.pem")
    monkeypatch.setenv("MICROCRED_TRUST_FILE", "var/seal-authority.pem")

    lines = [line for _, block in blocks("console") for line in block]

    assert lines
    for line in lines:
        outcome = CliRunner().invoke(microcred, shlex.split(line)[1:])
        assert outcome.exit_code == 0, f"{line}: {outcome.output} {outcome.exception}"
