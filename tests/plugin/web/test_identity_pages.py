"""Who we are, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugin.identity import Published, addresses
from plugin.web import identity
from plugin.web.identity import IdentityTools

LIST = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def documents() -> dict[str, Published]:
    """Return what is published; a test may change it."""
    return {"/.well-known/did.json": Published(b'{"id":"did:web:x"}', "application/did+json")}


@pytest.fixture
def client(tmp_path: Path, documents: dict[str, Published]) -> FlaskClient:
    """Return a browser on an application with nothing but these addresses."""
    (tmp_path / LIST).write_bytes(b'{"id":"list"}')
    (tmp_path / f"{LIST}.jwt").write_bytes(b"a.b.c")
    found = tmp_path / LIST
    app = Flask(__name__)
    tools = IdentityTools(addresses("https://x"), lambda: documents, lambda name: found if name == LIST else None)
    identity.init_app(app, tools)
    return app.test_client()


def test_a_document_is_public_and_cacheable(client: FlaskClient) -> None:
    """Any origin may read it; an ETag saves sending it again."""
    response = client.get("/.well-known/did.json")
    again = client.get("/.well-known/did.json", headers={"If-None-Match": response.headers["ETag"]})

    assert json.loads(response.data) == {"id": "did:web:x"}
    assert response.content_type == "application/did+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=3600" in response.headers["Cache-Control"]
    assert (again.status_code, again.data) == (304, b"")


def test_without_keys_there_is_no_document(client: FlaskClient, documents: dict[str, Published]) -> None:
    """Not there, rather than empty; there as soon as keys are."""
    documents.clear()

    assert client.get("/.well-known/did.json").status_code == 404


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [(LIST, "application/vc", b'{"id":"list"}'), (f"{LIST}.jwt", "application/statuslist+jwt", b"a.b.c")],
)
def test_a_status_list_is_a_file(client: FlaskClient, name: str, kind: str, body: bytes) -> None:
    """Both forms, with ETag and the time for which it may be kept."""
    response = client.get(f"/status/{name}")
    again = client.get(f"/status/{name}", headers={"If-None-Match": response.headers["ETag"]})

    assert (response.data, response.mimetype) == (body, kind)
    assert "max-age=300" in response.headers["Cache-Control"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["0" * 32, "..%2Fsecret", "history.json", "A" * 32])
def test_other_names_are_not_there(client: FlaskClient, name: str) -> None:
    """Only ids of lists that exist."""
    assert client.get(f"/status/{name}").status_code == 404
