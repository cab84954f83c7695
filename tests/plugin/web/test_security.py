"""Security headers of every answer."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugin.web import security


@pytest.fixture
def client() -> FlaskClient:
    """Return a client of a page that nobody may frame, one that a platform may, and one with a script."""
    app = Flask(__name__)
    security.init_app(app)
    app.add_url_rule("/plain", "plain", lambda: "plain")

    @app.get("/framed")
    def framed() -> str:
        security.allow_framing(["https://lms.example"])
        security.allow_form_target("https://lms.example")
        return security.nonce()

    return app.test_client()


def test_a_page_outside_a_session_cannot_be_framed(client: FlaskClient) -> None:
    """No platform, no frame."""
    policy = client.get("/plain").headers["Content-Security-Policy"]

    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "default-src 'none'" in policy


def test_a_launched_page_is_framed_by_its_platform_only(client: FlaskClient) -> None:
    """frame-ancestors names the one registered platform."""
    policy = client.get("/framed").headers["Content-Security-Policy"]

    assert policy.endswith("frame-ancestors https://lms.example")
    assert "form-action 'self' https://lms.example;" in policy


def test_the_nonce_is_new_for_every_answer(client: FlaskClient) -> None:
    """A nonce that repeats protects nothing."""
    first, second = client.get("/framed"), client.get("/framed")

    assert f"'nonce-{first.text}'" in first.headers["Content-Security-Policy"]
    assert first.text != second.text


def test_every_answer_refuses_sniffing_and_tells_no_referrer(client: FlaskClient) -> None:
    """An unguessable address must not leave by the Referer header."""
    headers = client.get("/plain").headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_stays_in_a_cache_and_browsers_keep_to_tls(client: FlaskClient) -> None:
    """Pages hold names and grades; HSTS for over a year and all below, never over plain http (RFC 6797, 7.2)."""
    plain, secure = (client.get("/plain", base_url=f"{scheme}://tool.example").headers for scheme in ("http", "https"))

    assert plain["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in plain
    assert secure["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
