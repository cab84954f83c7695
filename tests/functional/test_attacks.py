"""Attacks on the way in, each refused with a code of its own and nothing stored.

Those on what is read are beside it: another course's roster and a next page on a private host in
tests/plugin/test_reading_wired.py, other inner addresses and redirects in tests/lti/test_network.py.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lti.claims import LTI
from plugin.app import create_app
from tests.functional.entrance import Entrance, Visitor, code_of
from tests.log_watch import Watch
from tests.lti.launching import CLIENT, registration_of
from tests.simulators.lti_platform import CANVAS, MEMBERSHIP, MOODLE, LtiPlatform, rsa_key
from tests.simulators.server import Reply


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    """The application with a registered platform."""
    with LtiPlatform(MOODLE) as platform:
        yield Entrance(tmp_path, platform)


def refused(entrance: Entrance, browser: Visitor, form: dict[str, str], **headers: str) -> str:
    """Post a launch that must be refused, and return the code; nothing may be stored."""
    before = entrance.stored()
    page = browser.post("/lti/launch", form, **headers)
    assert (page.status_code, entrance.stored()) == (403, before)
    return code_of(page)


def part(value: dict[str, Any]) -> str:
    """Encode one part of a JWT."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims_of(form: dict[str, str]) -> dict[str, Any]:
    """Read the claims of a token."""
    return dict(jwt.decode(form["id_token"], options={"verify_signature": False}))


def test_replayed_launch(entrance: Entrance) -> None:
    """The same form again, from the same browser."""
    browser = entrance.browser()
    form = browser.form()
    browser.post("/lti/launch", form)

    assert refused(entrance, browser, form) == "replayed"


def test_replayed_launch_in_another_process(entrance: Entrance) -> None:
    """Another server on the same database knows that it was used."""
    browser = entrance.browser()
    form = browser.form()
    browser.post("/lti/launch", form)
    entrance.app = create_app(entrance.settings)
    other = entrance.browser()
    cookie = browser.client.get_cookie("__Host-microcred-browser", domain="tool.example")
    assert cookie is not None
    other.client.set_cookie("__Host-microcred-browser", cookie.value, domain="tool.example")

    assert refused(entrance, other, form) == "replayed"


def test_replayed_launch_many_times_at_once(entrance: Entrance) -> None:
    """One of them passes."""
    browser = entrance.browser()
    form = browser.form()
    cookie = browser.client.get_cookie("__Host-microcred-browser", domain="tool.example")
    assert cookie is not None

    def post(_: int) -> int:
        visitor = entrance.browser()
        visitor.client.set_cookie("__Host-microcred-browser", cookie.value, domain="tool.example")
        return visitor.post("/lti/launch", form).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(post, range(16)))

    assert (statuses.count(302), statuses.count(403), entrance.stored()) == (1, 15, 1)


def test_stolen_launch_in_another_browser(entrance: Entrance) -> None:
    """Whoever has the form has not the cookie."""
    thief = entrance.browser()
    thief.log_in()

    assert refused(entrance, thief, entrance.browser().form()) == "nonce_wrong"


def test_stolen_token_under_the_thief_s_own_state(entrance: Entrance) -> None:
    """State and token belong to one login."""
    stolen = entrance.browser().form("teacher")["id_token"]
    thief = entrance.browser()

    assert refused(entrance, thief, thief.form() | {"id_token": stolen}) == "nonce_wrong"


def test_forged_state(entrance: Entrance) -> None:
    """Of the right shape, signed by nobody."""
    browser = entrance.browser()
    form = browser.form()
    state = form["state"][:-6] + ("AAAA==" if not form["state"].endswith("AAAA==") else "BBBB==")

    assert refused(entrance, browser, form | {"state": state}) == "state_forged"


def test_login_of_somebody_else_s_browser(entrance: Entrance) -> None:
    """Login CSRF: the attacker's whole launch in the victim's browser."""
    attacker = entrance.browser().form()
    victim = entrance.browser()
    victim.log_in()

    assert refused(entrance, victim, attacker, Origin="https://evil.example") == "nonce_wrong"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": None}, "expiry_missing"),
        ({"iat": 1_000_000_000, "exp": 4_000_000_000}, "issued_too_long_ago"),
        ({"iat": 4_000_000_000, "exp": 4_000_000_060}, "issued_in_future"),
        ({"azp": "another-tool"}, "authorized_party_wrong"),
        ({"aud": [CLIENT, "another-tool"]}, "authorized_party_wrong"),
        ({"aud": ["another-tool"]}, "audience_wrong"),
        ({"iss": "https://evil.example"}, "issuer_wrong"),
        ({LTI + "target_link_uri": "https://evil.example/phish"}, "target_foreign"),
        ({LTI + "target_link_uri": "http://127.0.0.1:8080/admin"}, "target_foreign"),
        ({LTI + "roles": f"{MEMBERSHIP}#Instructor"}, "claim_malformed"),
        ({LTI + "context": {"id": ["3"]}}, "claim_malformed"),
    ],
)
def test_claims_that_lie(entrance: Entrance, claims: dict[str, Any], code: str) -> None:
    """Signed by the platform itself, and wrong all the same."""
    browser = entrance.browser()

    assert refused(entrance, browser, browser.form(**claims)) == code


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_algorithm_none(entrance: Entrance, algorithm: str) -> None:
    """RFC 8725 section 3.1: in every spelling."""
    browser = entrance.browser()
    form = browser.form()
    header = {"alg": algorithm, "kid": entrance.platform.key.kid, "typ": "JWT"}
    form["id_token"] = f"{part(header)}.{part(claims_of(form))}."

    assert refused(entrance, browser, form) == "algorithm_refused"


@pytest.mark.parametrize("form_of_key", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_hmac_with_the_public_key(entrance: Entrance, form_of_key: PublicFormat) -> None:
    """RFC 8725 section 2.1: the public key as a shared secret."""
    browser = entrance.browser()
    form = browser.form()
    secret = entrance.platform.key.private.public_key().public_bytes(Encoding.PEM, form_of_key)
    text = f"{part({'alg': 'HS256', 'kid': entrance.platform.key.kid})}.{part(claims_of(form))}"
    mac = urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256")).decode().rstrip("=")
    form["id_token"] = f"{text}.{mac}"

    assert refused(entrance, browser, form) == "algorithm_refused"


def test_a_key_inside_the_token(entrance: Entrance) -> None:
    """The header's jwk, jku and x5u are not looked at."""
    browser = entrance.browser()
    form = browser.form()
    own = rsa_key(entrance.platform.key.kid)
    address = f"{entrance.platform.url}/evil"
    form["id_token"] = entrance.platform.sign(claims_of(form), own, jwk=own.jwk, jku=address, x5u=address)

    assert refused(entrance, browser, form) == "signature_wrong"
    assert "/evil" not in [asked.path for asked in entrance.platform.asked]


def test_critical_extensions_are_not_ignored(entrance: Entrance) -> None:
    """RFC 7515 section 4.1.11: what is marked critical and not understood makes the token invalid."""
    browser = entrance.browser()
    form = browser.form()
    token = entrance.platform.sign(claims_of(form))
    header = {"alg": "RS256", "kid": entrance.platform.key.kid, "crit": ["b64"], "b64": False}
    form["id_token"] = f"{part(header)}.{token.split('.', 1)[1]}"

    assert refused(entrance, browser, form) == "algorithm_refused"


def test_flood_of_unknown_keys(entrance: Entrance) -> None:
    """The platform's key host is asked once, however many keys are invented."""
    browser = entrance.browser()
    codes = set()
    for number in range(25):
        form = browser.form()
        form["id_token"] = entrance.platform.sign(claims_of(form), replace(entrance.platform.key, kid=f"new-{number}"))
        codes.add(refused(entrance, browser, form))

    assert codes == {"key_unknown"}
    assert len([asked for asked in entrance.platform.asked if asked.path == "/jwks"]) == 1


def test_key_set_on_a_private_network(tmp_path: Path) -> None:
    """Without the campus allow-list nothing on this machine is asked, whatever a registration says."""
    with LtiPlatform(MOODLE) as platform:
        entrance = Entrance(tmp_path, platform, private_networks=())
        browser = entrance.browser()
        page = browser.launch()

    assert (page.status_code, code_of(page), entrance.stored()) == (503, "keys_unavailable", 0)
    assert [asked.path for asked in platform.asked] == []


def test_key_set_that_redirects_to_loopback(tmp_path: Path) -> None:
    """A redirect is never followed."""
    with LtiPlatform(MOODLE) as platform, LtiPlatform(MOODLE) as inner:
        entrance = Entrance(tmp_path, platform)
        platform.plan(lambda asked: asked.path == "/jwks", Reply(b"", 302, {"Location": f"{inner.url}/jwks"}))
        page = entrance.browser().launch()

    assert (page.status_code, code_of(page)) == (503, "keys_unavailable")
    assert inner.asked == []


def test_another_platform_s_token(tmp_path: Path) -> None:
    """A registered platform cannot speak for another one: its keys are not asked."""
    with LtiPlatform(MOODLE) as victim, LtiPlatform(CANVAS) as other:
        other.keys = [rsa_key()]
        entrance = Entrance(tmp_path, victim)
        entrance.tools.login.registry._store.save(registration_of(other, "other-tool"), datetime.now(UTC))
        browser = entrance.browser()
        form = browser.form()
        form["id_token"] = other.sign(claims_of(form))

        assert refused(entrance, browser, form) == "key_unknown"


def test_another_client_s_token(entrance: Entrance) -> None:
    """Two registrations of one platform are two tools."""
    entrance.tools.login.registry._store.save(registration_of(entrance.platform, "second"), datetime.now(UTC))
    browser = entrance.browser()

    assert refused(entrance, browser, browser.form(aud=["second"], azp="second")) == "audience_wrong"


def test_deployment_that_was_stopped(entrance: Entrance) -> None:
    """An administrator's no holds at the next launch after half a minute at the latest."""
    browser = entrance.browser()
    landed = browser.launch()
    registry = entrance.tools.login.registry
    registry._store.allow_deployment(entrance.launch_of(landed).platform, allowed=False)
    registry._reread()

    assert refused(entrance, browser, browser.form()) == "deployment_waits"


def test_learner_at_a_teacher_s_page(entrance: Entrance) -> None:
    """The number of a teacher's launch opens nothing in a learner's browser."""
    teacher = entrance.browser().launch("teacher").location
    learner = entrance.browser()
    learner.launch("learner")

    page = learner.get(teacher)

    assert (page.status_code, code_of(page)) == (403, "session_missing")


def test_learner_who_places_links(entrance: Entrance) -> None:
    """Even where a platform sends a learner a deep linking request."""
    browser = entrance.browser()
    asking = browser.get(browser.launch("deep_linking", **{LTI + "roles": [f"{MEMBERSHIP}#Learner"]}).location)

    assert code_of(browser.send(asking)) == "role_forbidden"


def test_session_of_one_installation_in_another(entrance: Entrance, tmp_path: Path) -> None:
    """Sessions are signed with the installation's own secret."""
    browser = entrance.browser()
    landed = browser.launch("teacher")
    cookie = browser.client.get_cookie("__Host-microcred", domain="tool.example")
    assert cookie is not None
    other = Entrance(tmp_path / "other", entrance.platform).browser()
    other.client.set_cookie("__Host-microcred", cookie.value, domain="tool.example")

    assert code_of(other.get(landed.location)) == "session_missing"


def test_html_in_every_field(entrance: Entrance) -> None:
    """What a platform says is shown as text."""
    evil = '"><script>alert(1)</script>'
    context = {"id": "3", "label": evil, "title": evil}
    browser = entrance.browser()

    assistant = [f"{MEMBERSHIP}/Instructor#TeachingAssistant"]
    landed = browser.launch("teacher", name=evil, **{LTI + "context": context, LTI + "roles": assistant})
    page = browser.get(landed.location)

    assert evil not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_oversized_form(entrance: Entrance) -> None:
    """An id_token is some kilobytes."""
    browser = entrance.browser()

    assert refused(entrance, browser, browser.form() | {"id_token": "x" * 400_000}) == "id_token_malformed"


def test_nothing_personal_or_secret_in_the_log(
    entrance: Entrance, log_lines: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """Launches that pass and launches that fail, at the most talkative level."""
    caplog.set_level("DEBUG")
    browser = entrance.browser()
    form = browser.form()
    browser.post("/lti/launch", form)
    browser.post("/lti/launch", form)
    browser.launch(email=["anna@example.org"])
    browser.post("/lti/launch", {"error": "anna@example.org", "error_description": "Anna Kowalska"})
    logged = "\n".join(log_lines.lines) + caplog.text

    assert "replayed" in logged
    for secret in ("Anna", "Kowalska", "example.org", form["id_token"][:40], form["state"], "STU-0001"):
        assert secret not in logged
