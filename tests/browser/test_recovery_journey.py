"""A learner who has left the institution comes back: by the link on paper, by a mailed one, and when neither opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from lti.roles import Role
from mappings.assessment import LearnerId
from plugin import channels
from plugin.settings import Settings
from plugin.storage.sharing import Holder
from plugin.web.letters import write_recovery
from plugin.web.tools import keep
from tests.browser.conftest import DESKTOP, PHONE, World, photograph
from tests.browser.looking import sideways
from tests.factories import READ
from tests.plugin.web.site import a_launch
from tests.plugin.web.stock import PLATFORM, an_offer, sealed_credential
from tests.simulators.mail_server import MailServerSimulator

ADDRESS = "anna@u.example"


@pytest.fixture
def mail(world: World) -> Iterator[MailServerSimulator]:
    """A mail server that runs, to which the bridge hands its mails; Anna is reached by mail."""
    with world.site.storage.begin() as work:
        work.contacts.confirm(Holder(PLATFORM, LearnerId("4")), ADDRESS, "en", READ)
    with MailServerSimulator() as server:
        settings = Settings(
            public_url=world.url, mail_host="127.0.0.1", mail_port=server.port, mail_tls="none", mail_from="c@u.example"
        )
        world.site.recovering = channels.recovering_tools(
            settings, world.site.storage, clock=lambda: world.site.now, write=write_recovery
        )
        keep(world.site.app, replace(world.site.tools(), public_url=world.url))
        yield server


def test_a_learner_comes_back_without_an_account(world: World, mail: MailServerSimulator, chromium: Browser) -> None:
    """The printed link, then a mailed one for whoever lost it; no script, and each step says what comes next."""
    sealed_credential(world.site.storage, an_offer(world.site.storage))
    printed = printed_link(world, chromium)

    with plain(chromium, DESKTOP) as page:  # another device, years later
        page.goto(printed)
        opened(page)

    with plain(chromium, PHONE) as page:
        page.goto(f"{world.url}/recover")
        mailed = mailed_link(world, mail, page)
        looked_at(page, "recovery-asked")
        page.goto(mailed)
        opened(page)

    with plain(chromium, PHONE) as page:  # somebody finds the mail
        page.goto(mailed)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("alert")).to_contain_text("This link does not work any more")
        page.get_by_role("link", name="Ask for a new link").click()
        too_late = mailed_link(world, mail, page)
        world.site.now += timedelta(hours=2)
        page.goto(too_late)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("alert")).to_contain_text("This link does not work any more")
        looked_at(page, "recovery-over")


def plain(chromium: Browser, size: dict[str, int]) -> Page:
    """A page of a browser without scripts that knows nothing of us; the browser is closed with it."""
    return chromium.new_page(viewport=size, locale="en-GB", java_script_enabled=False)  # type: ignore[arg-type]


def looked_at(page: Page, name: str) -> None:
    """Keep a picture at both sizes; nothing is wider than the window."""
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        photograph(page, f"{name}-{size['width']}")
        assert sideways(page) == 0


def printed_link(world: World, chromium: Browser) -> str:
    """What the learner prints while the account is still there."""
    with plain(chromium, DESKTOP) as page:
        page.goto(f"{world.entered(a_launch(Role.LEARNER, '4'))}/mine")
        page.get_by_role("button", name="Make a recovery link").click()
        link = page.get_by_label("Link to copy").input_value()
        page.emulate_media(media="print")
        expect(page.get_by_text(link)).to_be_visible()
    return link


def mailed_link(world: World, mail: MailServerSimulator, page: Page) -> str:
    """Ask for a link on the page that is open, let the worker mail it, and take it out of the mail."""
    page.get_by_label("Your e-mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status")).to_contain_text("a mail with a link is on its way")
    world.site.work_off()
    text: str = mail.received[-1].mail.get_content()
    (link,) = re.findall(rf"{world.url}/recover/\S+", text)
    return link


def opened(page: Page) -> None:
    """The link asks once, then the learner's page is there with the file."""
    page.get_by_role("button", name="Open").click()
    page.get_by_role("link", name="Open: Applied Data Analysis").click()
    with page.expect_download() as file:
        page.get_by_role("link", name="European Digital Credential").click()
    assert file.value.suggested_filename.endswith(".jsonld")
