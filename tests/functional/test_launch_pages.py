"""Launches through the whole application: cookies, frames, tabs, deep linking, and what a refusal page says."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine
from werkzeug.test import TestResponse

from lti.refusals import Refusal
from lti.roles import Role
from tests.functional.entrance import LAUNCH_URL, TOOL, Entrance, Visitor, code_of, fields, policy_of
from tests.lti.launching import CLIENT
from tests.simulators.lti_platform import CANVAS, DEEP_LINKING, MOODLE, LtiPlatform


@pytest.fixture(params=[MOODLE, CANVAS], ids=lambda flavour: flavour.product)
def entrance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Entrance]:
    """The application with a registered platform."""
    with LtiPlatform(request.param) as platform:
        yield Entrance(tmp_path, platform)


@pytest.fixture
def moodle(tmp_path: Path) -> Iterator[Entrance]:
    """The application with Moodle, which has no platform storage."""
    with LtiPlatform(MOODLE) as platform:
        yield Entrance(tmp_path, platform)


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[Entrance]:
    """The application with Canvas, which has."""
    with LtiPlatform(CANVAS) as platform:
        yield Entrance(tmp_path, platform)


@pytest.mark.parametrize(("person", "role"), [("learner", Role.LEARNER), ("teacher", Role.TEACHER)])
def test_a_launch_ends_on_the_page_of_its_role(entrance: Entrance, person: str, role: Role) -> None:
    """The same link for both."""
    browser = entrance.browser()

    landed = browser.launch(person)
    page = browser.get(landed.location)

    assert (landed.status_code, page.status_code) == (302, 200)
    assert entrance.launch_of(landed).person.role is role


def test_the_cookies_are_for_a_frame_of_another_site(entrance: Entrance) -> None:
    """CHIPS: Chromium sends no other cookie from an iframe; __Host- keeps other hosts from setting it."""
    browser = entrance.browser()
    landed = browser.launch()
    cookies = [*browser.log_in().headers.getlist("Set-Cookie"), *landed.headers.getlist("Set-Cookie")]
    first = entrance.browser().log_in().headers.getlist("Set-Cookie")

    for cookie in [*cookies, *first]:
        assert cookie.startswith("__Host-microcred")
        assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"))
        assert "Domain" not in cookie
    assert len(cookies) + len(first) == 2


def test_a_page_of_a_launch_is_framed_by_its_platform_only(entrance: Entrance) -> None:
    """And loads nothing from elsewhere."""
    browser = entrance.browser()
    page = browser.get(browser.launch("teacher").location)
    policy = policy_of(page)

    assert set(policy["frame-ancestors"].split()) >= {entrance.platform.issuer}
    assert "*" not in policy["frame-ancestors"]
    assert policy["default-src"] == "'none'"
    assert not re.findall(r'(?:src|href)="https?://', page.text)


def test_an_institution_s_own_host_may_frame_its_launch(canvas: Entrance) -> None:
    """Hosted Canvas logs in at one host and shows the tool at another, which the signed launch names."""
    browser = canvas.browser()

    for person in ("learner", "teacher"):
        page = browser.get(browser.launch(person).location)

        assert "https://school.instructure.com" in policy_of(page)["frame-ancestors"].split()


def test_a_page_outside_a_launch_cannot_be_framed(entrance: Entrance) -> None:
    """Nobody puts it under a transparent layer."""
    assert policy_of(entrance.browser().get("/lti/launch"))["frame-ancestors"] == "'none'"


def test_a_launch_is_open_to_the_browser_that_made_it(entrance: Entrance) -> None:
    """Its number in the address is not enough."""
    landed = entrance.browser().launch("teacher")

    page = entrance.browser().get(landed.location)

    assert (page.status_code, code_of(page)) == (403, "session_missing")


@pytest.mark.parametrize("person", ["learner", "teacher"])
def test_a_page_whose_launch_this_browser_lost_offers_one_way_on(moodle: Entrance, person: str) -> None:
    """In the frame of the platform too: it is that platform's page, whoever looks at it."""
    landed = moodle.browser().launch(person)
    page = moodle.browser(framed=True).get(landed.location)

    one_way_on(moodle, page, "session_missing")
    assert moodle.platform.url in policy_of(page)["frame-ancestors"]


@pytest.mark.parametrize("path", ["/lti/launch", "/teach/" + "0f" * 16, "/mine/" + "0f" * 16])
def test_a_page_of_no_launch_says_what_to_do(moodle: Entrance, path: str) -> None:
    """No button can lead anywhere: nobody knows which platform it was."""
    no_way_on(moodle.browser().get(path), "session_missing", "open the activity there again")


def test_two_launches_live_side_by_side(entrance: Entrance) -> None:
    """Two courses in two tabs are never mistaken for each other."""
    browser = entrance.browser()
    one = browser.launch("teacher").location
    other = browser.launch("teacher").location

    assert one != other
    assert [browser.get(path).status_code for path in (one, other)] == [200, 200]


def test_a_first_login_in_a_frame_looks_whether_the_cookie_comes_back(entrance: Entrance) -> None:
    """It does: the same login goes on by itself."""
    browser = entrance.browser(framed=True)
    looking = browser.log_in()

    sent = browser.send(looking)

    assert looking.status_code == 200
    assert sent.location.startswith(f"{entrance.platform.url}/auth?")
    assert "https:" in policy_of(looking)["form-action"]


def test_a_second_login_in_a_frame_goes_straight_on(entrance: Entrance) -> None:
    """The cookie is there."""
    browser = entrance.browser(framed=True)
    browser.send(browser.log_in())

    assert browser.log_in().status_code == 302


def test_without_cookies_and_storage_the_launch_moves_to_a_tab(moodle: Entrance) -> None:
    """The login is not used up: the tab begins it anew."""
    blocked = moodle.browser(cookies=False, framed=True)
    offer = blocked.send(blocked.log_in())

    tab = moodle.browser()
    begun = tab.send(offer)
    landed = tab.post("/lti/launch", moodle.platform.authorize(begun.location))

    assert 'target="_blank"' in offer.text
    assert tab.get(landed.location).status_code == 200


def test_without_cookies_platform_storage_keeps_the_key(canvas: Entrance) -> None:
    """LTI Platform Storage: put at login, fetched at the launch, and the launch goes on in a tab."""
    blocked = canvas.browser(cookies=False, framed=True)
    storing = blocked.send(blocked.log_in())
    put = re.search(r"key: \"([\w-]+)\", value: \"([\w-]+)\"", storing.text)
    location = re.search(r"location\.replace\(\"([^\"]+)\"\)", storing.text)
    assert put is not None
    assert location is not None
    form = canvas.platform.authorize(location[1].replace("\\u0026", "&"))
    fetching = blocked.post("/lti/launch", form | {"lti_storage_target": "_parent"})

    going_on = blocked.send(fetching, browser_key=put[2])
    tab = canvas.browser()
    landed = tab.send(going_on)

    assert f'key: "{put[1]}"' in fetching.text
    assert tab.get(landed.location).status_code == 200


def test_a_stored_key_from_another_site_is_not_taken(canvas: Entrance) -> None:
    """Else somebody could be logged in as somebody else by a form on any page."""
    attacker = canvas.browser()
    form = attacker.form()
    key = attacker.client.get_cookie("__Host-microcred-browser", domain="tool.example")
    assert key is not None
    victim = canvas.browser()

    page = victim.post("/lti/launch", form | {"browser_key": key.value}, Origin="https://evil.example")

    assert code_of(page) == "cookie_missing"


def test_a_hand_over_code_from_another_site_opens_nothing(canvas: Entrance) -> None:
    """The tab must have been opened by a page of ours."""
    landed = canvas.browser().launch()
    states = canvas.tools.reception.states
    code = states.handover(canvas.launch_of(landed).id, canvas.tools.clock())

    page = canvas.browser().post("/lti/open", {"code": code}, Origin="https://evil.example")

    assert code_of(page) == "session_missing"


def test_a_launch_without_cookie_says_so(moodle: Entrance) -> None:
    """With the way back to the course as the one button."""
    page = moodle.browser(cookies=False).launch()

    assert (page.status_code, code_of(page)) == (403, "cookie_missing")
    assert f'href="{moodle.platform.url}" target="_top"' in page.text


ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "expired launch": ({"exp": 1_000_000_000, "iat": 1_000_000_000}, "expired"),
    "clock ahead": ({"iat": 4_000_000_000, "exp": 4_000_000_060}, "issued_in_future"),
    "old 1.1 resource key": ({"aud": "resource-key-of-1.1"}, "audience_is_old_key"),
    "another tool": ({"aud": ["another-tool"]}, "audience_wrong"),
}


@pytest.mark.parametrize(("claims", "code"), ANSWERS.values(), ids=ANSWERS)
def test_a_refused_launch_says_what_happened_and_offers_one_way_on(
    moodle: Entrance, claims: dict[str, Any], code: str
) -> None:
    """A sentence, one button back to the platform, and the code that IT looks up."""
    one_way_on(moodle, moodle.browser().launch(**claims), code)


def test_an_unknown_deployment_says_what_happened_and_offers_one_way_on(tmp_path: Path) -> None:
    """Where the setting asks an administrator first."""
    with LtiPlatform(MOODLE) as platform:
        entrance = Entrance(tmp_path, platform, new_deployments="ask")

        one_way_on(entrance, entrance.browser().launch(), "deployment_waits")


def test_an_error_of_the_platform_says_what_happened_and_offers_one_way_on(moodle: Entrance) -> None:
    """OpenID Connect Core section 3.1.2.6: the platform posts an error in place of a launch."""
    browser = moodle.browser()
    form = {"state": browser.form()["state"], "error": "login_required"}

    one_way_on(moodle, browser.post("/lti/launch", form), "platform_said_no")


def test_a_login_of_long_ago_says_what_happened_and_offers_one_way_on(moodle: Entrance) -> None:
    """Its state is too old to be used; it still tells where the way back is."""
    browser = moodle.browser()
    form = browser.form()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=False):
        one_way_on(moodle, browser.post("/lti/launch", form), "login_expired")


def test_a_page_of_yesterday_leads_back_into_the_course(moodle: Entrance) -> None:
    """The launch had said where that is; the platform may still frame the page."""
    browser = moodle.browser()
    page = browser.launch("teacher").location
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=9), tick=False):
        closed = browser.get(page)

    assert code_of(closed) == "session_expired"
    assert 'target="_top"' in closed.text
    assert "/mod/lti/return.php" in closed.text
    assert moodle.platform.url in policy_of(closed)["frame-ancestors"]


def one_way_on(entrance: Entrance, page: TestResponse, code: str) -> None:
    """Check a page of a refusal whose platform is known."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    assert (page.status_code, code_of(page)) == (403, code)
    assert html.unescape(Refusal(code).sentence) in html.unescape(main)
    assert main.count('role="button"') + main.count("<button") == 1
    assert f'href="{entrance.platform.url}" target="_top"' in main


def no_way_on(page: TestResponse, code: str, advice: str) -> None:
    """Check a page of a refusal whose platform nobody knows."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    assert (page.status_code, code_of(page)) == (403, code)
    assert html.unescape(Refusal(code).sentence) in html.unescape(main)
    assert main.count('role="button"') + main.count("<button") == 0
    assert advice in html.unescape(main)


def test_a_refusal_is_shown_in_the_frame_of_a_registered_platform(moodle: Entrance) -> None:
    """The person sees the code instead of an empty frame."""
    page = moodle.browser(framed=True).post("/lti/login", moodle.platform.click("learner", CLIENT) | {"login_hint": ""})

    assert code_of(page) == "login_hint_missing"
    assert moodle.platform.url in policy_of(page)["frame-ancestors"]


def test_an_unknown_platform_is_told_without_being_let_frame_us(moodle: Entrance) -> None:
    """Nor is it linked to."""
    login = moodle.platform.click("learner", CLIENT) | {"iss": "https://evil.example"}
    page = moodle.browser().post("/lti/login", login)

    no_way_on(page, "platform_unknown", "Send the code below to the IT department")
    assert policy_of(page)["frame-ancestors"] == "'none'"
    assert "evil.example" not in page.text


def test_login_may_come_as_get(moodle: Entrance) -> None:
    """The standard allows both."""
    page = moodle.browser().get("/lti/login", query_string=moodle.platform.click("learner", CLIENT))

    assert page.location.startswith(f"{moodle.platform.url}/auth?")


def test_a_teacher_places_a_link(entrance: Entrance) -> None:
    """The platform accepts our answer by the key set that we publish."""
    browser = entrance.browser()
    asking = browser.get(browser.launch("deep_linking").location)

    placing = browser.send(asking, title="My <credential> & more")
    token = fields(placing)["JWT"]

    published = jwt.PyJWKSet.from_dict(entrance.browser().get("/lti/jwks").json or {})
    key = published[jwt.get_unverified_header(token)["kid"]]
    message = jwt.decode(token, key.key, ["RS256"], audience=entrance.platform.issuer)
    [item] = message[DEEP_LINKING + "content_items"]
    assert (item["title"], item["url"]) == ("My <credential> & more", LAUNCH_URL)


def test_a_placement_needs_the_token_of_its_page(entrance: Entrance) -> None:
    """No other site places links in the name of a teacher."""
    browser = entrance.browser()
    landed = browser.launch("deep_linking")

    assert browser.post(landed.location, {"title": "x"}, Origin="https://evil.example").status_code == 400


def test_the_key_set_may_be_kept_for_an_hour(entrance: Entrance) -> None:
    """At the address that registrations name; the well-known one is for the keys of credentials."""
    answer = entrance.browser().get("/lti/jwks")

    assert "max-age=3600" in answer.headers["Cache-Control"]
    assert [set(key) for key in (answer.json or {})["keys"]] == [{"kid", "alg", "use", "kty", "e", "n"}]


def test_no_address_holds_a_token(entrance: Entrance) -> None:
    """Not after a launch either; addresses are logged everywhere."""
    landed = entrance.browser().launch()

    assert re.fullmatch(r"/[a-z]+/[0-9a-f]{32}", landed.location.removeprefix(TOOL))


LOADS = re.compile(r'<(?:script|img|iframe|link|source|audio|video|object|embed)\b[^>]*?\b(?:src|href|data)="([^"]*)"')


@pytest.mark.parametrize("person", ["learner", "teacher", "deep_linking"])
def test_the_page_of_a_launch_loads_nothing_from_elsewhere(entrance: Entrance, person: str) -> None:
    """No resource of another host is named, in the page or in its styles, and the policy would allow none."""
    browser = entrance.browser()
    page = browser.get(browser.launch(person).location)
    styles = "".join(style_at(browser, address) for address in LOADS.findall(page.text) if ".css" in address)

    assert page.status_code == 200
    assert [address for address in LOADS.findall(page.text) if not address.startswith(("/", "data:"))] == []
    assert [address for address in LOADS.findall(page.text) if address.startswith("//")] == []
    assert re.findall(r"@import|url\((?!\s*[\"']?(?:data:|#)).{40}", styles) == []
    assert {policy_of(page)[kind] for kind in ("default-src", "style-src", "connect-src")} == {"'none'", "'self'"}


def style_at(browser: Visitor, address: str) -> str:
    """Return a style sheet."""
    with browser.get(address) as answer:
        return answer.text
