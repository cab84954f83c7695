"""``microcred keys``: credential keys from the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mappings.documents.envelope import Format
from mappings.documents.open_badges import render_open_badge
from plugin.cli import microcred
from plugin.issuer import credential_sealers
from plugin.settings import Settings
from tests.mappings.documents.samples import ISSUER_URL, credential, envelope


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
    """Valid offline before, void after; a typing error is told."""
    run(settings, "keys", "rotate")
    badge = render_open_badge(credential(), envelope(valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    sealed = credential_sealers(settings)[Format.OPEN_BADGES].seal(badge, datetime.now(UTC))
    (tmp_path / "badge.json").write_bytes(sealed.body)

    before = run(settings, "verify", "--offline", "--json", str(tmp_path / "badge.json"))
    wrong = run(settings, "keys", "compromised", "nobody", "--since", "2026-01-01")
    run(settings, "keys", "compromised", sealed.key_id, "--since", "2026-01-01")
    after = run(settings, "verify", "--offline", "--json", str(tmp_path / "badge.json"))

    assert (before.exit_code, after.exit_code) == (0, 1)
    assert (wrong.exit_code, "key_unsuitable" in wrong.output) == (1, True)
    assert json.loads(after.stdout)["steps"][3]["code"] == "key_compromised"
