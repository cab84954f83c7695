"""Registration by URL, activation, placement by deep linking and launches: a real Moodle and a real Chromium.

The bridge runs at ``http://localhost``, Moodle at the address in MOODLE_URL: two sites, so that the launches in
Moodle's frame meet third-party cookies as they are. MOODLE_ADMIN, MOODLE_TEACHER and MOODLE_LEARNER are
``name:password``; MOODLE_COURSE is the course's id, MOODLE_TOKEN the web-service token of the minimal role.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import require_program
from tests.live.bridge import Bridge

pytestmark = [pytest.mark.live, pytest.mark.browser]

SETTINGS = ("MOODLE_URL", "MOODLE_TOKEN", "MOODLE_COURSE", "MOODLE_ADMIN", "MOODLE_TEACHER", "MOODLE_LEARNER")
CHROMIUM = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
COURSE = os.environ.get("MOODLE_COURSE", "")


@pytest.fixture(scope="module")
def moodle() -> str:
    """Where Moodle is; skip where none is named."""
    if missing := [name for name in SETTINGS if not os.environ.get(name)]:
        pytest.skip(f"no real Moodle: {', '.join(missing)} not set")
    return os.environ["MOODLE_URL"].rstrip("/")


@pytest.fixture(scope="module")
def bridge(moodle: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """A running bridge."""
    with Bridge(tmp_path_factory.mktemp("bridge")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser."""
    path = require_program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


def logged_in(browser: Browser, moodle: str, who: str) -> Page:
    """Open a browser profile of its own and log in."""
    name, _, password = os.environ[who].partition(":")
    page = browser.new_context().new_page()
    page.goto(f"{moodle}/login/index.php")
    page.fill("#username", name)
    page.fill("#password", password)
    page.click("#loginbtn")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


@pytest.fixture(scope="module")
def registered(bridge: Bridge, chromium: Browser, moodle: str) -> str:
    """Register by URL and activate, as an administrator does; return the invite that was used."""
    invite = bridge.run("invite").strip()
    page = logged_in(chromium, moodle, "MOODLE_ADMIN")
    page.goto(f"{moodle}/mod/lti/toolconfigure.php")
    page.fill("#tool-url", invite)
    page.click("#tool-create-button")
    frame = page.frame_locator("iframe[src*='startltiadvregistration']")
    expect(frame.locator("table")).to_contain_text("contextmembership.readonly")
    frame.get_by_role("button", name="Register").click()
    expect(frame.locator("[data-need=roster]")).to_have_attribute("data-ok", "true")
    expect(frame.locator("[data-need=launch]")).to_contain_text("Activate")
    frame.get_by_role("button", name="Finish").click()
    waiting = page.locator(".tool-card", has_text="Microcredential Bridge").filter(has_text="Activate")
    waiting.get_by_text("Activate").click()
    expect(waiting).to_have_count(0)
    page.context.close()
    return invite


def connect(bridge: Bridge, moodle: str) -> None:
    """Give the bridge the web-service token, as IT does at the command line."""
    key = re.search(r"platform key (\w+)", bridge.run("registrations"))
    assert key is not None
    token = bridge.log.parent / "token"
    token.write_text(os.environ["MOODLE_TOKEN"])
    bridge.run("platform", key[1], moodle, "--kind", "moodle", "--token-file", str(token))


@pytest.fixture(scope="module")
def placed(registered: str, bridge: Bridge, chromium: Browser, moodle: str) -> str:
    """Place the tool in the course by deep linking, as a teacher does; return the address of the activity."""
    tool = re.search(r"deployment (\d+): allowed", bridge.run("registrations"))
    assert tool is not None
    connect(bridge, moodle)
    name = f"Credential {uuid.uuid4().hex[:8]}"
    page = logged_in(chromium, moodle, "MOODLE_TEACHER")
    page.goto(f"{moodle}/course/modedit.php?add=lti&course={COURSE}&section=0&typeid={tool[1]}")
    page.get_by_role("button", name="Select content").click()
    frame = page.frame_locator("iframe#contentitem-page-iframe")
    frame.get_by_label("Name of the link in the course").fill(name)
    frame.get_by_role("button", name="Add to the course").click()
    expect(page.locator("#id_name")).to_have_value(name)
    page.get_by_role("button", name="Save and display").click()
    page.wait_for_load_state("networkidle")
    page.context.close()
    return page.url


@pytest.mark.parametrize(
    ("who", "sentence"),
    [("MOODLE_TEACHER", "Enable a micro-credential"), ("MOODLE_LEARNER", "Your micro-credentials")],
)
def test_a_launch_in_moodle_s_frame_lands_on_the_page_of_the_role(
    placed: str, chromium: Browser, moodle: str, who: str, sentence: str
) -> None:
    """First launch of a fresh browser profile: the cookie of another site works in the frame, and stays."""
    page = logged_in(chromium, moodle, who)
    for _ in range(2):
        page.goto(placed)
        expect(page.frame_locator("iframe#contentframe").locator("main")).to_contain_text(sentence)

    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    page.context.close()

    assert cookies["__Host-microcred"]["sameSite"] == "None"
    assert cookies["__Host-microcred"].get("partitionKey")


def test_the_preflight_is_green_after_a_launch(placed: str, bridge: Bridge, chromium: Browser, moodle: str) -> None:
    """Every need: the registration gave the roster, the token the rest, and somebody has launched."""
    page = logged_in(chromium, moodle, "MOODLE_LEARNER")
    page.goto(placed)
    expect(page.frame_locator("iframe#contentframe").locator("main")).to_contain_text("Your micro-credentials")
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
