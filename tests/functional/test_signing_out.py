"""Signing out ends launches in the database, in one browser or in all, and what was ended stays a replay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import session
from werkzeug.test import TestResponse

from mappings.assessment import LearnerId, PlatformId
from plugin.storage.sharing import Holder
from plugin.web import visits
from tests.functional.entrance import TOOL, Entrance, Visitor, code_of, policy_of
from tests.simulators.lti_platform import MOODLE, LtiPlatform


@pytest.fixture
def moodle(tmp_path: Path) -> Iterator[Entrance]:
    """The application with Moodle."""
    with LtiPlatform(MOODLE) as platform:
        yield Entrance(tmp_path, platform)


def sign_out(browser: Visitor, where: str = "here") -> TestResponse:
    """Send the form of the page."""
    page = browser.get("/sign-out")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    return browser.post("/sign-out", {"csrf_token": token[1], "where": where}, Origin=TOOL, Referer="")


def test_every_page_of_a_launch_leads_there(moodle: Entrance) -> None:
    """Visible without a search (ASVS 7.4.4); who has nothing open sees no such link."""
    browser = moodle.browser()

    before, page = browser.get("/verify"), browser.get(browser.launch("learner").location)

    assert 'href="/sign-out"' not in before.text
    assert 'href="/sign-out"' in page.text


def test_what_is_open_is_listed(moodle: Entrance) -> None:
    """Of the person, in whichever browser; nobody else's, and in the frame of the platform."""
    browser, other, classmate = moodle.browser(), moodle.browser(), moodle.browser()
    for each, person in ((browser, "teacher"), (other, "teacher"), (classmate, "learner")):
        each.launch(person)

    page = browser.get("/sign-out")

    assert page.text.count("In this browser, since ") == 1
    assert page.text.count("Elsewhere, since ") == 1
    assert moodle.platform.url in policy_of(page)["frame-ancestors"]


def test_a_copied_cookie_opens_nothing_after_signing_out(moodle: Entrance) -> None:
    """The launch ends in the database; the browser is told to drop what it was shown (ASVS 7.4.1)."""
    browser, thief = moodle.browser(), moodle.browser()
    page = browser.launch("teacher").location
    stolen = browser.client.get_cookie("__Host-microcred", domain="tool.example")
    assert stolen is not None
    thief.client.set_cookie(stolen.key, stolen.value, domain="tool.example", secure=True)
    opened = thief.get(page)

    done = sign_out(browser)

    assert (opened.status_code, done.status_code) == (200, 200)
    assert done.headers["Clear-Site-Data"] == '"cache"'
    assert code_of(thief.get(page)) == code_of(browser.get(page)) == "session_missing"
    assert "Nothing is open in this browser." in browser.get("/sign-out").text


@pytest.mark.parametrize(("where", "elsewhere"), [("here", 200), ("everywhere", 403)])
def test_signing_out_everywhere_reaches_other_browsers(moodle: Entrance, where: str, elsewhere: int) -> None:
    """Of the same person only."""
    browser, other, classmate = moodle.browser(), moodle.browser(), moodle.browser()
    browser.launch("teacher")
    theirs, another_s = other.launch("teacher").location, classmate.launch("learner").location

    sign_out(browser, where)

    assert other.get(theirs).status_code == elsewhere
    assert classmate.get(another_s).status_code == 200


def test_a_launch_that_was_ended_cannot_be_sent_again(moodle: Entrance) -> None:
    """The back button resends the form of the platform: that stays a replay."""
    browser = moodle.browser()
    form = browser.form("teacher")
    browser.post("/lti/launch", form)
    sign_out(browser, "everywhere")

    again = browser.post("/lti/launch", form)

    assert code_of(again) == "replayed"


def test_a_launch_of_yesterday_is_not_open(moodle: Entrance) -> None:
    """What ended by itself needs no end."""
    browser = moodle.browser()
    browser.launch("teacher")

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=9), tick=False):
        page = browser.get("/sign-out")

    assert "Nothing is open in this browser." in page.text


def by_recovery(browser: Visitor) -> None:
    """Open the page of somebody as a recovery link does."""
    with browser.entrance.app.test_request_context():
        visits.remember_holder(Holder(PlatformId("1"), LearnerId("4")))
        opened = dict(session)
    with browser.client.session_transaction(base_url=TOOL) as kept:
        kept.update(opened)


def test_a_page_that_a_recovery_link_opened_is_closed(moodle: Entrance) -> None:
    """In this browser; the link itself stays."""
    browser = moodle.browser()
    by_recovery(browser)
    listed, page = browser.get("/sign-out"), browser.get("/mine/kept")

    sign_out(browser)

    assert "In this browser, by a recovery link" in listed.text
    assert (page.status_code, browser.get("/mine/kept").status_code) == (200, 403)


def test_a_recovery_link_opens_a_page_for_hours_only(moodle: Entrance) -> None:
    """As many as a launch: whoever finds the browser tomorrow finds nothing open."""
    browser = moodle.browser()
    by_recovery(browser)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=9), tick=False):
        closed = browser.get("/mine/kept")

    assert closed.status_code == 403
