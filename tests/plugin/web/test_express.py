"""The straight way in front of Flask answers what Flask would, and leaves everything else to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask.sessions import SecureCookieSessionInterface

from plugin.app import create_app
from plugin.web.sessions import Sessions
from tests.functional.entrance import TOOL, Entrance, code_of
from tests.lti.launching import CLIENT
from tests.simulators.lti_platform import MOODLE, LtiPlatform


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    """The application with a registered platform."""
    with LtiPlatform(MOODLE) as platform:
        yield Entrance(tmp_path, platform)


@pytest.fixture
def flask_views(entrance: Entrance, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which views Flask was asked for."""
    seen: list[str] = []
    dispatch = entrance.app.full_dispatch_request
    monkeypatch.setattr(entrance.app, "full_dispatch_request", lambda *args: seen.append("asked") or dispatch(*args))
    return seen


def test_a_second_launch_of_a_browser_never_reaches_flask(entrance: Entrance, flask_views: list[str]) -> None:
    """The first brings the cookie, the others go straight through."""
    browser = entrance.browser()
    browser.launch()
    flask_views.clear()

    landed = browser.launch("teacher")

    assert flask_views == []
    assert entrance.launch_of(landed).person.id == "213"


def test_the_session_of_the_straight_way_is_flask_s(entrance: Entrance) -> None:
    """Flask reads it, earlier launches stay in it, and so does what else it held."""
    browser = entrance.browser()
    first = browser.launch("teacher").location
    browser.post("/language", {"language": "nl", "csrf_token": ""})
    second = browser.launch("teacher").location

    assert [browser.get(path).status_code for path in (first, second)] == [200, 200]


def test_a_session_written_by_flask_itself_is_read(entrance: Entrance) -> None:
    """Sessions of the version before are compressed; nobody must launch again because of an update."""
    browser = entrance.browser()
    first = browser.launch("teacher").location
    cookie = browser.client.get_cookie("__Host-microcred", domain="tool.example")
    old, new = (kind.get_signing_serializer(entrance.app) for kind in (SecureCookieSessionInterface(), Sessions()))
    assert cookie is not None
    assert old is not None
    padded = new.loads(cookie.value) | {"padding": "x" * 200}
    browser.client.set_cookie("__Host-microcred", str(old.dumps(padded)), domain="tool.example")

    second = browser.launch("teacher").location

    assert [browser.get(path).status_code for path in (first, second)] == [200, 200]


def test_a_session_signed_by_an_older_secret_is_read(tmp_path: Path, entrance: Entrance) -> None:
    """A changed secret closes nobody's page."""
    browser = entrance.browser()
    landed = browser.launch("teacher")
    changed = (Fernet.generate_key().decode(), *entrance.settings.secret_keys)
    entrance.app = create_app(replace(entrance.settings, secret_keys=changed))
    after = entrance.browser()
    for name in ("__Host-microcred", "__Host-microcred-browser"):
        cookie = browser.client.get_cookie(name, domain="tool.example")
        assert cookie is not None
        after.client.set_cookie(name, cookie.value, domain="tool.example")

    again = after.launch("teacher")

    assert [after.get(page.location).status_code for page in (landed, again)] == [200, 200]


def test_a_session_that_is_not_ours_is_replaced(entrance: Entrance) -> None:
    """As Flask does with a forged cookie."""
    browser = entrance.browser()
    browser.client.set_cookie("__Host-microcred", "forged.by.nobody", domain="tool.example")

    landed = browser.launch("teacher")

    assert browser.get(landed.location).status_code == 200


def test_a_refusal_is_told_by_flask(entrance: Entrance, flask_views: list[str]) -> None:
    """The body is still there to be read."""
    browser = entrance.browser()
    browser.launch()
    form = browser.form(aud="12345")
    flask_views.clear()

    assert code_of(browser.post("/lti/launch", form)) == "audience_is_old_key"
    assert flask_views == ["asked"]


@pytest.mark.parametrize("body", ["state=a&state=b", "id_token=%ff", "x=" + "y" * 200_000, "&".join("abcdefgh" * 10)])
def test_a_form_that_is_not_ordinary_is_left_to_flask(entrance: Entrance, flask_views: list[str], body: str) -> None:
    """One parser decides, never two with different opinions."""
    browser = entrance.browser()
    browser.launch()
    flask_views.clear()

    answer = browser.client.post(
        "/lti/launch", base_url=TOOL, data=body, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code in {403, 413}
    assert flask_views == ["asked"]


def test_a_get_is_left_to_flask(entrance: Entrance, flask_views: list[str]) -> None:
    """Only the two posts are always the same."""
    browser = entrance.browser()
    browser.launch()
    flask_views.clear()

    browser.get("/lti/login", query_string=entrance.platform.click("learner", CLIENT))

    assert flask_views == ["asked"]
