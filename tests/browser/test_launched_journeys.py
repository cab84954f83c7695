"""The journeys of teacher and learner begun by a real launch, on a platform of another site, with all clicks counted.

The recorded ADA101 course is read by web services, the platform launches by LTI 1.3, and the bridge runs with its
worker: nothing of it is replaced.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, photograph
from tests.browser.test_journeys import Hand
from tests.live.bridge import Bridge
from tests.simulators.lti_platform import LtiPlatform
from tests.simulators.moodle import MoodleSimulator

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
PATIENCE = 60_000
"""Milliseconds for what a server must do first."""
SERVICES = (
    "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice",
    "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
)
"""Recorded launches announce services at the address of the recording: nobody is there."""
EARNED = 2
"""Anna and Bruno have every competency or enough of them; the others have not."""


@dataclass(frozen=True, slots=True)
class Campus:
    """The bridge, and the platform on which its tool is registered."""

    bridge: Bridge
    platform: LtiPlatform

    def activity(self, person: str) -> str:
        """The page of the activity in the course, as ``person`` sees it."""
        (client_id,) = self.platform.tools
        return f"{self.platform.url}/course?{urlencode({'person': person, 'client_id': client_id})}"

    def sealed(self) -> int:
        """Return how many credentials are sealed."""
        (offer,) = json.loads(self.bridge.run("status", "--json"))["offers"]
        return sum(offer["states"].get(state, {"count": 0})["count"] for state in ("sealed", "delivered"))


@pytest.fixture
def campus(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A platform that the bridge was registered with by URL, and may read; an institution profile; nothing enabled."""
    folder = tmp_path_factory.mktemp("bridge")
    with ExitStack() as stack:
        platform, moodle = stack.enter_context(LtiPlatform()), stack.enter_context(MoodleSimulator())
        for claims, service in product(platform.people.values(), SERVICES):
            claims.pop(service, None)
        bridge = stack.enter_context(Bridge(folder, worker=True))
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(platform.invite(bridge.run("invite").strip()))
            page.get_by_role("button", name="Register").click()
            # The answer is the preflight: a key set, a token and the class are fetched before it comes.
            expect(page.locator("[data-need=roster]")).to_have_attribute("data-ok", "true", timeout=PATIENCE)
        key = re.search(r"platform key (\w+)", bridge.run("registrations"))
        assert key is not None
        (folder / "token").write_text(moodle.token)
        bridge.run("platform", key[1], moodle.url, "--kind", "moodle", "--token-file", str(folder / "token"))
        yield Campus(bridge, platform)


def launched(page: Page, address: str, heading: str) -> Frame:
    """Open the activity and return the frame when the launch has arrived at the page with this heading."""
    page.goto(address)
    arrived = page.frame_locator("iframe").get_by_role("heading", name=heading, level=1)
    try:
        expect(arrived).to_be_visible(timeout=PATIENCE)
    except AssertionError:
        photograph(page, "launch-that-did-not-arrive")
        raise
    return page.frames[1]


def enable(page: Page, address: str) -> Hand:
    """Enable the credential as its teacher does."""
    hand = Hand(launched(page, address, "Enable a micro-credential"))
    hand.type("Workload in ECTS credits (Annex I, M7)", "5")
    hand.choose("Level in the EQF (Annex I, M8)", "6")
    hand.choose("How learners take part (Annex I, M10)", "Online")
    hand.click("Preview")
    expect(hand.frame.get_by_text("If it were enabled now: 2 get it, 4 do not")).to_be_visible(timeout=PATIENCE)
    hand.click("Enable")
    expect(hand.frame.get_by_text("Enabled: learners receive it by themselves.")).to_be_visible()
    return hand


@SIZES
def test_a_launched_teacher_enables_and_a_launched_learner_owns_and_shares(
    campus: Campus, chromium: Browser, tmp_path: Path, size: dict[str, int]
) -> None:
    """At most three clicks and three typed fields; then none to own it, and one to share it."""
    name = "desktop" if size is DESKTOP else "phone"
    with chromium.new_context(viewport=size, locale="en-GB") as context:  # type: ignore[arg-type]
        page = context.new_page()
        teacher = enable(page, campus.activity("teacher"))
        photograph(page, f"launched-teacher-{name}")
    end = time.monotonic() + 120
    while campus.sealed() < EARNED:
        assert time.monotonic() < end, "nothing was sealed"
        time.sleep(1)

    with chromium.new_context(viewport=size, locale="en-GB") as context:  # type: ignore[arg-type]
        page = context.new_page()
        learner = Hand(launched(page, campus.activity("learner"), "Your micro-credentials"))
        expect(learner.frame.get_by_role("link", name="Open: ")).to_be_visible()
        owned = (learner.clicks, learner.fields)
        learner.click("Make a link for a month: Micro-credential: Applied Data Analysis")
        expect(learner.frame.get_by_label("Link to copy")).to_be_visible()
        photograph(page, f"launched-learner-{name}")
        with page.expect_download() as download:
            learner.frame.get_by_role("link", name="European Digital Credential").click()
        file = tmp_path / "credential.jsonld"
        download.value.save_as(file)

    assert (teacher.clicks, teacher.fields) == (2, 3)
    assert owned == (0, 0)
    assert learner.clicks == 1
    assert json.loads(campus.bridge.run("verify", "--json", str(file)))["ok"]
