"""Registration by URL, activation, placement by deep linking and launches: a real Moodle and a real Chromium.

The bridge runs at ``http://localhost``, Moodle at the address in MOODLE_URL: two sites, so that the launches in
Moodle's frame meet third-party cookies as they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.live.bridge import Bridge
from tests.live.conftest import LAUNCHING, named
from tests.live.steps import connect, launched, logged_in, place, register

pytestmark = [pytest.mark.live, pytest.mark.browser]


@pytest.fixture(scope="module")
def moodle() -> str:
    """Where Moodle is."""
    return named(LAUNCHING)


@pytest.fixture(scope="module")
def bridge(moodle: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """A running bridge."""
    with Bridge(tmp_path_factory.mktemp("bridge")) as running:
        yield running


@pytest.fixture(scope="module")
def registered(bridge: Bridge, chromium: Browser, moodle: str) -> str:
    """The invite by which the bridge was registered."""
    return register(bridge, chromium, moodle)


@pytest.fixture(scope="module")
def placed(registered: str, bridge: Bridge, chromium: Browser, moodle: str) -> str:
    """The address of the activity in the course."""
    connect(bridge, moodle)
    return place(bridge, chromium, moodle, os.environ["MOODLE_COURSE"])


@pytest.mark.parametrize(
    ("who", "sentence"),
    [("MOODLE_TEACHER", "Enable a micro-credential"), ("MOODLE_LEARNER", "Your micro-credentials")],
)
def test_a_launch_in_moodle_s_frame_lands_on_the_page_of_the_role(
    placed: str, chromium: Browser, moodle: str, who: str, sentence: str
) -> None:
    """First launch of a fresh browser profile: the cookie of another site works in the frame, and stays."""
    page = logged_in(chromium, moodle, os.environ[who])
    for _ in range(2):
        expect(launched(page, placed).locator("main")).to_contain_text(sentence)

    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    page.context.close()

    assert cookies["__Host-microcred"]["sameSite"] == "None"
    assert cookies["__Host-microcred"].get("partitionKey")


def test_the_preflight_is_green_after_a_launch(placed: str, bridge: Bridge, chromium: Browser, moodle: str) -> None:
    """Every need: the registration gave the roster, the token the rest, and somebody has launched."""
    page = logged_in(chromium, moodle, os.environ["MOODLE_LEARNER"])
    expect(launched(page, placed).locator("main")).to_contain_text("Your micro-credentials")
    page.context.close()

    told = bridge.run("registrations")

    red = re.findall(r"^  red   ([a-z ]+?)(?::|$)", told, re.MULTILINE)
    green = re.findall(r"^  green ([a-z ]+?)(?::|$)", told, re.MULTILINE)
    assert {"launch", "roster", "connection", "course", "completion", "outcomes", "proctoring settings"} <= set(
        green
    ), told
    assert set(red) <= {"grades", "messages", "speed"}, told  # what the account of the token need not have


def test_an_invite_works_once(registered: str, chromium: Browser) -> None:
    """Who finds the address later finds nothing."""
    page = chromium.new_context().new_page()
    answer = page.goto(registered)

    assert answer is not None
    assert answer.status == 410


def test_the_log_holds_no_secret(registered: str, bridge: Bridge) -> None:
    """Neither the invite nor the registration token, which both were in an address."""
    log = bridge.log.read_text()

    assert registered.rpartition("/")[2] not in log
    assert not re.search(r"eyJ|registration_token", log)
