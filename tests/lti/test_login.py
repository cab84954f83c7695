"""The login: who is recognised, and what the platform is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from lti.errors import LaunchRefused
from lti.login import deployment_of
from tests.lti.launching import CLIENT, LAUNCH_URL, Desk, registration_of
from tests.simulators.lti_platform import CANVAS, MOODLE, LtiPlatform


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk with a registered platform."""
    with LtiPlatform(MOODLE) as platform:
        yield Desk(platform)


def test_the_platform_is_asked_as_openid_connect_demands(desk: Desk) -> None:
    """Hints go back unchanged; the redirect address is the one that was registered."""
    login = desk.platform.click("learner", CLIENT)

    location = desk.login.begin(login, desk.browser, desk.now).location
    asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    assert location.startswith(f"{desk.platform.url}/auth?")
    assert asked.pop("state") != asked.pop("nonce")
    assert asked == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": CLIENT,
        "redirect_uri": LAUNCH_URL,
        "login_hint": "4",
        "lti_message_hint": login["lti_message_hint"],
    }


def test_an_authorization_address_with_a_query_keeps_it(desk: Desk) -> None:
    """Some platforms route by a parameter."""
    endpoint = f"{desk.platform.url}/auth?tenant=7"
    desk.registrations.save(replace(registration_of(desk.platform), authorization_endpoint=endpoint), desk.now)

    assert desk.start().startswith(f"{endpoint}&scope=openid")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iss": ""}, "issuer_missing"),
        ({"iss": "https://evil.example"}, "platform_unknown"),
        ({"client_id": "another"}, "platform_unknown"),
        ({"login_hint": ""}, "login_hint_missing"),
        ({"target_link_uri": ""}, "target_foreign"),
        ({"target_link_uri": "https://evil.example/lti/launch"}, "target_foreign"),
        ({"target_link_uri": "http://127.0.0.1/lti/launch"}, "target_foreign"),
    ],
)
def test_a_login_that_is_not_from_a_registered_platform_is_refused(
    desk: Desk, change: dict[str, str], code: str
) -> None:
    """Nobody is sent anywhere."""
    with pytest.raises(LaunchRefused) as refused:
        desk.login.begin(desk.platform.click("learner", CLIENT) | change, desk.browser, desk.now)

    assert refused.value.code == code


def test_a_login_without_client_id_finds_the_only_registration(desk: Desk) -> None:
    """The parameter is optional in the IMS Security Framework."""
    login = desk.platform.click("learner", CLIENT) | {"client_id": ""}

    assert desk.login.recognise(login) == registration_of(desk.platform)


def test_a_login_without_client_id_is_ambiguous_with_two_registrations(desk: Desk) -> None:
    """Many Canvas institutions share one issuer: nothing is guessed."""
    desk.registrations.save(registration_of(desk.platform, "second"), desk.now)

    with pytest.raises(LaunchRefused) as refused:
        desk.login.recognise(desk.platform.click("learner", CLIENT) | {"client_id": ""})

    assert refused.value.code == "client_id_missing"


def test_a_registration_made_a_moment_ago_works_at_once(desk: Desk) -> None:
    """What is not in memory is looked up."""
    desk.start()
    desk.registrations.save(registration_of(desk.platform, "second"), desk.now)

    login = desk.platform.click("learner", CLIENT) | {"client_id": "second"}

    assert desk.login.recognise(login).client_id == "second"


@pytest.mark.parametrize("flavour", [MOODLE, CANVAS], ids=["lti_deployment_id", "deployment_id"])
def test_both_spellings_of_the_deployment_are_read(flavour: object) -> None:
    """LTI 1.3 says lti_deployment_id, Canvas deployment_id."""
    with LtiPlatform(CANVAS if flavour is CANVAS else MOODLE) as platform:
        platform.add_tool(CLIENT, LAUNCH_URL, deployment_id="106:8865aa")

        assert deployment_of(platform.click("learner", CLIENT)) == "106:8865aa"
