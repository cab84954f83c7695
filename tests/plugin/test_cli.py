from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plugin.cli import microcred
from tests.conftest import ROOT
from tests.simulators.moodle import REPORT_ID, TOKEN, MoodleSimulator

PROFILES = ROOT / "tests" / "profiles"
COURSE, INSTITUTION = str(PROFILES / "ada101-competencies.yaml"), str(PROFILES / "institution.yaml")


class Terminal:
    """A terminal in a folder of its own, whose environment grows with what was set up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"MICROCRED_DATA_DIR": str(folder), "MICROCRED_PRIVATE_NETWORKS": "127.0.0.0/8"}

    def run(self, *arguments: str) -> Result:
        """Type ``microcred arguments``."""
        return CliRunner().invoke(microcred, ["--quiet", *arguments], env=self.environment)

    def ok(self, *arguments: str) -> str:
        """Type it and expect that it goes well."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def set_up(self) -> None:
        """Do what the first steps say."""
        self.environment["MICROCRED_SECRET_KEYS"] = self.ok("keys", "secret").strip()
        said = self.ok("keys", "dev", INSTITUTION, "--out", str(self.folder / "seal.pem"))
        self.environment |= dict(line.split("=", 1) for line in said.splitlines())
        self.ok("migrate")


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal on a machine that has nothing yet."""
    for name in ("MICROCRED_DATABASE_URL", "MICROCRED_SEAL_FILE"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(tmp_path)


def test_help_names_every_sub_command() -> None:
    """A new user sees what there is and where to begin."""
    shown = CliRunner().invoke(microcred, ["--help"]).stdout

    for command in ("issue", "sync", "serve", "worker", "migrate", "keys", "profile", "check", "verify", "status"):
        assert command in shown
    assert "First steps" in shown


@pytest.mark.parametrize("command", sorted(microcred.commands))
def test_every_sub_command_explains_itself(command: str) -> None:
    """Help is a sentence, not a name."""
    shown = CliRunner().invoke(microcred, [command, "--help"])

    assert shown.exit_code == 0
    assert len(microcred.commands[command].get_short_help_str().split()) > 2


def test_who_only_looks_waits_for_no_writer(terminal: Terminal) -> None:
    """While another process holds the write lock of SQLite, the state can be seen: that is when one looks."""
    terminal.set_up()
    with closing(sqlite3.connect(terminal.folder / "microcred.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")

        assert json.loads(terminal.ok("status", "--json"))["offers"] == []


def test_from_nothing_to_sealed_files(terminal: Terminal) -> None:
    """The first steps, then sync and issue at the terminal: two of six are sealed, and once only."""
    terminal.set_up()
    (terminal.folder / "token").write_text(TOKEN)
    with MoodleSimulator() as moodle:
        terminal.ok("platform", "demo", moodle.url, "--token-file", str(terminal.folder / "token"))
        terminal.ok("course", "demo", "3", COURSE, INSTITUTION)

        assert "6 learners read, 6 changed, 2 became eligible" in terminal.ok("sync")
        assert terminal.ok("issue") == "2 of 2 sealed\n"
        assert terminal.ok("issue") == "0 of 0 sealed\n"
    assert "2 sealed, 4 withheld" in terminal.ok("status")
    assert terminal.ok("audit", "verify") == "the trail is intact\n"


def test_a_completion_report_is_tried_when_it_is_named(terminal: Terminal) -> None:
    """It is kept when the token is renewed, and taken back by 0; one that cannot be used is told with what helps."""
    terminal.set_up()
    (terminal.folder / "token").write_text(TOKEN)
    with MoodleSimulator() as moodle:
        named = ("platform", "demo", moodle.url, "--token-file", str(terminal.folder / "token"))

        assert "report 5 is used" in terminal.ok(*named, "--completion-report", REPORT_ID)
        assert "report 5 is used" in terminal.ok(*named)
        wrong = terminal.ok(*named, "--completion-report", "6")
        assert "report" not in terminal.ok(*named, "--completion-report", "0")
    assert "report 6 is not used yet" in wrong
    assert "Custom reports" in wrong
    assert "not used yet" in terminal.ok(*named, "--completion-report", "5")  # Moodle is away


def test_a_completion_report_is_a_thing_of_moodle(terminal: Terminal) -> None:
    """Canvas lists completion by itself."""
    terminal.set_up()
    (terminal.folder / "token").write_text(TOKEN)
    named = ("platform", "demo", "https://c.example", "--token-file", str(terminal.folder / "token"))

    assert terminal.run(*named, "--kind", "canvas", "--completion-report", "5").exit_code == 2


def test_a_command_before_migrate_says_what_to_do(terminal: Terminal) -> None:
    """No traceback: one sentence and its code."""
    result = terminal.run("status")

    assert result.exit_code == 1
    assert "run `microcred migrate` [schema_mismatch]" in result.stderr


def test_wrong_settings_are_told_in_a_sentence(terminal: Terminal) -> None:
    """A typing error in a variable is named."""
    terminal.environment["MICROCRED_PROT"] = "1"

    result = terminal.run("check")

    assert result.exit_code == 1
    assert "MICROCRED_PROT: there is no such setting" in result.stdout


def test_check_tells_settings_but_no_secret(terminal: Terminal) -> None:
    """Everything that is set is shown, secrets as «set»; ready means that nothing is red."""
    terminal.set_up()

    shown = terminal.ok("check")

    assert "\nready: 0 red" in shown
    assert "MICROCRED_SECRET_KEYS       environment   (set)" in shown
    assert terminal.environment["MICROCRED_SECRET_KEYS"] not in shown


def test_check_names_what_is_missing(terminal: Terminal) -> None:
    """Nothing set up: secret, seal and schema are named at once, and the exit code says so."""
    result = terminal.run("check")

    assert result.exit_code == 1
    assert all(each in result.stdout for each in ("SECRET_KEYS", "SEAL_FILE", "microcred migrate", "NOT ready"))


def test_check_tells_machines_what_it_tells_people(terminal: Terminal) -> None:
    """Settings with their source, checks with their state, and no secret."""
    terminal.set_up()
    (terminal.folder / "token").write_text("a-token-of-some-length")
    terminal.environment["MICROCRED_OPERATOR_TOKEN_FILE"] = str(terminal.folder / "token")
    terminal.environment["MICROCRED_BROKER_URL"] = "memory://user:hush@nowhere"

    shown = terminal.ok("check", "--json")

    said = json.loads(shown)
    sources = {each["name"]: (each["source"], each["value"]) for each in said["settings"]}
    assert sources["MICROCRED_OPERATOR_TOKEN"] == ("file", f"(in {terminal.folder / 'token'})")
    assert sources["MICROCRED_BROKER_URL"] == ("environment", "memory://user:(hidden)@nowhere")
    assert sources["MICROCRED_PORT"] == ("default", "8080")
    assert said["checks"]["database"][0]["status"] == "pass"
    assert not any(secret in shown for secret in ("hush", "a-token", terminal.environment["MICROCRED_SECRET_KEYS"]))


def test_a_profile_is_checked_with_every_problem(terminal: Terminal, tmp_path: Path) -> None:
    """Each problem with its path; nothing is accepted by half."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("id: x\nversion: 0\nlevel: {eqf: 9}\n")

    result = terminal.run("profile", "check", str(wrong))

    assert result.exit_code == 1
    assert all(each in result.stderr for each in ("version", "level"))


def test_a_good_profile_is_accepted(terminal: Terminal) -> None:
    """Together with the institution nothing is missing."""
    assert "accepted" in terminal.ok("profile", "check", COURSE, "--institution", INSTITUTION)


def test_verify_refuses_what_is_no_credential(terminal: Terminal, tmp_path: Path) -> None:
    """Exit code 1, and a report for machines where asked."""
    file = tmp_path / "x.json"
    file.write_text("{}")

    result = terminal.run("verify", str(file), "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False


@pytest.mark.parametrize("run", ["first", "again"])
def test_the_demonstration(run: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two sealed and verified, four withheld with the reasons that hold; run again the very same files."""
    folder = tmp_path_factory.getbasetemp() / "demo"
    before = {file.name: file.read_bytes() for file in folder.glob("credentials/*")}

    demo = [sys.executable, "-m", "tests.demo", "--once", "--folder", str(folder)]
    done = subprocess.run(demo, cwd=ROOT, capture_output=True, text=True, timeout=120)

    files = {file.name: file.read_bytes() for file in folder.glob("credentials/*")}
    assert done.returncode == 0, done.stderr
    assert "6 learners: 2 sealed, 2 of them verified; 4 withheld." in done.stdout
    assert sorted(files) == ["STU-0001.jsonld", "STU-0002.jsonld"]
    assert run == "first" or before == files


def test_an_institution_profile_is_kept_for_teachers_once(terminal: Terminal) -> None:
    """Teachers then enable credentials on their own page."""
    terminal.set_up()

    first, second = terminal.ok("institution", INSTITUTION), terminal.ok("institution", INSTITUTION)

    assert first.startswith("kept: ")
    assert second.startswith("known already: ")


def test_a_backup_is_made_rehearsed_and_restored(terminal: Terminal, tmp_path: Path) -> None:
    """The way of backup.md on SQLite: what was there is renamed, and everything waits for a person."""
    terminal.set_up()
    said = terminal.ok("backup", "--keep", "1", str(tmp_path / "backups"))
    (folder,) = (tmp_path / "backups").iterdir()

    rehearsed = terminal.ok("rehearse", str(tmp_path / "backups"))
    refused = terminal.run("restore", str(folder), "--by", "Dr Vos")
    restored = terminal.ok("restore", str(folder), "--by", "Dr Vos", "--yes")
    resumed = terminal.ok("resume", "--by", "Dr Vos")

    assert f"{folder}: 0 credentials" in said
    assert "this backup can be restored" in rehearsed
    assert refused.exit_code == 1
    assert "no journal was found" in restored
    assert list(tmp_path.glob("microcred.sqlite3.before-*"))
    assert "go on" in resumed
    assert "nothing was paused" in terminal.ok("resume", "--by", "Dr Vos")


def test_reconciling_by_hand_pauses(terminal: Terminal) -> None:
    """Whoever restored by other means does this before anything else."""
    terminal.set_up()

    assert "paused" in terminal.ok("reconcile", "--by", "Dr Vos")
    assert "go on" in terminal.ok("resume", "--by", "Dr Vos")


def test_a_person_is_exported_and_erased(terminal: Terminal) -> None:
    """With a question before the erasure, and nothing left to export after it."""
    terminal.set_up()
    (terminal.folder / "token").write_text(TOKEN)
    with MoodleSimulator() as moodle:
        terminal.ok("platform", "demo", moodle.url, "--token-file", str(terminal.folder / "token"))
        terminal.ok("course", "demo", "3", COURSE, INSTITUTION)
        terminal.ok("sync")
    out, why = str(terminal.folder / "me.zip"), ("--by", "Dr Vos", "--reason", "asked in writing")

    exported = terminal.ok("person", "export", "demo", "4", "--out", out)
    asked = terminal.run("person", "erase", "demo", "4", *why)
    erased = terminal.ok("person", "erase", "demo", "4", *why, "--yes")
    gone = terminal.run("person", "export", "demo", "4", "--out", out)

    assert exported == f"wrote {out}\n"
    assert (asked.exit_code, gone.exit_code) == (1, 1)
    assert "assessments: 1" in asked.stderr
    assert "erased; 0 credential(s)" in erased
    assert "nothing is kept" in gone.stderr


def test_old_data_and_the_map_of_all_data_are_told(terminal: Terminal) -> None:
    """Nothing is due in a new installation; the draft names its address."""
    terminal.set_up()

    assert terminal.ok("retention").startswith("0 due: launches")
    assert terminal.ok("retention", "--delete").startswith("0 deleted: launches")
    assert "http://127.0.0.1:8080" in terminal.ok("dpia")
