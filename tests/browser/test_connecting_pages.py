"""The pages that connect a platform and let people in, as the application answers them, in every form.

The answers are real: a platform registers, launches, places a link. Only the way of the bytes is short: the browser is
handed what the application said, so that pages which pass by in a moment stand still to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route
from werkzeug.test import TestResponse

from plugin import registering
from tests.browser.looking import problems
from tests.conftest import ROOT
from tests.functional.entrance import TOOL, Entrance, Visitor
from tests.functional.test_authorizing import new_ticket, with_key
from tests.functional.test_registering import tools_of
from tests.simulators.canvas import CanvasSimulator
from tests.simulators.lti_platform import CANVAS, MOODLE, LtiPlatform

STATIC = ROOT / "plugin" / "web" / "static"


@dataclass(frozen=True, slots=True)
class Doors:
    """One application beside a Moodle, one beside a Canvas with its REST side."""

    moodle: Entrance
    canvas: Entrance
    rest: CanvasSimulator

    def invited(self) -> str:
        """Make an invite and return its path."""
        return registering.invite(tools_of(self.moodle)).removeprefix(TOOL)

    def authorizing(self) -> tuple[Visitor, str]:
        """Return an administrator of the Canvas with the path that lets them agree."""
        teacher = self.canvas.launch_of(self.canvas.browser().launch("teacher"))
        return self.canvas.browser(), new_ticket(self.canvas, teacher.platform)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Both applications, for all pages."""
    with ExitStack() as stack:
        platforms = [stack.enter_context(LtiPlatform(flavour)) for flavour in (MOODLE, CANVAS)]
        folders = [tmp_path_factory.mktemp(each.flavour.product) for each in platforms]
        moodle, canvas = (Entrance(folder, each) for folder, each in zip(folders, platforms, strict=True))
        yield Doors(moodle, canvas, stack.enter_context(CanvasSimulator()))


def registering_page(doors: Doors) -> TestResponse:
    """What the platform's administrator agrees to."""
    return doors.moodle.browser(framed=True).get(doors.moodle.platform.invite(doors.invited()))


def preflight(doors: Doors) -> TestResponse:
    """What is left to do after a registration."""
    administrator = doors.moodle.browser(framed=True)
    return administrator.send(administrator.get(doors.moodle.platform.invite(doors.invited())))


def by_hand_wrong(doors: Doors) -> TestResponse:
    """A form with an address that is none."""
    path = doors.invited()
    return doors.moodle.browser().post(f"{path}/by-hand", {"issuer": "moodle"})


def placing(doors: Doors) -> TestResponse:
    """The name of the link."""
    browser = doors.moodle.browser()
    return browser.get(browser.launch("deep_linking").location)


def placed(doors: Doors) -> TestResponse:
    """The way back to the platform, which passes by in a moment."""
    browser = doors.moodle.browser()
    return browser.send(browser.get(browser.launch("deep_linking").location))


def without_cookie(entrance: Entrance) -> TestResponse:
    """The login of a browser that keeps no cookie in a frame."""
    browser = entrance.browser(cookies=False, framed=True)
    return browser.send(browser.log_in())


def fetching(doors: Doors) -> TestResponse:
    """A launch whose key is in the platform's storage."""
    browser = doors.canvas.browser(cookies=False, framed=True)
    form = doors.canvas.browser().form()
    return browser.post("/lti/launch", form | {"lti_storage_target": "post_message_forwarding"})


def canvas_key(doors: Doors, **changed: str) -> TestResponse:
    """The developer key of a Canvas, sent."""
    browser, path = doors.authorizing()
    return with_key(browser, path, doors.rest, **changed)


def asked_to_authorise(doors: Doors) -> TestResponse:
    """What an administrator of a Canvas is asked."""
    browser, path = doors.authorizing()
    return browser.get(path)


ANSWERS: dict[str, Callable[[Doors], TestResponse]] = {
    "register": registering_page,
    "register-by-hand": lambda doors: doors.moodle.browser().get(doors.invited()),
    "register-by-hand-wrong": by_hand_wrong,
    "register-refused": lambda doors: doors.moodle.browser().get("/lti/register/never-made"),
    "preflight": preflight,
    "launch-refused": lambda doors: doors.moodle.browser().get("/lti/launch"),
    "launch-unknown-platform": lambda doors: doors.moodle.browser().log_in(iss="https://nobody.example"),
    "login-again": lambda doors: doors.moodle.browser(framed=True).log_in(),
    "login-new-tab": lambda doors: without_cookie(doors.moodle),
    "login-store-key": lambda doors: without_cookie(doors.canvas),
    "launch-fetch-key": fetching,
    "place": placing,
    "placed": placed,
    "authorise": asked_to_authorise,
    "authorise-wrong": lambda doors: canvas_key(doors, url="nowhere"),
    "authorise-go": canvas_key,
    "authorise-refused": lambda doors: doors.canvas.browser().get("/canvas/authorized?error=access_denied&state=x"),
}
HEADINGS = {
    "register": "Connect this learning platform",
    "register-by-hand": "Connect a learning platform",
    "register-by-hand-wrong": "Connect a learning platform",
    "preflight": "is registered",
    "login-again": "One moment",
    "login-new-tab": "Your browser blocks cookies here",
    "login-store-key": "Your browser blocks cookies here",
    "launch-fetch-key": "One moment",
    "placed": "One moment",
    "place": "Add the micro-credential to your course",
    "authorise": "Let the bridge read Canvas",
    "authorise-wrong": "Let the bridge read Canvas",
    "authorise-go": "The key is kept",
}
"""The heading that shows that the page is the one that is meant; all others are refusals or pass by."""


def show(page: Page, answer: TestResponse) -> None:
    """Hand the browser what the application answered; nothing of it runs, so that it stands still."""

    def hand(route: Route) -> None:
        path = route.request.url.removeprefix(TOOL).partition("?")[0]
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / Path(path).name)
        else:
            still = {"Content-Security-Policy": "script-src 'none'"}
            route.fulfill(body=answer.text, content_type="text/html; charset=utf-8", headers=still)

    page.route(f"{TOOL}/**", hand)
    page.goto(f"{TOOL}/")


@pytest.mark.parametrize("name", ANSWERS)
def test_nothing_serious_on_any_page_of_connecting(doors: Doors, desktop: BrowserContext, name: str) -> None:
    """Register, by hand, preflight, refusals, ways round blocked cookies, deep linking, Canvas' consent."""
    answer = ANSWERS[name](doors)
    page = desktop.new_page()

    show(page, answer)

    heading = page.locator("h1, form button").first.inner_text()
    assert HEADINGS.get(name, "This did not work") in heading
    assert problems(page, f"connecting-{name}") == {}
