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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEYS", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
        ("OPERATOR_TOKEN", "secret"),
        ("DATABASE_URL", "postgresql://microcred:microcred@db/microcred"),
        ("BROKER_URL", "amqp://guest:guest@broker//"),
    ],
)
def test_secrets_that_anybody_knows_refuse_a_public_address(name: str, value: str) -> None:
    """On this machine they may be used to try things out; nothing of the value is repeated."""
    assert read_settings({f"MICROCRED_{name}": value})
    assert read_settings({f"MICROCRED_{name}": value, "MICROCRED_PUBLIC_URL": "https://localhost:8443"})

    with pytest.raises(InvalidSettings, match=f"MICROCRED_{name}: ") as refused:
        read_settings({f"MICROCRED_{name}": value, "MICROCRED_PUBLIC_URL": "https://credentials.example.org"})

    assert value not in str(refused.value)


def test_random_secrets_are_fit_for_a_public_address() -> None:
    """What `microcred secrets new` makes is never refused."""
    made = {"SECRET_KEYS": Fernet.generate_key().decode(), "OPERATOR_TOKEN": "f3a9" * 8}
    said = {f"MICROCRED_{name}": value for name, value in made.items()}

    assert read_settings({**said, "MICROCRED_PUBLIC_URL": "https://credentials.example.org"}).is_public


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("http://127.0.0.1:8080", False),
        ("https://localhost", False),
        ("https://a.localhost", False),
        ("https://[::1]:8443", False),
        ("https://127.0.0.2", False),
        ("https://10.0.0.1", True),
        ("https://credentials.example.org", True),
    ],
)
def test_what_is_public(url: str, public: bool) -> None:
    """Whatever leads to another machine than this one."""
    assert Settings(public_url=url).is_public is public


@pytest.mark.parametrize("url", ["http://credentials.example.org", "http://10.0.0.1:8080"])
def test_plain_http_leads_to_this_machine_only(url: str) -> None:
    """Browsers send no launch's cookie without TLS, and whoever is on the way could change what is shown."""
    with pytest.raises(InvalidSettings, match=r"PUBLIC_URL: .* needs https"):
        Settings(public_url=url)


@pytest.mark.parametrize("value", ["9108", ":9108", "host:", "host:port", "host:70000"])
def test_a_listener_needs_address_and_port(value: str) -> None:
    """Or metrics would be shown to everybody by mistake."""
    with pytest.raises(InvalidSettings, match="METRICS_LISTEN"):
        read_settings({"MICROCRED_METRICS_LISTEN": value})


def test_a_device_needs_its_token_its_key_and_certificates() -> None:
    """All that is missing is named at once."""
    with pytest.raises(InvalidSettings) as refused:
        read_settings({"MICROCRED_SEAL_MODULE": "/usr/lib/driver.so"})

    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "MICROCRED_SEAL_FILE",
        "MICROCRED_SEAL_TOKEN",
        "MICROCRED_SEAL_KEY",
    ]
