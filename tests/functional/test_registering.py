"""Connecting a platform: by one URL that works once, or by hand, ending in the list of what is left to do there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lti.claims import RegistrationId
from lti.tool import Tool
from plugin import registering
from plugin.app import assemble
from plugin.registering import RegisteringTools
from plugin.storage.registrations import Registrations
from tests.conftest import require_data
from tests.functional.entrance import TOOL, Entrance, Visitor, code_of, policy_of
from tests.plugin.web.test_dutch import english_of_ours
from tests.simulators.lti_platform import CANVAS, MOODLE, TOOL_CONFIGURATION, LtiPlatform
from tests.simulators.server import Reply


@pytest.fixture(params=[MOODLE, CANVAS], ids=lambda flavour: flavour.product)
def entrance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Entrance]:
    """The application beside a platform that it does not know yet under the client id that it will get."""
    with LtiPlatform(request.param) as platform:
        yield Entrance(tmp_path, platform)


@pytest.fixture
def moodle(tmp_path: Path) -> Iterator[Entrance]:
    """The same, where the product does not matter."""
    with LtiPlatform(MOODLE) as platform:
        yield Entrance(tmp_path, platform)


def tools_of(entrance: Entrance) -> RegisteringTools:
    """What the registration pages work with."""
    tools: RegisteringTools = entrance.app.extensions["microcred.registering"].registering
    return tools


def invited(entrance: Entrance, **options: Any) -> str:
    """Make an invite and return its path, as the platform's administrator is sent to it."""
    return registering.invite(tools_of(entrance), **options).removeprefix(TOOL)


def registered(entrance: Entrance) -> Visitor:
    """Go through a registration by URL."""
    administrator = entrance.browser(framed=True)
    page = administrator.get(entrance.platform.invite(invited(entrance)))
    administrator.done = administrator.send(page)  # type: ignore[attr-defined]
    return administrator


def test_the_page_says_what_is_asked_for_and_which_element_it_feeds(entrance: Entrance) -> None:
    """Before anything is asked; the platform may frame it."""
    page = entrance.browser().get(entrance.platform.invite(invited(entrance)))

    assert "contextmembership.readonly" in page.text
    assert "M1, identification of the learner" in page.text
    assert "score" not in page.text.partition("<main")[2]
    assert entrance.platform.url in policy_of(page)["frame-ancestors"]
    assert [asked.path for asked in entrance.platform.asked] == ["/openid-configuration"]


def test_a_registered_platform_can_launch(entrance: Entrance) -> None:
    """With the client id that it gave, at once."""
    registered(entrance)
    client_id = list(entrance.platform.tools)[-1]
    browser = entrance.browser()

    login = browser.post("/lti/login", entrance.platform.click("learner", client_id))
    landed = browser.post("/lti/launch", entrance.platform.authorize(login.location))

    assert entrance.launch_of(landed).client_id == client_id


def test_the_registration_ends_in_what_is_left_to_do(entrance: Entrance) -> None:
    """In the words of that product, with the button that closes the platform's window."""
    done = registered(entrance).done  # type: ignore[attr-defined]

    words = {"moodle": "press «Activate»", "canvas": "By Client ID"}
    assert words[entrance.platform.flavour.product] in done.text
    assert 'data-need="roster" data-ok="true"' in done.text
    assert 'data-need="launch" data-ok="false"' in done.text
    assert 'data-need="grades" data-ok="false"' in done.text
    assert "org.imsglobal.lti.close" in done.text


def test_what_was_not_tried_is_said_once_and_in_the_language_of_the_page(entrance: Entrance) -> None:
    """The steps in the platform's words too; no English text of ours is left on a Dutch page."""
    administrator = registered(entrance)
    with administrator.client.session_transaction(base_url=TOOL) as session:
        session["language"] = "nl"
        known = session["registered"][-1]

    page = administrator.get(f"/lti/preflight/{known}").text

    assert page.count("Ze worden geprobeerd zodra de bridge daar resultaten mag lezen.") == 1
    assert english_of_ours(page) == []


def test_a_launch_turns_its_line_green(moodle: Entrance) -> None:
    """Checked again by the browser that registered, and by no other."""
    administrator = registered(moodle)
    client_id = list(moodle.platform.tools)[-1]
    registration = next(each for each in tools_of(moodle).registrations.registrations() if each.client_id == client_id)
    browser = moodle.browser()
    login = browser.post("/lti/login", moodle.platform.click("learner", client_id))
    browser.post("/lti/launch", moodle.platform.authorize(login.location))

    again = administrator.get(f"/lti/preflight/{registration.id}")

    assert 'data-need="launch" data-ok="true"' in again.text
    assert browser.get(f"/lti/preflight/{registration.id}").status_code == 403


def test_an_invite_works_once(entrance: Entrance) -> None:
    """The second time it tells nothing, not even that it existed."""
    path = invited(entrance)
    administrator = entrance.browser()
    administrator.send(administrator.get(entrance.platform.invite(path)))

    again = administrator.get(entrance.platform.invite(path))
    never = administrator.get("/lti/register/never-made")

    assert (again.status_code, code_of(again)) == (never.status_code, code_of(never)) == (410, "invite_not_open")


def test_a_registration_is_in_the_trail(entrance: Entrance) -> None:
    """Nobody is signed in there: the invite acted, and who made that is an entry of its own."""
    path = invited(entrance)
    administrator = entrance.browser()
    administrator.send(administrator.get(entrance.platform.invite(path)))

    with assemble(entrance.settings).storage.reading() as work:
        told = [(each.entry.actor, each.entry.act, each.entry.subject) for each in work.audit.entries()]
    ((actor, act, subject),) = told
    assert (actor, act) == ("invite", "register")
    assert subject in {each.id for each in Registrations(assemble(entrance.settings).storage).registrations()}


def test_looking_does_not_spend_an_invite(moodle: Entrance) -> None:
    """Mail scanners and second thoughts follow links."""
    path = invited(moodle)
    for _ in range(3):
        page = moodle.browser().get(moodle.platform.invite(path))

    assert moodle.browser().send(page).status_code == 200


def test_an_invite_expires(moodle: Entrance) -> None:
    """A week after it was made, or earlier."""
    path = invited(moodle, lifetime=timedelta(0))

    assert code_of(moodle.browser().get(path)) == "invite_not_open"


def test_without_an_invite_no_address_is_asked(moodle: Entrance) -> None:
    """The page cannot be used to reach into the network."""
    page = moodle.browser().get(moodle.platform.invite("/lti/register/guessed"))
    sent = moodle.browser().post(
        "/lti/register/guessed", {"openid_configuration": f"{moodle.platform.url}/openid-configuration"}
    )

    assert [code_of(page), code_of(sent)] == ["invite_not_open"] * 2
    assert moodle.platform.asked == []


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest/", "http://10.0.0.1/x", "https://localhost.evil.invalid/", "file:///etc"]
)
def test_an_address_that_is_not_a_platform_s_is_not_asked(moodle: Entrance, address: str) -> None:
    """Nor is the invite spent on it."""
    path = invited(moodle)
    page = moodle.browser().get(path, query_string={"openid_configuration": address})

    assert page.status_code == 502
    assert moodle.browser().get(path).status_code == 200


def test_a_platform_cannot_speak_for_another(moodle: Entrance) -> None:
    """The issuer must live where its description was read (Dynamic Registration 3.4)."""
    moodle.platform.plan(lambda asked: asked.path == "/openid-configuration", Reply(foreign(moodle.platform)))

    assert code_of(moodle.browser().get(moodle.platform.invite(invited(moodle)))) == "issuer_foreign"


def foreign(platform: LtiPlatform) -> dict[str, Any]:
    """A configuration that names somebody else's issuer."""
    endpoints = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{platform.url}/x")
    return {
        "issuer": "https://canvas.instructure.com",
        "registration_endpoint": f"{platform.url}/register",
        **endpoints,
    }


def test_a_declined_registration_is_told(moodle: Entrance) -> None:
    """Moodle's registration token works once; its answer is no JSON and is not shown."""
    moodle.platform.plan(lambda asked: asked.path == "/register", Reply(b"token_already_used", 401))
    administrator = moodle.browser()

    done = administrator.send(administrator.get(moodle.platform.invite(invited(moodle))))

    assert (done.status_code, code_of(done)) == (502, "registration_declined")
    assert "token_already_used" not in done.text


@pytest.mark.parametrize("body", [b"<!DOCTYPE html>", b"[]", b'{"client_id": ["x"]}', b"{}"])
def test_an_answer_that_is_no_registration_is_told(moodle: Entrance, body: bytes) -> None:
    """Nothing half-made is kept."""
    before = tools_of(moodle).registrations.registrations()
    moodle.platform.plan(lambda asked: asked.path == "/register", Reply(body))
    administrator = moodle.browser()

    done = administrator.send(administrator.get(moodle.platform.invite(invited(moodle))))

    assert (done.status_code, code_of(done)) == (502, "malformed_answer")
    assert tools_of(moodle).registrations.registrations() == before


def test_moodle_is_sent_what_it_accepted_when_it_was_recorded(moodle: Entrance) -> None:
    """The members that Moodle 4.5.6 requires, with our addresses, and no scope to write."""
    recorded = json.loads(require_data("moodle/dynreg_2_registration.json").read_text())["request"]
    registered(moodle)
    sent = json.loads(next(asked.body for asked in moodle.platform.asked if asked.path == "/register"))

    assert set(sent) >= set(recorded) - {"logo_uri", "contacts"}
    assert set(sent[TOOL_CONFIGURATION]) == set(recorded[TOOL_CONFIGURATION])
    assert sent[TOOL_CONFIGURATION]["domain"] == "tool.example"
    assert all(scope.endswith(".readonly") for scope in sent["scope"].split())
    assert [message["type"] for message in sent[TOOL_CONFIGURATION]["messages"]] == [
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
    ]


def test_canvas_is_asked_for_its_own_placements_and_variables(tmp_path: Path) -> None:
    """By the names that it lists itself."""
    with LtiPlatform(CANVAS) as platform:
        registered(Entrance(tmp_path, platform))
        sent = json.loads(next(asked.body for asked in platform.asked if asked.path == "/register"))

    messages = {each["type"]: each["placements"] for each in sent[TOOL_CONFIGURATION]["messages"]}
    assert messages["LtiResourceLinkRequest"] == ["https://canvas.instructure.com/lti/course_navigation"]
    assert "https://canvas.instructure.com/lti/link_selection" in messages["LtiDeepLinkingRequest"]
    assert sent[TOOL_CONFIGURATION]["custom_parameters"]["canvas_course_id"] == "$Canvas.course.id"


def test_a_registration_may_be_renewed(moodle: Entrance) -> None:
    """The same issuer and client id stay one row: Canvas answers an update with what exists."""
    registered(moodle)
    answer = {"client_id": "the-same", "scope": ""}
    for _ in range(2):
        moodle.platform.plan(lambda asked: asked.path == "/register", Reply(answer))
        administrator = moodle.browser()
        administrator.send(administrator.get(moodle.platform.invite(invited(moodle))))

    clients = [each.client_id for each in tools_of(moodle).registrations.registrations()]
    assert clients.count("the-same") == 1


def test_by_hand_the_values_to_copy_are_shown(moodle: Entrance) -> None:
    """In Moodle's own labels."""
    page = moodle.browser().get(invited(moodle))

    for value in (f"{TOOL}/lti/launch", f"{TOOL}/lti/login", f"{TOOL}/lti/jwks", f"{TOOL}/lti/canvas.json"):
        assert value in page.text
    assert "Initiate login URL" in page.text


def test_by_hand_a_platform_is_connected(moodle: Entrance) -> None:
    """With what Moodle shows under «View configuration details»."""
    moodle.platform.add_tool("by-hand", f"{TOOL}/lti/launch", deployment_id="7")
    values = {
        "issuer": moodle.platform.issuer,
        "client_id": "by-hand",
        "authorization_endpoint": f"{moodle.platform.url}/auth",
        "token_endpoint": f"{moodle.platform.url}/token",
        "jwks_uri": f"{moodle.platform.url}/jwks",
        "deployment_id": "7",
        "product": "moodle",
    }
    done = moodle.browser().post(f"{invited(moodle)}/by-hand", values)
    browser = moodle.browser()
    login = browser.post("/lti/login", moodle.platform.click("learner", "by-hand"))
    landed = browser.post("/lti/launch", moodle.platform.authorize(login.location))

    assert done.status_code == 200
    assert moodle.launch_of(landed).deployment_id == "7"


def test_by_hand_an_address_that_is_none_is_named(moodle: Entrance) -> None:
    """And the invite is not spent."""
    path = invited(moodle)
    page = moodle.browser().post(f"{path}/by-hand", {"issuer": "javascript:alert(1)", "client_id": "x"})

    assert page.status_code == 422
    assert "issuer, authorization_endpoint, token_endpoint, jwks_uri" in page.text
    assert moodle.browser().get(path).status_code == 200


def test_canvas_by_hand_points_to_a_configuration(moodle: Entrance) -> None:
    """The members of Canvas' own example."""
    recorded = json.loads(require_data("canvas/lti_developer_key_config.json").read_text())["config"]
    served = moodle.browser().get("/lti/canvas.json").json or {}

    assert set(served) == set(recorded)
    assert set(served["extensions"][0]) == set(recorded["extensions"][0])
    assert served["oidc_initiation_url"] == Tool(TOOL).login_url


def test_a_registration_that_is_gone_has_no_preflight(moodle: Entrance) -> None:
    """Even for a browser that once registered it."""
    browser = moodle.browser()
    with browser.client.session_transaction(base_url=TOOL) as session:
        session["registered"] = [RegistrationId("0" * 32)]

    assert browser.get(f"/lti/preflight/{'0' * 32}").status_code == 404


def test_a_fault_of_ours_does_not_log_the_invite(
    moodle: Entrance,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Flask would log the address; the view and the line are told instead."""
    path = invited(moodle)
    monkeypatch.setattr(registering, "require_open", lambda *_: 1 // 0)

    page = moodle.browser().get(path)
    logged = capfd.readouterr().err + capfd.readouterr().out + caplog.text

    assert page.status_code == 500
    assert path.rpartition("/")[2] not in logged
