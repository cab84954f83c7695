from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from plugin.app import create_app, read_seal, trust_anchors
from plugin.errors import InvalidSettings
from plugin.settings import Settings


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


def test_a_trust_file_without_certificates_is_named(tmp_path: Path) -> None:
    """An empty list of trust is never taken by mistake."""
    wrong = tmp_path / "trust.pem"
    wrong.write_text("no certificate")

    with pytest.raises(InvalidSettings, match="TRUST_FILE"):
        trust_anchors(Settings(trust_file=wrong))
