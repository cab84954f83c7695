"""A real Moodle to test against, named by environment variables: README.md of this folder says which."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from lti.network import Answer, Network
from lti.platforms import moodle_service
from lti.platforms.moodle import Moodle
from mappings.assessment import PlatformId
from tests.conftest import require_program

READING = ("MOODLE_URL", "MOODLE_TOKEN", "MOODLE_COURSE")
LAUNCHING = (*READING, "MOODLE_ADMIN", "MOODLE_TEACHER", "MOODLE_LEARNER")
LINE = (*LAUNCHING, "MOODLE_TOKEN_MESSAGES", "MOODLE_SETUP_TOKEN", "MOODLE_CRON_PASSWORD")
NETWORK = Network(allowed=(ipaddress.ip_network("127.0.0.0/8"),))
CHROMIUM = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--test-third-party-cookie-phaseout",
]


def named(settings: tuple[str, ...]) -> str:
    """Return where Moodle is; skip where a setting is not given."""
    if missing := [name for name in settings if not os.environ.get(name)]:
        pytest.skip(f"no real Moodle: {', '.join(missing)} not set")
    return os.environ["MOODLE_URL"].rstrip("/")


@pytest.fixture
def live_moodle() -> Moodle:
    """Connect to the real Moodle with the token of the minimal role."""
    return Moodle.connect(PlatformId("live"), named(READING), os.environ["MOODLE_TOKEN"], NETWORK)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser that blocks third-party cookies, and has patience with a Moodle whose caches are cold."""
    expect.set_options(timeout=20_000)
    path = require_program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect which function each request to Moodle was for."""
    asked: list[str] = []
    real = moodle_service.send

    def send(session: object, request: object, network: object) -> Answer:
        answer = real(session, request, network)  # type: ignore[arg-type]
        asked.append(answer.place)
        return answer

    monkeypatch.setattr(moodle_service, "send", send)
    return asked
