"""security.txt, as a researcher's tool reads it (RFC 9116)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from plugin.errors import InvalidSettings
from plugin.settings import Settings
from plugin.web import disclosure
from plugin.web.disclosure import PATH, Disclosure

NOW = datetime(2026, 11, 25, 17, 38, 9, tzinfo=UTC)
CONTACT = "mailto:security@university.example"


def fields(contact: str = CONTACT, policy: str = "") -> dict[str, str]:
    """Return the fields of the file that an installation with this contact serves."""
    app = Flask(__name__)
    url = "https://credentials.example"
    disclosure.init_app(app, Disclosure(contact=contact, policy=policy, public_url=url, clock=lambda: NOW))
    answer = app.test_client().get(PATH)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert answer.text.endswith("\n")
    return dict(line.split(": ", 1) for line in answer.text.splitlines())


def test_it_says_whom_to_tell() -> None:
    """Contact and the address at which the file is the true one (2.5.2, 2.5.3); no policy where there is none."""
    assert fields() == {
        "Contact": CONTACT,
        "Expires": fields()["Expires"],
        "Preferred-Languages": "en, nl",
        "Canonical": "https://credentials.example/.well-known/security.txt",
    }


def test_it_expires_within_a_year() -> None:
    """Required, in RFC 3339, in the future and less than a year away (2.5.5)."""
    ends = datetime.fromisoformat(fields()["Expires"])

    assert timedelta(days=30) < ends - NOW < timedelta(days=365)


def test_it_names_a_policy_where_there_is_one() -> None:
    """2.5.7."""
    assert fields(policy="https://university.example/security")["Policy"] == "https://university.example/security"


def test_without_a_contact_there_is_no_file() -> None:
    """Contact is required: a file without it would be none."""
    app = Flask(__name__)
    disclosure.init_app(app, Disclosure(contact="", policy="", public_url="https://x", clock=lambda: NOW))

    assert app.test_client().get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("security_contact", "security@university.example"),
        ("security_contact", "http://university.example/security"),
        ("security_contact", "mailto:a@b.example\nExpires: 2099-01-01T00:00:00Z"),
        ("security_policy", "http://university.example/policy"),
    ],
)
def test_a_contact_that_the_standard_refuses_stops_the_start(name: str, value: str) -> None:
    """URIs only, web addresses with TLS (2.5.3, 2.5.7), one line (2.2)."""
    with pytest.raises(InvalidSettings, match=name.upper()):
        Settings(**{name: value})  # type: ignore[arg-type]
