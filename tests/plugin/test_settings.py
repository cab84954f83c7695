from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from plugin.errors import InvalidSettings
from plugin.settings import Settings, read_settings


def test_nothing_said_gives_the_embedded_installation() -> None:
    """Without any variable the bridge runs on SQLite and the file broker."""
    settings = read_settings({})

    assert (settings.database, settings.broker_url) == ("sqlite:///var/microcred.sqlite3", "filesystem://")


def test_values_are_read_by_the_type_of_the_setting() -> None:
    """Numbers, folders and lists arrive as such."""
    said = {"MICROCRED_PORT": "9000", "MICROCRED_DATA_DIR": "/srv/x", "MICROCRED_PRIVATE_NETWORKS": "10.0.0.0/8, ::1"}

    settings = read_settings(said)

    assert (settings.port, settings.data_dir) == (9000, Path("/srv/x"))
    assert settings.private_networks == ("10.0.0.0/8", "::1")


def test_a_file_beats_the_variable(tmp_path: Path) -> None:
    """A secret may lie in a file; its path wins over a value."""
    secret = tmp_path / "password"
    secret.write_text("from the file\n")

    settings = read_settings({"MICROCRED_SEAL_PASSWORD_FILE": str(secret), "MICROCRED_SEAL_PASSWORD": "variable"})

    assert settings.seal_password == "from the file"


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    """A missing secret file is never taken for an empty secret."""
    with pytest.raises(InvalidSettings, match=r"SEAL_PASSWORD: the file .* cannot be read"):
        read_settings({"MICROCRED_SEAL_PASSWORD_FILE": str(tmp_path / "missing")})


def test_all_problems_are_named_at_once() -> None:
    """One start, one list: wrong number, unknown name, wrong address, wrong broker."""
    said = {
        "MICROCRED_PORT": "many",
        "MICROCRED_PROT": "8080",
        "MICROCRED_PUBLIC_URL": "ftp://x",
        "MICROCRED_BROKER_URL": "kafka://x",
    }

    with pytest.raises(InvalidSettings) as refused:
        read_settings(said)

    named = sorted(problem.partition(":")[0] for problem in refused.value.problems)
    assert named == ["MICROCRED_BROKER_URL", "MICROCRED_PORT", "MICROCRED_PROT", "MICROCRED_PUBLIC_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("WORKER_THREADS", "65"),
        ("PUBLIC_URL", "https://x.example/"),
        ("SECRET_KEYS", "secret"),
        ("DATABASE_URL", "mysql://x"),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: str) -> None:
    """What cannot work does not start."""
    with pytest.raises(InvalidSettings, match=f"MICROCRED_{name}"):
        read_settings({f"MICROCRED_{name}": value})


def test_secrets_do_not_show() -> None:
    """Settings may be printed."""
    key = Fernet.generate_key().decode()

    shown = repr(Settings(secret_keys=(key,), seal_password="hush", operator_token="token-1"))

    assert not any(secret in shown for secret in (key, "hush", "token-1"))
