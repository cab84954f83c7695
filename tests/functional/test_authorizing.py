"""Letting the bridge read a Canvas, as its administrator does: key, consent, way back, preflight, and the end of it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from lti.authorization import CANVAS_SCOPES
from lti.errors import Fault, PlatformError
from mappings.assessment import CourseId, PlatformId
from plugin.app import assemble
from plugin.authorizing import ticket
from plugin.connections import authorizing_tools
from plugin.storage.platforms import Connected
from tests.functional.entrance import TOOL, Entrance, Visitor, code_of
from tests.lti.launching import registration_of
from tests.simulators.canvas import CLIENT_ID, CLIENT_SECRET, CanvasSimulator
from tests.simulators.lti_platform import CANVAS, LtiPlatform
from tests.simulators.server import Asked

DATA_ETHICS = CourseId("565")


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    """The application beside the LTI side of a Canvas."""
    with LtiPlatform(CANVAS) as platform:
        yield Entrance(tmp_path, platform)


@pytest.fixture
def canvas() -> Iterator[CanvasSimulator]:
    """Its REST side."""
    with CanvasSimulator() as running:
        yield running


@pytest.fixture
def platform(entrance: Entrance) -> PlatformId:
    """The deployment that a teacher has launched from."""
    return entrance.launch_of(entrance.browser().launch("teacher")).platform


def new_ticket(entrance: Entrance, platform: PlatformId) -> str:
    """The path that an administrator was given."""
    return ticket(authorizing_tools(assemble(entrance.settings)), platform).removeprefix(TOOL)


def with_key(browser: Visitor, path: str, canvas: CanvasSimulator, **changed: str) -> TestResponse:
    """Fill in the developer key."""
    token = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get(path).text)[0]
    form = {"url": canvas.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "csrf_token": token}
    return browser.post(path, form | changed)


def to_canvas(page: TestResponse) -> str:
    """Where the button leads."""
    return html.unescape(re.findall(r'role="button" href="([^"]+)"', page.text)[0])


def returned(canvas: CanvasSimulator, page: TestResponse) -> str:
    """Agree at Canvas (or not), and return the path that the browser is sent back to."""
    back = urlsplit(canvas.agree(to_canvas(page)))
    return f"{back.path}?{back.query}"


def kept(entrance: Entrance, platform: PlatformId) -> Connected:
    """What is stored of the platform."""
    with assemble(entrance.settings).storage.reading() as work:
        return work.platforms.get(platform)


def test_the_round_trip_ends_in_the_preflight_and_reads(
    entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId
) -> None:
    """One URL, one form, one consent; from then on courses are read."""
    browser = entrance.browser()
    page = with_key(browser, new_ticket(entrance, platform), canvas)

    ended = browser.get(returned(canvas, page))
    shown = browser.get(urlsplit(ended.location).path)

    assert "is registered" in shown.text
    course = assemble(entrance.settings).sync.connect(kept(entrance, platform)).course(DATA_ETHICS)
    assert course.title == "Introduction to Data Ethics"


def test_every_scope_stands_beside_the_element_that_it_feeds(entrance: Entrance, platform: PlatformId) -> None:
    """Before anything is agreed to; the redirect URI is there to copy."""
    page = entrance.browser().get(new_ticket(entrance, platform)).text

    for scope in CANVAS_SCOPES:
        assert f"<td><code>{scope}</code></td><td>" in page
    assert f"{TOOL}/canvas/authorized" in page


def test_nothing_secret_is_shown_or_stored_in_clear(
    entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId
) -> None:
    """Not on a later page, not in the database."""
    browser = entrance.browser()
    browser.get(returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas)))

    again = entrance.browser().get(new_ticket(entrance, platform)).text
    stored = [each.read_bytes() for each in entrance.settings.data_dir.iterdir() if each.is_file()]

    assert CLIENT_ID in again
    for secret in (CLIENT_SECRET, *canvas.refresh_tokens, *canvas.tokens):
        assert secret not in again
        assert not [each for each in stored if secret.encode() in each]


def test_a_kept_key_is_authorised_again_without_its_secret(
    entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId
) -> None:
    """After somebody took the authorisation back."""
    browser = entrance.browser()
    browser.get(returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas)))
    canvas.revoke()

    page = with_key(browser, new_ticket(entrance, platform), canvas, client_secret="")
    browser.get(returned(canvas, page))

    assert assemble(entrance.settings).sync.connect(kept(entrance, platform)).course(DATA_ETHICS)


def test_a_ticket_works_once(entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId) -> None:
    """And a made-up one never did; both say the same."""
    path = new_ticket(entrance, platform)
    browser = entrance.browser()
    with_key(browser, path, canvas)

    again, never = browser.get(path), browser.get("/canvas/authorize/never-made")

    assert (again.status_code, code_of(again)) == (never.status_code, code_of(never)) == (410, "authorization_not_open")


def test_a_state_works_once(entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId) -> None:
    """The address of the way back may stay in a history."""
    browser = entrance.browser()
    path = returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas))
    browser.get(path)

    assert code_of(browser.get(path)) == "authorization_not_open"


def test_a_state_belongs_to_the_browser_that_was_given_it(
    entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId
) -> None:
    """Else somebody could let an administrator connect another's account (RFC 6749 section 10.12)."""
    path = returned(canvas, with_key(entrance.browser(), new_ticket(entrance, platform), canvas))
    asked = len(canvas.asked)

    answer = entrance.browser().get(path)

    assert code_of(answer) == "authorization_not_open"
    assert len(canvas.asked) == asked


def test_a_stolen_code_is_worth_nothing(entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId) -> None:
    """It is bound to the challenge of the browser that asked for it (RFC 7636)."""
    browser, thief = entrance.browser(), entrance.browser()
    stolen = returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas))
    own = returned(canvas, with_key(thief, new_ticket(entrance, platform), canvas))
    code, other = re.findall(r"code=([^&]+)", stolen)[0], re.findall(r"code=([^&]+)", own)[0]

    answer = thief.get(own.replace(other, code))

    assert code_of(answer) == "token_refused"


def test_a_person_who_says_no_is_heard(entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId) -> None:
    """Nothing is kept but the key."""
    canvas.agrees = False
    browser = entrance.browser()

    answer = browser.get(returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas)))

    assert code_of(answer) == "no_access"
    with pytest.raises(PlatformError) as raised:
        assemble(entrance.settings).sync.connect(kept(entrance, platform)).course(DATA_ETHICS)
    assert raised.value.fault is Fault.NOT_AUTHORIZED


def test_a_consent_that_was_begun_and_left_ends_nothing(
    entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId
) -> None:
    """The same key goes on reading with what it was given before."""
    browser = entrance.browser()
    browser.get(returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas)))

    with_key(browser, new_ticket(entrance, platform), canvas)

    assert assemble(entrance.settings).sync.connect(kept(entrance, platform)).course(DATA_ETHICS)


def test_another_key_takes_nothing_over(entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId) -> None:
    """What the old one was given does not fit it."""
    browser = entrance.browser()
    browser.get(returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas)))

    with_key(browser, new_ticket(entrance, platform), canvas, client_id="10000000000099")

    with pytest.raises(PlatformError) as raised:
        assemble(entrance.settings).sync.connect(kept(entrance, platform)).course(DATA_ETHICS)
    assert raised.value.fault is Fault.NOT_AUTHORIZED


def test_a_wrong_address_is_named_and_spends_nothing(
    entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId
) -> None:
    """The ticket stays open until the key has its form."""
    path, browser = new_ticket(entrance, platform), entrance.browser()

    wrong = with_key(browser, path, canvas, url="school")

    assert wrong.status_code == 422
    assert "Missing or not an address: url" in wrong.text
    assert browser.get(path).status_code == 200


def test_an_authorisation_that_was_taken_back_has_its_own_code(
    entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId
) -> None:
    """Canvas answers 400 «refresh_token not found»; nothing waits for that to heal by itself."""
    browser = entrance.browser()
    browser.get(returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas)))
    canvas.revoke()
    reading = assemble(entrance.settings).sync.connect(kept(entrance, platform))

    with pytest.raises(PlatformError) as raised:
        reading.course(DATA_ETHICS)

    assert (raised.value.fault, raised.value.retryable) == (Fault.AUTHORIZATION_ENDED, False)


def test_the_preflight_page_leads_to_the_consent(entrance: Entrance, platform: PlatformId) -> None:
    """For the browser that registered, and for no other."""
    browser, stranger = entrance.browser(), entrance.browser()
    registration = registration_of(entrance.platform).id
    with browser.client.session_transaction(base_url=TOOL) as session:
        session["registered"] = [registration]
    path = f"/lti/preflight/{registration}/authorize/{platform}"

    answer = browser.post(path, {})

    assert re.fullmatch(rf"{TOOL}/canvas/authorize/[\w-]{{43}}", answer.location)
    assert stranger.post(path, {}).status_code == 403
    assert browser.post(f"/lti/preflight/{registration}/authorize/other", {}).status_code == 403


def test_two_processes_refresh_once(entrance: Entrance, canvas: CanvasSimulator, platform: PlatformId) -> None:
    """The second one waits for the row, and finds the token that the first one fetched."""
    browser = entrance.browser()
    browser.get(returned(canvas, with_key(browser, new_ticket(entrance, platform), canvas)))
    connected = kept(entrance, platform)
    before = len([asked for asked in canvas.asked if _is_refresh(asked)])

    for _ in range(2):
        assemble(entrance.settings).sync.connect(connected).course(DATA_ETHICS)

    assert len([asked for asked in canvas.asked if _is_refresh(asked)]) - before == 1


def _is_refresh(asked: Asked) -> bool:
    return asked.path == "/login/oauth2/token" and asked.form.get("grant_type") == "refresh_token"
