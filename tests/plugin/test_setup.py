"""The first start: each answer is checked at once, what is there is never destroyed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from plugin.cli import microcred
from plugin.commands import settings_file
from plugin.errors import InvalidSettings
from plugin.listing import FROM_FILE, Source, stated
from plugin.setting_up import WrongAnswer, checked_folder, checked_mail, checked_seal, checked_url, merged
from plugin.settings import read_settings
from plugin.storage.audit import AuditTrail
from plugin.storage.engine import open_engine
from plugin.storage.migrate import standing
from tests import factories
from tests.conftest import ROOT
from tests.simulators.certificate_authority import CertificateAuthority

INSTITUTION = ROOT / "tests" / "profiles" / "institution.yaml"
NOW = datetime.now(UTC)


class Machine:
    """A folder in which setup is run, as a person or by a file of answers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "etc" / "settings"

    def answers(self, **changes: str) -> dict[str, str]:
        """Answers that hold on this machine, with changes."""
        return {
            "public_url": "http://127.0.0.1:8080/",
            "data_dir": str(self.folder / "data"),
            "institution": str(INSTITUTION),
            "seal": "development",
            "administrator": "it@academy.example.org",
            **changes,
        }

    def run(self, *arguments: str, typed: str = "") -> Result:
        """Type ``microcred setup`` with ``arguments``, then ``typed`` at its questions."""
        command = ["--quiet", "setup", str(self.file), *arguments]
        return CliRunner().invoke(microcred, command, input=typed, env={"MICROCRED_BROKER_URL": "memory://"})

    def by_file(self, **changes: str) -> Result:
        """Run it without anybody who could be asked."""
        (self.folder / "answers.yaml").write_text(yaml.safe_dump(self.answers(**changes)))
        return self.run("--answers", str(self.folder / "answers.yaml"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that has nothing yet."""
    return Machine(tmp_path)


def test_answers_become_a_bridge_that_is_ready(machine: Machine) -> None:
    """Settings, secrets and seal of their owner only, a schema, the institution, a way to connect a platform."""
    result = machine.by_file()

    assert result.exit_code == 0, result.output
    assert "http://127.0.0.1:8080/lti/register/" in result.stdout
    made = {path.name: path.stat().st_mode & 0o777 for path in machine.file.parent.iterdir()}
    assert made == dict.fromkeys(["settings", "secret_keys", "operator_token", "institution.yaml"], 0o600)
    settings = read_settings(settings_file.read(machine.file))
    engine = open_engine(settings.database)
    assert standing(engine) == "current"
    with engine.connect() as connection:
        assert AuditTrail(connection).verify() is None
        acts = connection.exec_driver_sql("SELECT actor, act FROM audit ORDER BY seq").all()
    assert ("it@academy.example.org", "set_up") in [tuple(act) for act in acts]
    checked = subprocess.run(
        [sys.executable, "-m", "plugin.cli", "--settings", str(machine.file), "check"],
        env={name: value for name, value in os.environ.items() if not name.startswith("MICROCRED_")},
        capture_output=True,
        text=True,
    )
    assert "ready: 0 red" in checked.stdout, checked.stdout + checked.stderr
    assert "MICROCRED_PUBLIC_URL        settings file http://127.0.0.1:8080" in checked.stdout


def test_a_second_run_destroys_nothing(machine: Machine) -> None:
    """One answer is changed; secrets, seal, keys and lines of others stay as they were."""
    machine.by_file()
    with machine.file.open("a") as file:
        file.write("# ours\nMICROCRED_SYNC_MINUTES=5\n")
    kept = {path: path.read_bytes() for path in machine.folder.rglob("*") if path.name in {"secret_keys", "seal.pem"}}
    keys = sorted((machine.folder / "data" / "keys").iterdir())

    result = machine.run("--answer", "administrator=new@academy.example.org", typed="\n\n\n\n\n\n")

    assert result.exit_code == 0, result.output
    assert "[http://127.0.0.1:8080]" in result.output
    assert {path: path.read_bytes() for path in kept} == kept
    assert sorted((machine.folder / "data" / "keys").iterdir()) == keys
    text = machine.file.read_text()
    assert "# ours\nMICROCRED_SYNC_MINUTES=5\n" in text
    assert text.count("MICROCRED_ADMINISTRATOR=new@academy.example.org") == 1


def test_a_person_is_asked_again_until_the_answer_holds(machine: Machine) -> None:
    """Each wrong answer is told at once, with what would do; nothing is written before the end."""
    said = [
        "ftp://x",
        "http://127.0.0.1:8080",
        str(machine.folder / "data"),
        str(machine.folder / "missing.yaml"),
        str(INSTITUTION),
        str(machine.folder / "missing.p12"),
        "development",
        "nobody",
        "it@academy.example.org",
        "n",
    ]

    result = machine.run(typed="\n".join(said) + "\n")

    assert result.exit_code == 1
    for told in ("not an http or https address", "missing.yaml cannot be read", "missing.p12 is no file", "not a mail"):
        assert told in result.output
    assert not machine.file.exists()


def test_wrong_answers_of_a_file_end_it(machine: Machine) -> None:
    """Nobody can be asked: one sentence, exit code 1, nothing written."""
    for change in ({"administrator": "x"}, {"seal": "missing.pem"}, {"public_url": "https://x.example.org"}):
        result = machine.by_file(**change)
        assert (result.exit_code, result.stderr.startswith("Error: ")) == (1, True), change
    assert "development seal" in result.stderr
    assert "no such answer: colour" in machine.by_file(colour="red").stderr
    assert not machine.file.exists()


def test_a_real_seal_with_a_password_serves_a_public_address(machine: Machine) -> None:
    """Its password goes into a file of its own; the proxy in front is believed."""
    names = (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATION_IDENTIFIER, NameOID.COUNTRY_NAME)
    named = dict(zip(names, ("Test Academy", "VATBE-0123456789", "BE"), strict=True))
    made = CertificateAuthority().seal(named, begins=NOW - timedelta(days=1))
    seal = machine.folder / "seal.p12"
    protection = BestAvailableEncryption(b"hush")
    seal.write_bytes(pkcs12.serialize_key_and_certificates(None, made.key, made.certificate, None, protection))

    result = machine.by_file(public_url="https://mc.example.org", seal=str(seal), seal_password="hush")

    assert result.exit_code == 0, result.output
    settings = read_settings(settings_file.read(machine.file))
    assert (settings.seal_password, settings.proxy_hops) == ("hush", 1)
    assert "hush" not in machine.file.read_text() + result.output


def test_a_seal_is_refused_with_the_reason(tmp_path: Path) -> None:
    """Another institution's, an expired one, a file that is no seal."""
    authority, issuer = CertificateAuthority(), factories.issuer()
    foreign, old = authority.seal(), authority.seal(begins=NOW - timedelta(days=800))
    for made, reason in ((foreign, "another institution"), (old, "expired")):
        file = tmp_path / "seal.pem"
        file.write_bytes(made.key_pem + made.certificate_pem)
        with pytest.raises(WrongAnswer, match=reason):
            checked_seal(str(file), "", issuer, public=True, now=NOW)
    file.write_text("no seal")
    with pytest.raises(WrongAnswer, match="cannot be read"):
        checked_seal(str(file), "", issuer, public=True, now=NOW)


def test_single_answers() -> None:
    """What is taken, and what is not."""
    assert checked_url(" https://mc.example.org/ ") == "https://mc.example.org"
    assert checked_mail(" it@academy.example.org ") == "it@academy.example.org"
    for wrong in ("it", "it@", "@x.y", "it@host", "i t@x.y"):
        with pytest.raises(WrongAnswer, match="not a mail address"):
            checked_mail(wrong)
    with pytest.raises(WrongAnswer, match="cannot be written"):
        checked_folder("/proc/nowhere")


def test_lines_that_are_not_ours_stay() -> None:
    """Renewed where they stand, added at the end."""
    assert merged("# a\nA=1\nB=2", {"A": "3", "C": "4"}) == "# a\nA=3\nB=2\nC=4"


def test_a_settings_file_is_read_like_systemd_s(tmp_path: Path) -> None:
    """Comments, empty lines and quotes; the environment wins; what is no line is named."""
    file = tmp_path / "settings"
    file.write_text("# a\n\nA=1\nB=\"two words\"\nC='3'\n")
    environment = {"A": "mine"}

    settings_file.load(file, environment)

    assert environment.pop(FROM_FILE) == "B C"
    assert environment == {"A": "mine", "B": "two words", "C": "3"}
    file.write_text("A=1\nnonsense\n")
    with pytest.raises(InvalidSettings, match=r"line 2: not like NAME=value"):
        settings_file.read(file)


def test_a_process_that_was_started_again_knows_what_came_from_the_file(tmp_path: Path) -> None:
    """Serving starts itself again, or becomes another program, with everything already set."""
    file = tmp_path / "settings"
    file.write_text("MICROCRED_PORT=9000\nMICROCRED_HOST=0.0.0.0\n")
    environment = {"MICROCRED_HOST": "127.0.0.1"}
    settings_file.load(file, environment)
    settings_file.load(file, environment)

    sources = {each.name: each.source for each in stated(environment)}

    assert sources["MICROCRED_PORT"] is Source.SETTINGS_FILE
    assert sources["MICROCRED_HOST"] is Source.ENVIRONMENT
    assert sources["MICROCRED_DATA_DIR"] is Source.DEFAULT


def test_a_settings_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """One sentence instead of a traceback."""
    result = CliRunner().invoke(microcred, ["--settings", str(tmp_path / "missing"), "check"])

    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
