"""What administrators and teachers do in Moodle's pages to connect and place the bridge, step by step."""

from __future__ import annotations

import os
import re
import uuid
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.live.bridge import Bridge
from tests.live.course import Person


def logged_in(browser: Browser, moodle: str, account: str) -> Page:
    """Open a browser profile of its own and log in; ``account`` is ``name:password``."""
    name, _, password = account.partition(":")
    page = browser.new_context().new_page()
    # Moodle's scripts work on the form after it is shown: what was typed before them can be lost.
    page.goto(f"{moodle}/login/index.php", wait_until="networkidle")
    page.fill("#username", name)
    page.fill("#password", password)
    page.click("#loginbtn")
    # The page after it is not waited for: a dashboard loads long.
    page.wait_for_url(lambda url: "/login/" not in url, wait_until="commit", timeout=90_000)
    return page


def launched(page: Page, activity: str) -> FrameLocator:
    """Open the activity and return the frame in which the bridge is."""
    page.goto(activity)
    frame = page.frame_locator("iframe#contentframe")
    expect(frame.locator("main")).to_be_visible()
    return frame


def register(bridge: Bridge, browser: Browser, moodle: str) -> str:
    """Register by URL and activate, as an administrator does; return the invite that was used."""
    invite = bridge.run("invite").strip()
    page = logged_in(browser, moodle, os.environ["MOODLE_ADMIN"])
    page.goto(f"{moodle}/mod/lti/toolconfigure.php")
    page.fill("#tool-url", invite)
    page.click("#tool-create-button")
    frame = page.frame_locator("iframe[src*='startltiadvregistration']")
    expect(frame.locator("table")).to_contain_text("contextmembership.readonly")
    frame.get_by_role("button", name="Register").click()
    expect(frame.locator("[data-need=roster]")).to_have_attribute("data-ok", "true")
    expect(frame.locator("[data-need=launch]")).to_contain_text("Activate")
    # Moodle takes the frame away while the mouse button is still down, and a mouse click would wait for it for ever.
    frame.get_by_role("button", name="Finish").dispatch_event("click")
    # Pending tools of other runs keep their cards: the newest one is ours.
    waiting = page.locator(".tool-card", has_text="Microcredential Bridge").filter(has_text="Activate")
    page.wait_for_load_state("networkidle")  # the cards are drawn again when the frame is gone
    expect(waiting).not_to_have_count(0)
    before = waiting.count()
    waiting.last.get_by_text("Activate").click()
    expect(waiting).to_have_count(before - 1)
    page.context.close()
    return invite


def platform_key(bridge: Bridge) -> str:
    """Return by which name the bridge knows the one platform that is registered."""
    key = re.search(r"platform key (\w+)", bridge.run("registrations"))
    assert key is not None
    return key[1]


def connect(bridge: Bridge, moodle: str, token_of: str = "MOODLE_TOKEN") -> None:
    """Give the bridge a web-service token, as IT does at the command line."""
    token = bridge.log.parent / "token"
    token.write_text(os.environ[token_of])
    bridge.run("platform", platform_key(bridge), moodle, "--kind", "moodle", "--token-file", str(token))


def place(bridge: Bridge, browser: Browser, moodle: str, course: str) -> str:
    """Place the tool in a course by deep linking, as a teacher does; return the address of the activity."""
    tool = re.search(r"deployment (\d+): allowed", bridge.run("registrations"))
    assert tool is not None
    name = f"Credential {uuid.uuid4().hex[:8]}"
    page = logged_in(browser, moodle, os.environ["MOODLE_TEACHER"])
    page.goto(f"{moodle}/course/modedit.php?add=lti&course={course}&section=0&typeid={tool[1]}")
    page.get_by_role("button", name="Select content").click()
    frame = page.frame_locator("iframe#contentitem-page-iframe")
    frame.get_by_label("Name of the link in the course").fill(name)
    frame.get_by_role("button", name="Add to the course").click()
    expect(page.locator("#id_name")).to_have_value(name)
    page.get_by_role("button", name="Save and display").click()
    page.wait_for_url("**/mod/lti/view.php*")
    page.context.close()
    return page.url


def enable(browser: Browser, moodle: str, activity: str) -> None:
    """Enable the credential in the launched pages, as a teacher does who lets grades count at once."""
    page = logged_in(browser, moodle, os.environ["MOODLE_TEACHER"])
    frame = launched(page, activity)
    frame.get_by_label("Workload in ECTS credits (Annex I, M7)").fill("5")
    frame.get_by_label("Level in the EQF (Annex I, M8)").select_option("6")
    frame.get_by_label("How learners take part (Annex I, M10)").select_option(label="Online")
    frame.locator("input[name^='outcome.new.title']").first.fill("Answer the questions of a course")
    frame.get_by_role("heading", name="When it is earned").last.click()
    frame.get_by_label("Hours before a grade counts").fill("0")
    frame.get_by_role("button", name="Preview").first.click()
    frame.get_by_role("button", name="Enable").click()
    expect(frame.locator("main")).to_contain_text("Enabled")
    page.context.close()


def messages_to(browser: Browser, moodle: str, learner: Person) -> list[dict[str, Any]]:
    """Return all messages that the learner has in Moodle, asked for as the pages of Moodle ask."""
    page = logged_in(browser, moodle, learner.account)
    page.goto(f"{moodle}/user/preferences.php")
    wanted = {"useridto": learner.id, "type": "conversations", "read": 2}
    answer = page.request.post(
        f"{moodle}/lib/ajax/service.php?sesskey={page.evaluate('M.cfg.sesskey')}",
        data=[{"index": 0, "methodname": "core_message_get_messages", "args": wanted}],
    ).json()
    page.context.close()
    return list(answer[0]["data"]["messages"])
