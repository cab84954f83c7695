from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from plugin.app import create_app
from plugin.errors import InvalidSettings
from plugin.parts import configured_seal, read_seal, trust_anchors
from plugin.sealing.development import development_seal
from plugin.sealing.errors import SealDeviceUnavailable
from plugin.settings import Settings
from tests import factories


def test_the_application_answers(tmp_path: Path) -> None:
    """The wired application shows the page that needs no account."""
    app = create_app(Settings(data_dir=tmp_path, secret_keys=(Fernet.generate_key().decode(),)))

    assert app.test_client().get("/verify").status_code == 200


def test_without_a_secret_there_is_no_application(tmp_path: Path) -> None:
    """No session is ever signed with a key that everybody knows."""
    with pytest.raises(InvalidSettings, match="SECRET_KEYS"):
        create_app(Settings(data_dir=tmp_path))


def test_a_seal_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The setting and the reason, no traceback."""
    with pytest.raises(InvalidSettings, match="SEAL_FILE"):
        read_seal(tmp_path / "missing.pem", "")


def test_a_seal_in_a_device_takes_its_certificates_from_the_file(tmp_path: Path) -> None:
    """Module, token, key and PIN say where the key is; a device that is not there is told as that."""
    made = development_seal(factories.issuer(), datetime.now(UTC))
    (tmp_path / "chain.pem").write_bytes(made.certificate_pem)
    device = {"seal_module": tmp_path / "driver.so", "seal_token": "seal", "seal_key": "2026"}

    with pytest.raises(SealDeviceUnavailable):
        configured_seal(Settings(data_dir=tmp_path, seal_file=tmp_path / "chain.pem", **device))
    with pytest.raises(InvalidSettings, match="SEAL_FILE"):
        configured_seal(Settings(data_dir=tmp_path, seal_file=tmp_path / "driver.so", **device))


def test_a_trust_file_without_certificates_is_named(tmp_path: Path) -> None:
    """An empty list of trust is never taken by mistake."""
    wrong = tmp_path / "trust.pem"
    wrong.write_text("no certificate")

    with pytest.raises(InvalidSettings, match="TRUST_FILE"):
        trust_anchors(Settings(trust_file=wrong))


def test_a_development_seal_refuses_a_public_address(tmp_path: Path) -> None:
    """Nobody relies on what is worth nothing; on this machine it may be tried."""
    made = development_seal(factories.issuer(), datetime.now(UTC))
    (tmp_path / "seal.pem").write_bytes(made.key_pem + made.certificate_pem)
    said = {"data_dir": tmp_path, "seal_file": tmp_path / "seal.pem", "secret_keys": (Fernet.generate_key().decode(),)}

    assert create_app(Settings(**said))
    with pytest.raises(InvalidSettings, match=r"SEAL_FILE: a development seal .*https://credentials\.example\.org"):
        create_app(Settings(**said, public_url="https://credentials.example.org"))


def test_a_session_signed_by_an_older_secret_is_read(tmp_path: Path) -> None:
    """Changing the key of data at rest signs nobody out."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before = create_app(Settings(data_dir=tmp_path, secret_keys=(old,), broker_url="memory://"))
    after = create_app(Settings(data_dir=tmp_path, secret_keys=(new, old), broker_url="memory://"))

    signer = before.session_interface.get_signing_serializer(before)
    reader = after.session_interface.get_signing_serializer(after)

    assert reader.loads(signer.dumps({"launch": "x"})) == {"launch": "x"}
