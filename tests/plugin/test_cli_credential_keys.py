"""``microcred keys``: credential keys from the terminal."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from mappings.documents.envelope import Format
from mappings.documents.open_badges import render_open_badge
from plugin.cli import microcred
from plugin.issuer import credential_sealers
from plugin.parts import open_storage
from plugin.sealing.development import development_seal
from plugin.settings import Settings
from plugin.storage.credentials import Reserved
from plugin.storage.migrate import upgrade
from plugin.storage.outbox import Ring, Topic
from tests import factories
from tests.mappings.documents.samples import ISSUER_URL, credential, envelope
from tests.plugin.rows import a_credential, an_award, an_offer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings that the commands run with."""
    return Settings(data_dir=tmp_path, public_url=ISSUER_URL)


def run(settings: Settings, *arguments: str) -> Result:
    """Type ``microcred arguments``."""
    environment = {"MICROCRED_DATA_DIR": str(settings.data_dir), "MICROCRED_PUBLIC_URL": settings.public_url}
    return CliRunner().invoke(microcred, ["--quiet", *arguments], env=environment)


def test_the_first_rotation_makes_two_keys_that_sign_at_once(settings: Settings) -> None:
    """One for badges, one for wallets; the list shows both as active."""
    made = run(settings, "keys", "rotate").stdout.splitlines()
    listed = run(settings, "keys", "list").stdout.splitlines()

    assert [line.split()[1] for line in made[:2]] == ["EdDSA", "ES256"]
    assert [line.split()[1:4] for line in listed] == [
        ["EdDSA", "credentials", "active"],
        ["ES256", "credentials", "active"],
    ]


def test_a_later_rotation_plans_a_key(settings: Settings) -> None:
    """The old one signs on until everybody may know the new one."""
    run(settings, "keys", "rotate")
    run(settings, "keys", "rotate", "--only", "ES256")

    states = [line.split()[3] for line in run(settings, "keys", "list").stdout.splitlines()]

    assert states == ["active", "active", "planned"]


def test_a_compromised_key_voids_a_badge(settings: Settings, tmp_path: Path) -> None:
    """Valid offline before, void after; a typing error is told, also of a name that begins with a hyphen."""
    run(settings, "keys", "rotate")
    badge = render_open_badge(credential(), envelope(valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    sealed = credential_sealers(settings)[Format.OPEN_BADGES].seal(badge, datetime.now(UTC))
    (tmp_path / "badge.json").write_bytes(sealed.body)

    before = run(settings, "verify", "--offline", "--json", str(tmp_path / "badge.json"))
    wrong = run(settings, "keys", "compromised", "-who-is-this", "--since", "2026-01-01")
    run(settings, "keys", "compromised", sealed.key_id, "--since", "2026-01-01")
    after = run(settings, "verify", "--offline", "--json", str(tmp_path / "badge.json"))

    assert (before.exit_code, after.exit_code) == (0, 1)
    assert (wrong.exit_code, "key_unsuitable" in wrong.output) == (1, True)
    assert json.loads(after.stdout)["steps"][3]["code"] == "time_unproven"


@pytest.fixture
def sealing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same with a development seal in place."""
    made = development_seal(factories.issuer(), datetime.now(UTC))
    path = settings.data_dir / "seal.pem"
    path.write_bytes(made.key_pem + made.certificate_pem)
    monkeypatch.setenv("MICROCRED_SEAL_FILE", str(path))
    return settings


def states(settings: Settings) -> list[str]:
    """The states in the list of keys."""
    return [line.split()[3] for line in run(settings, "keys", "list").stdout.splitlines()]


def test_one_list_shows_seals_and_credential_keys(sealing: Settings, tmp_path: Path) -> None:
    """The seal in use, the one that was announced, the credential keys; a certificate's end beside it."""
    run(sealing, "keys", "rotate")
    (tmp_path / "next.pem").write_bytes(development_seal(factories.issuer(), datetime.now(UTC)).certificate_pem)

    told = run(sealing, "keys", "announce", str(tmp_path / "next.pem"))

    assert "planned" in told.stdout
    assert states(sealing) == ["active", "planned", "active", "active"]
    assert ", ends 20" in run(sealing, "keys", "list").stdout.splitlines()[0]


def test_what_is_no_certificate_is_not_announced(settings: Settings, tmp_path: Path) -> None:
    """The file is named."""
    (tmp_path / "next.pem").write_text("nothing")

    refused = run(settings, "keys", "announce", str(tmp_path / "next.pem"))

    assert (refused.exit_code, "next.pem" in refused.output) == (1, True)


def test_a_request_is_written_once(settings: Settings, tmp_path: Path) -> None:
    """A key that waits for its certificate is never overwritten; only its owner reads it."""
    profile = Path(__file__).parents[1] / "profiles" / "institution.yaml"
    key, out = tmp_path / "next-key.pem", tmp_path / "next.csr"
    asked = ("keys", "request", str(profile), "--key", str(key), "--out", str(out))

    first, again = run(settings, *asked), run(settings, *asked)

    assert (first.exit_code, again.exit_code) == (0, 1)
    assert "not overwritten" in again.output
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"CERTIFICATE REQUEST" in out.read_bytes()


def test_a_trial_attests_nothing(sealing: Settings, tmp_path: Path) -> None:
    """It is no credential of any format; without a seal there is none."""
    out = tmp_path / "trial.json"

    told = run(sealing, "keys", "trial", "--out", str(out))

    assert told.exit_code == 0
    assert "attests nothing" in json.loads(out.read_bytes())["payload"]
    assert run(sealing, "verify", "--offline", str(out)).exit_code == 1


def test_without_a_seal_there_is_no_trial(settings: Settings) -> None:
    """The setting is named."""
    assert "MICROCRED_SEAL_FILE" in run(settings, "keys", "trial").output


def test_a_seal_can_be_compromised_too(sealing: Settings) -> None:
    """Its authority has to be told, and we say so."""
    key_id = run(sealing, "keys", "list").stdout.split()[0]

    told = run(sealing, "keys", "compromised", key_id, "--since", "2026-01-01")

    assert "authority" in told.stdout
    assert states(sealing) == ["compromised"]


def test_a_compromised_key_has_every_list_sealed_again(settings: Settings) -> None:
    """Nobody believes a list that its thief could have signed."""
    storage = open_storage(replace(settings, secret_keys=(Fernet.generate_key().decode(),)))
    upgrade(storage.engine)
    award = an_award(storage, an_offer(storage))
    with storage.begin() as work:
        reserved = work.credentials.reserve(award, a_credential(), versions=(1, 1), now=datetime.now(UTC))
    run(settings, "keys", "rotate")
    key_id = run(settings, "keys", "list").stdout.split()[0]
    with storage.begin() as work:
        work.outbox.finish(work.outbox.claim(Topic.STATUS, list_of(reserved), datetime.now(UTC), timedelta(minutes=1)))

    run(settings, "keys", "compromised", key_id, "--since", "2026-01-01")

    with storage.begin() as work:
        asked = work.outbox.ring(datetime.now(UTC), in_flight=10, again_after=timedelta(minutes=1))
    storage.engine.dispose()
    assert asked == (Ring(Topic.STATUS, list_of(reserved)),)


def list_of(reserved: Reserved) -> str:
    """The id of a credential's list."""
    return reserved.envelope.status_list_url.rpartition("/")[2]
