"""Connecting platforms from the command line: invite, list, decide about deployments, rotate keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.app import create_app
from plugin.settings import read_settings
from tests.lti.launching import CLIENT, registration_of
from tests.plugin.test_cli import Terminal
from tests.simulators.lti_platform import MOODLE, LtiPlatform


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal on a migrated database."""
    terminal = Terminal(tmp_path)
    terminal.environment |= {"MICROCRED_PUBLIC_URL": "https://tool.example"}
    terminal.environment["MICROCRED_SECRET_KEYS"] = terminal.ok("keys", "secret").strip()
    terminal.ok("migrate")
    return terminal


def test_an_invite_is_one_url(terminal: Terminal) -> None:
    """Nothing else is printed, so that it can be piped; it opens the page once it is used."""
    said = terminal.ok("invite").strip()
    app = create_app(read_settings(terminal.environment))

    assert re.fullmatch(r"https://tool\.example/lti/register/[\w-]{43}", said)
    assert app.test_client().get(said.removeprefix("https://tool.example")).status_code == 200


def test_two_invites_differ(terminal: Terminal) -> None:
    """Each is a secret of its own."""
    assert terminal.ok("invite") != terminal.ok("invite")


def test_registrations_say_what_is_left_to_do(terminal: Terminal) -> None:
    """Per platform, and its deployments with the key that `microcred platform` takes."""
    with LtiPlatform(MOODLE) as platform:
        platform.add_tool(CLIENT, "https://tool.example/lti/launch")
        app = create_app(read_settings(terminal.environment))
        registry = app.extensions["microcred.launching"].login.registry
        registration = registration_of(platform)
        registry._store.save(registration, datetime.now(UTC))
        registry.require_deployment(registration, "1", datetime.now(UTC))

        said = terminal.ok("registrations")
        key = re.search(r"deployment 1: allowed, platform key (\w+)", said)
        assert key is not None
        decided = terminal.ok("deployment", key[1], "--refuse")
        after = terminal.ok("registrations")

    assert {"launch", "connection", "grades"} <= set(re.findall(r"^  red   (\w+)", said, re.MULTILINE))
    assert "may not launch" in decided
    assert "deployment 1: waits" in after


def test_no_decision_is_claimed_about_a_deployment_that_is_not_there(terminal: Terminal) -> None:
    """A mistyped key is said to be one, with where the keys stand."""
    result = terminal.run("deployment", "mistyped", "--refuse")

    assert result.exit_code == 1
    assert "microcred registrations" in result.output
    assert "may not launch" not in result.output


def test_a_rotation_publishes_a_second_key(terminal: Terminal) -> None:
    """The first makes the key there was not, the second another one beside it."""
    first, second = terminal.ok("keys", "rotate-lti"), terminal.ok("keys", "rotate-lti")
    app = create_app(read_settings(terminal.environment))
    published = app.test_client().get("/lti/jwks").json

    assert published is not None
    assert [key["kid"] for key in published["keys"]] == [said.split()[1] for said in (first, second)]
