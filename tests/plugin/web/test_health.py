"""The addresses of monitoring: what anybody reads, and what only the operator reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

from plugin.app import create_app
from plugin.settings import Settings
from plugin.storage.engine import open_engine
from plugin.storage.migrate import go_back, needed, upgrade

TOKEN = "a-token-of-some-length"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a token and no seal."""
    made = Settings(
        data_dir=tmp_path,
        secret_keys=(Fernet.generate_key().decode(),),
        operator_token=TOKEN,
        broker_url="memory://",
    )
    engine = open_engine(made.database)
    upgrade(engine)
    engine.dispose()
    return made


@pytest.fixture
def app(settings: Settings) -> Flask:
    """The whole application."""
    return create_app(settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Anybody."""
    return app.test_client()


def test_the_process_says_that_it_answers_even_without_a_database(client: FlaskClient, settings: Settings) -> None:
    """Or a moment's trouble of the database would have every process restarted."""
    go_back(open_engine(settings.database), "0001")

    answer = client.get("/healthz")

    assert (answer.status_code, json.loads(answer.data)) == (200, {"status": "pass"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_a_stranger_reads_one_word(client: FlaskClient) -> None:
    """No component, no reason, no version of anything (OWASP ASVS 5.0, 13.4)."""
    answer = client.get("/readyz")

    assert (answer.status_code, json.loads(answer.data)) == (200, {"status": "warn"})
    assert answer.content_type == "application/health+json"


def test_the_operator_reads_why(client: FlaskClient) -> None:
    """No seal is a warning: pages are served."""
    checks = json.loads(client.get("/readyz", headers=OPERATOR).data)["checks"]

    assert checks["database"][0]["status"] == "pass"
    assert "MICROCRED_SEAL_FILE" in checks["seal"][0]["output"]


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic x"])
def test_a_wrong_token_is_no_token(given: str, client: FlaskClient) -> None:
    """Details are for the operator alone."""
    assert json.loads(client.get("/readyz", headers={"Authorization": given}).data).keys() == {"status"}


def test_an_older_schema_takes_the_process_out_of_service(client: FlaskClient, settings: Settings) -> None:
    """503, with the command that helps for the operator."""
    go_back(open_engine(settings.database), "0004")

    answer = client.get("/readyz", headers=OPERATOR)

    assert answer.status_code == 503
    assert "microcred migrate" in json.loads(answer.data)["checks"]["schema"][0]["output"]


def test_the_version_is_told(client: FlaskClient) -> None:
    """Which release this is, and which schema it needs."""
    said = json.loads(client.get("/version").data)

    assert said == {"version": "0.1.0", "schema": needed()}
