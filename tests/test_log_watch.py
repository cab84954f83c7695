"""The watch over log lines sees what it must see: otherwise its silence would prove nothing."""

from __future__ import annotations

import logging

import pytest
import structlog

from tests.log_watch import Watch, found_in, plant

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI0In0.c2ln"


@pytest.mark.parametrize(
    "line",
    [
        "the mark of Anna Kowalska",
        "sent to someone@example.org",
        f"posted {TOKEN}",
        "GET https://bridge.example/lti/register/0123456789abcdef0123",
        "GET /openid-configuration?registration_token=abc",
        "Authorization: Bearer abc",
    ],
)
def test_what_gives_somebody_away_is_found(line: str) -> None:
    """Names, mails, tokens, invitations; in the message or in an address."""
    assert found_in(line)


def test_an_ordinary_line_passes() -> None:
    """Ids and codes may be logged."""
    assert found_in('{"code": "replayed", "event": "launch_refused", "launch_id": "0f3a"}') == ""


def test_a_planted_secret_is_found() -> None:
    """Whatever a simulator gave out."""
    assert found_in(f"renewed {plant('only-in-this-test')}") == "a token"


def test_lines_of_both_kinds_of_loggers_are_seen(log_lines: Watch) -> None:
    """The bridge's own lines as they are written in production, and those of libraries with their tracebacks."""
    structlog.get_logger("plugin").warning("launch_refused", code="to Anna")
    logging.getLogger("a.library").error("failed", exc_info=ValueError("mail@example.org"))

    told, failed = log_lines.findings()

    assert '"code": "to Anna"' in told
    assert "mail address" in failed


def test_a_key_that_is_not_on_the_list_is_never_written(log_lines: Watch) -> None:
    """So a line cannot carry what nobody thought of."""
    structlog.get_logger("plugin").warning("launch_refused", name="Anna")

    assert log_lines.findings() == []
