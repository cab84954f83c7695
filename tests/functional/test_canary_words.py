"""A name, a mail address and tokens that were planted appear in no log, metric, error page or check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import structlog

from plugin.commands.checking import _told
from plugin.health import everything
from plugin.listing import stated
from plugin.logs import KEYS, configure_logs
from plugin.parts import health_tools
from tests.functional.entrance import Entrance
from tests.simulators.lti_platform import MOODLE, LtiPlatform

NAME, MAIL, TOKEN = "Zsófia Canarybird", "zsofia.canarybird@example.org", "canary-token-3f9a1c7e5b"
PLANTED = (NAME, "Canarybird", MAIL, TOKEN)
OPERATOR = "operator-canary-2b7d9e41"


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    """The whole application and a platform that launches into it."""
    with LtiPlatform(MOODLE) as platform:
        yield Entrance(tmp_path, platform, operator_token=OPERATOR)


@pytest.fixture
def told() -> Iterator[StringIO]:
    """Logs as they are written in production, but to where the test reads them."""
    stream = StringIO()
    configure_logs("INFO")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream))
    yield stream
    structlog.reset_defaults()


def test_what_was_planted_is_nowhere(entrance: Entrance, told: StringIO, caplog: pytest.LogCaptureFixture) -> None:
    """Launches that pass and fail, invites, share links, recovery links, forms and queries, at every level."""
    caplog.set_level("DEBUG")
    browser = entrance.browser()
    browser.launch("learner", name=NAME, given_name="Zsófia", family_name="Canarybird", email=MAIL)
    browser.launch("teacher", name=NAME, email=[MAIL])
    pages = [
        browser.post("/lti/launch", {"id_token": TOKEN, "state": TOKEN, "error": MAIL, "error_description": NAME}),
        browser.get(f"/lti/register/{TOKEN}?openid_configuration=https://x.example/{TOKEN}&registration_token={TOKEN}"),
        browser.get(f"/c/{TOKEN}"),
        browser.get(f"/recover/{TOKEN}"),
        browser.post(f"/recover/{TOKEN}", {}),
        browser.post("/recover", {"address": MAIL}),
        browser.get(f"/mine/{TOKEN}"),
        browser.get(f"/teach/{TOKEN}?name={NAME}"),
        browser.get(f"/nowhere/{MAIL}"),
        browser.post("/verify", {"text": NAME}),
        browser.get("/metrics"),
        browser.get("/readyz"),
    ]

    refused = [page.text for page in pages if page.status_code >= 400]
    shown = "\n".join([told.getvalue(), caplog.text, *refused])
    lines = [json.loads(line) for line in told.getvalue().splitlines() if line[:1] == "{"]
    assert [word for word in PLANTED if word in shown] == []
    assert lines
    assert all(set(line) <= KEYS | {"dropped_keys"} for line in lines)


def test_metrics_and_checks_hold_nothing_that_was_planted(entrance: Entrance) -> None:
    """Also for the operator, who reads everything else."""
    browser = entrance.browser()
    browser.launch("learner", name=NAME, email=MAIL)
    browser.post("/lti/launch", {"id_token": TOKEN})
    environment = {"MICROCRED_OPERATOR_TOKEN": OPERATOR, "MICROCRED_SEAL_PASSWORD": TOKEN}

    health = everything(health_tools(entrance.settings))
    metrics = entrance.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {OPERATOR}"})

    assert "microcred_launch_refused_total" in metrics.text
    shown = (
        metrics.text + "\n".join(_told(stated(environment), health, all_settings=True)) + json.dumps(health.to_json())
    )
    shown += entrance.app.test_client().get("/version").text
    assert [word for word in (*PLANTED, OPERATOR) if word in shown] == []


def test_a_key_that_nobody_vouched_for_is_dropped(told: StringIO) -> None:
    """The list of keys is what may be logged; the line says that something was left out, not what."""
    structlog.get_logger("test").warning("something", learner=NAME, email=MAIL, code="x")

    line = json.loads(told.getvalue().splitlines()[-1])
    assert (line["code"], line["dropped_keys"]) == ("x", 2)
    assert not any(word in json.dumps(line) for word in PLANTED)
