"""Every page and state of teachers, learners, employers and administrators, in every form of ``looking``.

WCAG 2.2 AA as far as a machine can tell; screenshots are kept for people to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import BrowserContext, Page

from lti.roles import Role
from mappings.assessment import LearnerId
from plugin import administering, sharing
from plugin.health import Finding, Health, Status
from plugin.sharing import SharingTools
from plugin.storage.cases import Kind
from plugin.storage.people import Evidence
from plugin.storage.sharing import Holder
from tests.browser.conftest import World
from tests.browser.looking import problems
from tests.factories import ISSUED, READ
from tests.plugin.web.site import a_launch
from tests.plugin.web.stock import COURSE, PLATFORM, an_offer, held_award, records, sealed_credential, settle

TEACHER, BRUNO, DIETER = a_launch(Role.TEACHER, "2"), a_launch(Role.LEARNER, "5"), a_launch(Role.LEARNER, "7")
NEW = a_launch(Role.TEACHER, "2", platform="2")


@dataclass(slots=True)
class Stock:
    """A course in which everything happened."""

    world: World
    sealed: str = ""
    credential: str = ""
    held: str = ""
    token: str = ""
    ended: str = ""


@pytest.fixture
def stock(world: World) -> Stock:
    """A sealed and shared credential, one held, a correction, an objection, accounts alike, the rest on the way."""
    storage = world.site.storage
    offer = an_offer(storage)
    issued = sealed_credential(storage, offer, "bruno")
    settle(world.site, offer)
    held = held_award(storage, offer, "8")
    tools = SharingTools(storage, lambda: world.site.now)
    with storage.begin() as work:
        work.cases.open(issued.award_id, Kind.ACHIEVEMENT, "f", reasons=(), now=ISSUED)
        work.people.notice(Holder(PLATFORM, LearnerId("5")), LearnerId("8"), {Evidence.CONTACT}, ISSUED)
        work.holdings.object(issued.award_id, "My name is spelled differently.", READ)
    bruno = Holder(PLATFORM, LearnerId("5"))
    ended = sharing.share(tools, bruno, issued.envelope.id, None)
    token = sharing.share(tools, bruno, issued.envelope.id, 30)
    return Stock(world, issued.award_id, issued.envelope.id, held.id, token, ended)


def enter(page: Page, stock: Stock, path: str) -> None:
    """Hold every launch of these tests, then open a page."""
    for launch, kind in ((TEACHER, "teach"), (BRUNO, "mine"), (DIETER, "mine"), (NEW, "teach")):
        page.goto(f"{stock.world.entered(launch)}/{kind}")
    page.goto(f"{stock.world.url}{path}")


def press(page: Page, stock: Stock, path: str, field: str, button: str) -> None:
    """Open a page, write a reason and press a button."""
    enter(page, stock, path)
    page.locator(field).fill("Because of a mistake.")
    page.get_by_role("button", name=button, exact=True).first.click()


def wrong_setup(page: Page, stock: Stock) -> None:
    """The form with a problem."""
    enter(page, stock, f"/teach/{TEACHER.id}/setup")
    page.locator("[name='workload.ects']").fill("many")
    page.get_by_role("button", name="Preview").first.click()


def preview(page: Page, stock: Stock) -> None:
    """The preview of a complete form."""
    enter(page, stock, f"/teach/{TEACHER.id}/setup")
    page.locator("[name='workload.ects']").fill("5")
    page.locator("[name='level.eqf']").select_option("6")
    page.locator("[name='participation']").select_option(label="Online")
    page.get_by_role("button", name="Preview").first.click()


def reading(page: Page, stock: Stock) -> None:
    """The preview of a class that is being read."""
    enter(page, stock, f"/teach/{TEACHER.id}/setup")
    stock.world.site.worker = False
    with stock.world.site.storage.begin() as work:
        work.class_readings.request(PLATFORM, COURSE, stock.world.site.now)
    page.goto(f"{stock.world.url}/teach/{TEACHER.id}/preview")


def ask_for_link(page: Page, stock: Stock, address: str) -> None:
    """Ask for a link by mail, past the browser's own check of the field."""
    enter(page, stock, "/recover")
    page.locator("form[action='/recover']").evaluate("form => form.noValidate = true")
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Send me a link").click()


def replacing(page: Page, stock: Stock) -> None:
    """What would change in a credential that is replaced."""
    better = records()["bruno"]
    with stock.world.site.storage.begin() as work:
        work.assessments.record(replace(better, learner=replace(better.learner, full_name="Bruno da Silva")))
    enter(page, stock, f"/teach/{TEACHER.id}/award/{stock.sealed}")
    page.locator("#remedy-1").select_option("supersede")
    page.locator("#case-reason-1").fill("The name is different.")
    page.get_by_role("button", name="Decide").click()


def resuming(page: Page, stock: Stock) -> None:
    """A paused course that is to award again."""
    enter(page, stock, f"/teach/{TEACHER.id}")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()


def uploading(page: Page, stock: Stock) -> None:
    """Session records to look at before they are kept."""
    enter(page, stock, f"/teach/{TEACHER.id}/supervision")
    text = (
        "learner,assessment,vendor,method,identity_check,reviewed_by,result,time\n"
        "4,7,Example,person_online,passed,Exam office,flagged,2026-06-30T10:15:00+02:00\n"
        "99,77,Example,nobody,unknown,,clear,2026-06-30T10:15:00+02:00\n"
    )
    page.locator("#file").set_input_files({"name": "records.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Look at it first").click()


def administer(page: Page, stock: Stock, path: str) -> None:
    """Come in by a link from the command line, then open a page."""
    site = stock.world.site
    token = administering.make_link(site.storage, "Dr Vos", site.now)
    site.health = Health(
        (
            Finding("database", Status.PASS, "It can be read and written."),
            Finding("seal", Status.FAIL, "The file cannot be read.", "Name another file in MICROCRED_SEAL_FILE."),
        )
    )
    page.goto(f"{stock.world.url}/admin/enter/{token}")
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{stock.world.url}{path}")


def rules_to_confirm(page: Page, stock: Stock) -> None:
    """The choice of rule and notices with what it comes to."""
    enter(page, stock, f"/teach/{TEACHER.id}/rules")
    page.get_by_label("replace the credential by a corrected one, without asking").check()
    page.get_by_label("not at all: learners look at their page").check()
    page.get_by_role("button", name="See the consequences").click()


PAGES: dict[str, Callable[[Page, Stock], None]] = {
    "verify": lambda page, stock: enter(page, stock, "/verify"),
    "verify-nothing": lambda page, stock: (
        enter(page, stock, "/verify"),
        page.get_by_role("button", name="Check it").click(),
    )[0],
    "shared": lambda page, stock: enter(page, stock, f"/c/{stock.token}"),
    "shared-ended": lambda page, stock: enter(page, stock, f"/c/{stock.ended}"),
    "standing": lambda page, stock: enter(page, stock, f"/c/{stock.credential}"),
    "not-found": lambda page, stock: enter(page, stock, "/c/nothing"),
    "learner": lambda page, stock: enter(page, stock, f"/mine/{BRUNO.id}"),
    "learner-waiting": lambda page, stock: enter(page, stock, f"/mine/{DIETER.id}"),
    "learner-credential": lambda page, stock: enter(page, stock, f"/mine/{BRUNO.id}/credential/{stock.credential}"),
    "learner-objection": lambda page, stock: enter(page, stock, f"/mine/{BRUNO.id}/objection/{stock.sealed}"),
    "recover-ask": lambda page, stock: enter(page, stock, "/recover"),
    "recover-asked": lambda page, stock: ask_for_link(page, stock, "eve@u.example"),
    "recover-wrong": lambda page, stock: ask_for_link(page, stock, "eve@u example"),
    "recover-spent": lambda page, stock: (
        enter(page, stock, "/recover/spent"),
        page.get_by_role("button", name="Open").click(),
    )[0],
    "recover": lambda page, stock: enter(page, stock, "/recover/anything"),
    "teacher-list": lambda page, stock: enter(page, stock, f"/teach/{TEACHER.id}"),
    "teacher-held": lambda page, stock: enter(page, stock, f"/teach/{TEACHER.id}/award/{stock.held}"),
    "teacher-sealed": lambda page, stock: enter(page, stock, f"/teach/{TEACHER.id}/award/{stock.sealed}"),
    "teacher-held-list": lambda page, stock: enter(page, stock, f"/teach/{TEACHER.id}?only=held&all=1"),
    "teacher-approve": lambda page, stock: press(
        page, stock, f"/teach/{TEACHER.id}/award/{stock.held}", "#reason", "Approve"
    ),
    "teacher-replace": replacing,
    "teacher-resume": resuming,
    "teacher-upload": uploading,
    "teacher-confirm": lambda page, stock: press(
        page, stock, f"/teach/{TEACHER.id}/award/{stock.sealed}", "#revoke", "See the consequences"
    ),
    "teacher-setup": lambda page, stock: enter(page, stock, f"/teach/{TEACHER.id}/setup"),
    "teacher-supervision": lambda page, stock: enter(page, stock, f"/teach/{TEACHER.id}/supervision"),
    "teacher-rules": rules_to_confirm,
    "teacher-reading": reading,
    "teacher-cannot": lambda page, stock: enter(page, stock, f"/teach/{NEW.id}"),
    "teacher-setup-wrong": wrong_setup,
    "teacher-preview": preview,
    "privacy": lambda page, stock: enter(page, stock, "/privacy"),
    "accessibility": lambda page, stock: enter(page, stock, "/accessibility"),
    "sign-out": lambda page, stock: enter(page, stock, "/sign-out"),
    "admin-sign-in": lambda page, stock: enter(page, stock, "/admin/sign-in"),
    "admin-enter": lambda page, stock: enter(page, stock, "/admin/enter/anything"),
    "admin-overview": lambda page, stock: administer(page, stock, "/admin/"),
    "admin-platforms": lambda page, stock: administer(page, stock, "/admin/platforms"),
    "admin-courses": lambda page, stock: administer(page, stock, "/admin/courses"),
    "admin-sign-ins": lambda page, stock: administer(page, stock, "/admin/sign-ins/"),
    "admin-queue": lambda page, stock: administer(page, stock, "/admin/queue"),
    "admin-keys": lambda page, stock: administer(page, stock, "/admin/keys"),
    "admin-trail": lambda page, stock: administer(page, stock, "/admin/trail?verify=1"),
    "admin-people": lambda page, stock: administer(page, stock, f"/admin/people/?platform={PLATFORM}&old=8&new=5"),
    "admin-person": lambda page, stock: administer(page, stock, f"/admin/person?platform={PLATFORM}&learner=5"),
    "admin-settings": lambda page, stock: administer(page, stock, "/admin/settings"),
}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_on_any_page_in_any_form(stock: Stock, desktop: BrowserContext, name: str) -> None:
    """Desktop and 320 px, light and dark, at 200 %, from right to left, without motion, with focus that is seen."""
    page = desktop.new_page()
    PAGES[name](page, stock)

    assert problems(page, name) == {}
