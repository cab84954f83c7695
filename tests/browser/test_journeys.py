"""Each journey with its clicks and typed fields counted, inside a frame of another site and without scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from lti.roles import Role
from mappings.documents.envelope import Format
from mappings.documents.rendering import render
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, World, photograph
from tests.factories import ISSUED, READ
from tests.plugin.web.site import a_launch
from tests.plugin.web.stock import COURSE, PLATFORM, SEALER, a_platform, an_offer, sealed_credential
from tests.plugin.web.test_verify import PAYLOAD, with_html_everywhere

TEACHER, ANNA = a_launch(Role.TEACHER, "2"), a_launch(Role.LEARNER, "4")


@dataclass(slots=True)
class Hand:
    """Somebody's hand: counts what it does."""

    frame: Frame
    clicks: int = 0
    fields: int = 0

    def click(self, name: str, role: str = "button") -> None:
        """Click the first of this name."""
        self.frame.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        self.clicks += 1

    def type(self, label: str, text: str) -> None:
        """Type into a field."""
        self.frame.get_by_label(label).fill(text)
        self.fields += 1

    def choose(self, label: str, option: str) -> None:
        """Choose from a list, which counts as a field."""
        self.frame.get_by_label(label).select_option(option)
        self.fields += 1


def tool_of(page: Page) -> Frame:
    """The framed pages."""
    frame = page.frame_locator("iframe").locator("main")
    expect(frame).to_be_visible()
    return page.frames[1]


def ready_to_enable(world: World) -> None:
    """A connected platform and an institution profile."""
    a_platform(world.site.storage)
    with world.site.storage.begin() as work:
        work.profiles.keep_issuer(factories.issuer(), READ)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_teacher_enables_in_three_clicks_and_three_fields(
    world: World, chromium: Browser, size: dict[str, int]
) -> None:
    """Inside an iframe on another site, third-party cookies blocked, scripts off in our pages."""
    ready_to_enable(world)
    name = "desktop" if size is DESKTOP else "phone"
    with chromium.new_context(viewport=size, locale="en-GB") as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{world.framed(TEACHER)}/teach")
        hand = Hand(tool_of(page))
        photograph(page, f"framed-teacher-setup-{name}")

        hand.type("Workload in ECTS credits (Annex I, M7)", "5")
        hand.choose("Level in the EQF (Annex I, M8)", "6")
        hand.choose("How learners take part (Annex I, M10)", "Online")
        hand.click("Preview")
        expect(hand.frame.get_by_text("If it were enabled now: 2 get it, 4 do not")).to_be_visible()
        photograph(page, f"framed-teacher-preview-{name}")
        hand.click("Enable")
        expect(hand.frame.get_by_text("Enabled: learners receive it by themselves.")).to_be_visible()

    with world.site.storage.reading() as work:
        (offer,) = work.offers.of_course(PLATFORM, COURSE)
    assert offer.enabled
    assert (hand.clicks, hand.fields) == (2, 3)


def test_a_learner_owns_without_a_click_and_shares_with_one(world: World, desktop: BrowserContext) -> None:
    """In the frame; the link then works in a browser that knows nothing."""
    sealed_credential(world.site.storage, an_offer(world.site.storage))
    page = desktop.new_page()
    page.goto(f"{world.framed(ANNA)}/mine")
    hand = Hand(tool_of(page))
    expect(hand.frame.get_by_role("link", name="Applied Data Analysis", exact=True)).to_be_visible()

    hand.frame.get_by_role("button", name="Make a link for a month: Applied Data Analysis").click()
    hand.clicks += 1
    link = hand.frame.get_by_label("Link to copy").input_value()
    photograph(page, "framed-learner-shared")
    stranger = desktop.browser.new_page()  # type: ignore[union-attr]
    stranger.goto(link)

    assert hand.clicks == 1
    expect(stranger.get_by_role("heading", name="Applied Data Analysis", level=1)).to_be_visible()
    photograph(stranger, "shared-credential-desktop")
    stranger.close()


def test_an_employer_checks_a_file_without_scripts(world: World, plain: BrowserContext, tmp_path: Path) -> None:
    """The sealed file of a learner, uploaded by somebody without an account."""
    issued = sealed_credential(world.site.storage, an_offer(world.site.storage))
    with world.site.storage.reading() as work:
        sealed = work.credentials.document(issued.envelope.id, Format.ELM)
    assert sealed is not None
    file = tmp_path / "credential.jsonld"
    file.write_bytes(sealed.body)
    page = plain.new_page()
    page.goto(f"{world.url}/verify")

    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check it").click()

    expect(page.get_by_role("status")).to_contain_text("Practice only")
    expect(page.get_by_text("Anna Kowalska")).to_be_visible()
    assert page.locator("tbody tr").count() == 8


def test_a_script_in_a_credential_never_runs(world: World, desktop: BrowserContext, tmp_path: Path) -> None:
    """Markup in every field under an intact seal, so that all of it is shown: as text, and no link runs anything."""
    issued = sealed_credential(world.site.storage, an_offer(world.site.storage))
    document = render(Format.ELM, issued.credential, issued.envelope)
    evil = json.dumps(with_html_everywhere(json.loads(document.body))).replace(
        '"https://academy', '"javascript:alert(3)//'
    )
    file = tmp_path / "evil.jsonld"
    file.write_bytes(SEALER.seal(replace(document, body=evil.encode()), ISSUED).body)
    page = desktop.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.goto(f"{world.url}/verify")

    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check it").click()

    expect(page.get_by_role("heading", name=f"Applied Data Analysis{PAYLOAD}", level=2)).to_be_visible()
    assert page.get_by_text("onerror=").count() > 10
    assert (page.locator("main img, main script, main a[href^=javascript]").count(), ran) == (0, [])


def test_a_page_of_a_launch_cannot_be_framed_by_anybody_else(world: World, desktop: BrowserContext) -> None:
    """Only the registered platform, and public pages by nobody: the frame stays empty."""
    page = desktop.new_page()
    page.goto(f"{world.lms}/frame/none/verify")
    page.evaluate("url => { document.querySelector('iframe').src = url }", f"{world.url}/verify")
    page.wait_for_timeout(500)

    assert "Check a credential" not in page.frames[1].content()


def test_the_keyboard_alone_enables_a_credential(world: World, desktop: BrowserContext) -> None:
    """The skip link comes first; Tab, Enter and typing lead from the form over the preview to the end."""
    ready_to_enable(world)
    page = desktop.new_page()
    page.goto(f"{world.entered(TEACHER)}/teach")

    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    for text in ("5", "6", "Online"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("If it were enabled now: 2 get it")).to_be_visible()
    presses = tab_to(page, "Enable")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Enabled: learners receive it by themselves.")).to_be_visible()
    assert first == "Skip to the content"
    assert presses <= 3


def tab_to(page: Page, words: str) -> int:
    """Press Tab until the element with these words has the focus, and return how often."""
    for presses in range(1, 30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return presses
    raise AssertionError(f"Tab does not lead to {words}")
