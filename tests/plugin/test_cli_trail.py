"""Each command that changes something at the bridge is in the audit trail, with who did it and why."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lti.claims import platform_id
from lti.stores import Deployment
from plugin.cli import microcred
from plugin.parts import open_storage
from plugin.settings import read_settings
from plugin.storage.audit import Entry
from plugin.storage.registrations import Registrations
from tests.factories import ISSUED
from tests.plugin.test_administering import MOODLE
from tests.plugin.test_cli import COURSE, INSTITUTION, Terminal
from tests.simulators.certificate_authority import CertificateAuthority
from tests.test_docs import commands

DEPLOYMENT = platform_id(MOODLE.issuer, MOODLE.client_id, "1")
LOOKS = {
    "audit verify", "case list", "check", "dpia", "held list", "keys list", "person alike", "profile check",
    "registrations", "status", "verify",
}  # fmt: skip
ONLY_FILES = {"keys dev", "keys request", "keys secret", "keys trial", "secrets new"}
"""They write a file beside the bridge, which does nothing until a setting names it."""
RUNS = {"serve", "worker", "sync", "issue", "probe"}
"""They do what the bridge does by itself; the steps of each award are entered by whoever takes them."""
UNNAMED = {"platform", "institution", "course", "keys proctoring", "setup", "retention"}
"""They take no name: it was the account, or who set up."""
BY = ("--by", "Dr Vos", "--reason", "ticket 7")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal on a bridge with a seal, a platform, a deployment that waits, and files to name; one for all."""
    tmp_path = tmp_path_factory.mktemp("trail")
    terminal = Terminal(tmp_path)
    terminal.set_up()
    (tmp_path / "secret").write_text("word")
    (tmp_path / "next.pem").write_bytes(CertificateAuthority().seal().certificate.public_bytes(Encoding.PEM))
    stored = Registrations(open_storage(read_settings(terminal.environment)))
    stored.save(MOODLE, ISSUED)
    stored.note_deployment(Deployment(MOODLE.id, "1", DEPLOYMENT, allowed=False, first_seen_at=ISSUED))
    terminal.ok("platform", "demo", "https://lms.example", "--token-file", str(tmp_path / "secret"))
    terminal.ok("keys", "rotate", "--only", "ES256")
    terminal.ok("backup", str(tmp_path / "backups"))
    return terminal


def done(terminal: Terminal, *words: str) -> list[Entry]:
    """What the trail holds more after a command."""
    storage = open_storage(read_settings(terminal.environment))
    with storage.reading() as work:
        before = sum(1 for _ in work.audit.entries())
    terminal.ok(*words)
    with storage.reading() as work:
        return [each.entry for each in work.audit.entries()][before:]


def with_a_name() -> Iterator[str]:
    """Every command that asks who does it."""
    for name in commands(microcred, "microcred"):
        command: click.Command = microcred
        for word in name.split()[1:]:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        if any(each.name == "by" for each in command.params):
            yield name.removeprefix("microcred ")


def test_no_command_changes_something_without_a_name() -> None:
    """Whatever is added later asks for one, or is named here as something that changes nothing."""
    there = {name.removeprefix("microcred ") for name in commands(microcred, "microcred")}

    assert there - set(with_a_name()) == LOOKS | ONLY_FILES | RUNS | UNNAMED


def seal_of(terminal: Terminal) -> str:
    """The thumbprint of some key."""
    return terminal.ok("keys", "list").split()[0]


@pytest.mark.parametrize(
    ("words", "act"),
    [
        (("platform", "other", "https://other.example", "--token-file", "{folder}/secret"), "connect_platform"),
        (("institution", INSTITUTION), "state_institution"),
        (("course", "demo", "3", COURSE, INSTITUTION), "enable"),
        (("keys", "proctoring", "demo"), "make_intake_secret"),
        (("deployment", DEPLOYMENT), "allow"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_where_nobody_is_named_it_was_the_account(terminal: Terminal, words: tuple[str, ...], act: str) -> None:
    """Nothing is done by nobody."""
    entries = done(terminal, *(word.format(folder=terminal.folder) for word in words))

    assert [(each.actor.partition(":")[0], each.act) for each in entries] == [("command line", act)]


@pytest.mark.parametrize(
    ("words", "act"),
    [
        (("invite",), "invite"),
        (("deployment", DEPLOYMENT), "allow"),
        (("deployment", DEPLOYMENT, "--refuse"), "stop"),
        (("authorise", "demo"), "authorisation_ticket"),
        (("push", "demo", "{folder}/secret"), "expect_push"),
        (("retry",), "retry"),
        (("admin", "link", "--name", "Ada Admin"), "link"),
        (("person", "sign-out", "demo", "4"), "sign_out"),
        (("admin", "end"), "end"),
        (("migrate", "--after"), "migrate_after"),
        (("backup", "{folder}/more"), "backup"),
        (("rehearse", "{backup}"), "rehearse"),
        (("keys", "rotate", "--only", "EdDSA"), "rotate_key"),
        (("keys", "rotate-lti"), "rotate_lti_key"),
        (("keys", "announce", "{folder}/next.pem"), "announce_seal"),
        (("keys", "compromised", "{key}", "--since", "2026-01-01"), "mark_compromised"),
        (("secrets", "rotate"), "rotate_secrets"),
        (("migrate", "--back-to", "0013", "--yes"), "migrate"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_who_changes_something_is_named_with_the_reason(terminal: Terminal, words: tuple[str, ...], act: str) -> None:
    """One entry, by the name that was given."""
    (backup,) = (terminal.folder / "backups").iterdir()
    named = {"folder": terminal.folder, "backup": backup, "key": seal_of(terminal)}

    entries = done(terminal, *(word.format(**named) for word in words), *BY)

    assert [(each.actor, each.act, each.detail) for each in entries] == [("Dr Vos", act, "ticket 7")]
