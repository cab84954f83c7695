"""Letting a launch in: every step of lti/launch.py lets the right one pass and refuses the wrong one by its code."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from lti.claims import LTI, Message
from lti.errors import LaunchRefused
from lti.roles import Role
from lti.states import BrowserKey, new_browser_key
from tests.lti.launching import CLIENT, Desk
from tests.simulators.lti_platform import CANVAS, MOODLE, Key, LtiPlatform, ec_key, rsa_key


@pytest.fixture(params=[MOODLE, CANVAS], ids=lambda flavour: flavour.product)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Register the platform and open the desk."""
    with LtiPlatform(request.param) as platform:
        yield Desk(platform)


@pytest.fixture
def moodle() -> Iterator[Desk]:
    """A desk for which the flavour of the platform does not matter."""
    with LtiPlatform(MOODLE) as platform:
        yield Desk(platform)


def refusal(desk: Desk, form: dict[str, str], browser: BrowserKey | None = None) -> str:
    """Return the code by which a launch is refused; nothing may be stored."""
    before = len(desk.launches)
    with pytest.raises(LaunchRefused) as refused:
        desk.reception.accept(form, browser or desk.browser, desk.now)
    assert len(desk.launches) == before
    return refused.value.code


@pytest.mark.parametrize(("person", "role"), [("learner", Role.LEARNER), ("teacher", Role.TEACHER)])
def test_a_launch_is_let_in_and_kept(desk: Desk, person: str, role: Role) -> None:
    """What is kept reads back as what was returned."""
    launch = desk.reception.accept(desk.form(person), desk.browser, desk.now)

    assert launch.person.role is role
    assert desk.launches.find(launch.id) == launch


def test_a_deep_linking_request_is_let_in(desk: Desk) -> None:
    """It comes to the same address and says what it is."""
    launch = desk.reception.accept(desk.form("deep_linking"), desk.browser, desk.now)

    assert launch.message is Message.DEEP_LINKING
    assert launch.deep_linking is not None


def test_the_same_launch_does_not_pass_twice(desk: Desk) -> None:
    """State, nonce and id_token are spent together."""
    form = desk.form()
    desk.reception.accept(form, desk.browser, desk.now)

    assert refusal(desk, form) == "replayed"


def test_of_many_at_the_same_moment_one_passes(moodle: Desk) -> None:
    """Looking and spending are one act."""
    form, passed, refused = moodle.form(), [], []

    def post() -> None:
        try:
            passed.append(moodle.reception.accept(form, moodle.browser, moodle.now))
        except LaunchRefused as error:
            refused.append(error.code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(passed), set(refused)) == (1, {"replayed"})


def test_an_error_of_the_platform_is_told(moodle: Desk) -> None:
    """The platform's code reaches the log if it looks like one, its text never."""
    form = {"error": "login_required", "error_description": "Anna must log in", "state": "x"}

    with pytest.raises(LaunchRefused, match=r"^platform_said_no at login_required$"):
        moodle.reception.accept(form, moodle.browser, moodle.now)


def test_an_error_that_is_no_code_stays_out_of_the_log(moodle: Desk) -> None:
    """Whatever is posted as error is somebody else's text."""
    with pytest.raises(LaunchRefused, match=r"^platform_said_no at another error$"):
        moodle.reception.accept({"error": "Anna <anna@example.org>"}, moodle.browser, moodle.now)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": ""}, "state_missing"),
        ({"state": "abc"}, "state_forged"),
        ({"state": "ä" * 72}, "state_forged"),
        ({"state": "A" * 72}, "state_forged"),
        ({"id_token": ""}, "id_token_missing"),
        ({"id_token": "a.b"}, "id_token_malformed"),
        ({"id_token": "a.b.c"}, "id_token_malformed"),
        ({"id_token": "e30.W10.AA"}, "id_token_malformed"),
        ({"id_token": "e30.e!30.AA"}, "id_token_malformed"),
        ({"id_token": "é.é.é"}, "id_token_malformed"),
        ({"id_token": "x" * 70_000}, "id_token_malformed"),
        ({"id_token": "e30.e30.AA"}, "nonce_missing"),
    ],
)
def test_a_form_that_is_not_a_launch_is_refused(moodle: Desk, change: dict[str, str], code: str) -> None:
    """Steps 2 and 4."""
    assert refusal(moodle, moodle.form() | change) == code


def test_a_token_nested_too_deeply_is_malformed(moodle: Desk) -> None:
    """A parser that gives up is a refusal, not a fault."""
    deep = urlsafe_b64encode(b"[" * 20_000 + b"]" * 20_000).decode().rstrip("=")

    assert refusal(moodle, moodle.form() | {"id_token": f"e30.{deep}.AA"}) == "id_token_malformed"


def test_a_launch_without_cookie_asks_for_a_new_tab(moodle: Desk) -> None:
    """Step 3."""
    with pytest.raises(LaunchRefused) as refused:
        moodle.reception.accept(moodle.form(), None, moodle.now)

    assert (refused.value.code, refused.value.refusal.step) == ("cookie_missing", "new_tab")


def test_a_launch_from_another_browser_is_refused(moodle: Desk) -> None:
    """Step 5: a stolen state and token are worth nothing without the cookie."""
    assert refusal(moodle, moodle.form(), new_browser_key()) == "nonce_wrong"


def test_a_token_of_another_click_is_refused(moodle: Desk) -> None:
    """Step 5: state and nonce belong together."""
    other = moodle.form("teacher")

    assert refusal(moodle, moodle.form() | {"id_token": other["id_token"]}) == "nonce_wrong"


def test_a_login_that_lies_too_long_back_is_refused(moodle: Desk) -> None:
    """Step 2: ten minutes, also where the token itself is fresh."""
    form = moodle.form()
    moodle.elapsed = 602

    assert refusal(moodle, form) == "login_expired"


def test_a_state_signed_with_the_secret_before_still_passes() -> None:
    """Secrets rotate without refusing who is on the way."""
    old, new = b"o" * 32, b"n" * 32
    with LtiPlatform(MOODLE) as platform:
        before, after = Desk(platform, secrets=(old,)), Desk(platform, secrets=(new, old))
        form = before.form()

        launch = after.reception.accept(form, before.browser, after.now)

    assert launch.person.role is Role.LEARNER


def test_a_registration_withdrawn_during_the_launch_is_unknown(moodle: Desk) -> None:
    """Step 6: within half a minute everywhere."""
    form = moodle.form()
    moodle.registrations.withdraw(moodle.registrations.registrations()[0])
    moodle.elapsed = 31

    assert refusal(moodle, form) == "platform_unknown"


def sign_with(desk: Desk, form: dict[str, str], key: Key, **header: Any) -> dict[str, str]:
    """Return the form with its token signed by another key."""
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    return form | {"id_token": desk.platform.sign(claims, key, **header)}


def test_another_key_under_a_known_id_is_refused(moodle: Desk) -> None:
    """Step 7."""
    forged = sign_with(moodle, moodle.form(), rsa_key(moodle.platform.key.kid))

    assert refusal(moodle, forged) == "signature_wrong"


def test_a_changed_claim_breaks_the_signature(moodle: Desk) -> None:
    """Step 7."""
    form = moodle.form()
    header, _, signature = form["id_token"].split(".")
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    claims[LTI + "roles"] = ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]
    changed = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    assert refusal(moodle, form | {"id_token": f"{header}.{changed}.{signature}"}) == "signature_wrong"


def test_a_token_without_key_id_is_refused(moodle: Desk) -> None:
    """Step 7: which key signed is never guessed."""
    assert refusal(moodle, sign_with(moodle, moodle.form(), moodle.platform.key, kid="")) == "key_id_missing"


def test_the_kind_of_the_key_decides_the_algorithm(moodle: Desk) -> None:
    """Step 7: a header that names another algorithm than the key has is refused before any verification."""
    key = moodle.platform.key
    moodle.platform.keys.append(ec_key())
    forged = sign_with(moodle, moodle.form(), Key(key.kid, moodle.platform.keys[-1].private, "ES256"))

    assert refusal(moodle, forged) == "algorithm_refused"


def test_a_platform_may_sign_with_es256(moodle: Desk) -> None:
    """Step 7: RS256 and ES256 are the two of the IMS Security Framework."""
    moodle.platform.keys = [ec_key()]

    launch = moodle.reception.accept(moodle.form(), moodle.browser, moodle.now)

    assert launch.person.role is Role.LEARNER


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_other_algorithms_are_refused(moodle: Desk, algorithm: str) -> None:
    """Step 7: also where the signature would be right."""
    key = moodle.platform.key
    forged = sign_with(moodle, moodle.form(), Key(key.kid, key.private, algorithm))

    assert refusal(moodle, forged) == "algorithm_refused"


NOW_CLAIMS = [
    ({"iss": "https://evil.example"}, "issuer_wrong"),
    ({"iss": None}, "issuer_wrong"),
    ({"aud": ["another-tool"], "azp": "another-tool"}, "audience_wrong"),
    ({"aud": None, "azp": CLIENT}, "audience_wrong"),
    ({"aud": [CLIENT, "another-tool"], "azp": None}, "authorized_party_wrong"),
    ({"azp": "another-tool"}, "authorized_party_wrong"),
    ({"exp": None}, "expiry_missing"),
    ({"exp": "never"}, "expiry_missing"),
    ({"exp": True}, "expiry_missing"),
    ({"iat": None}, "issue_time_missing"),
    ({"nonce": None}, "nonce_missing"),
    ({"nonce": 7}, "nonce_missing"),
    ({LTI + "deployment_id": None}, "deployment_missing"),
    ({LTI + "deployment_id": 1}, "deployment_missing"),
    ({LTI + "version": None}, "version_wrong"),
    ({LTI + "version": "1.1.0"}, "version_wrong"),
    ({LTI + "message_type": None}, "message_unknown"),
    ({LTI + "message_type": "LtiStartProctoring"}, "message_unknown"),
    ({"sub": None}, "user_missing"),
    ({LTI + "roles": None}, "roles_missing"),
    ({LTI + "resource_link": None}, "resource_link_missing"),
    ({LTI + "resource_link": {"title": "x"}}, "resource_link_missing"),
    ({LTI + "target_link_uri": None}, "target_foreign"),
    ({LTI + "target_link_uri": "https://evil.example/lti/launch"}, "target_foreign"),
    ({LTI + "target_link_uri": "https://tool.example.evil.example/"}, "target_foreign"),
    ({LTI + "target_link_uri": "https://tool.example@evil.example/"}, "target_foreign"),
    ({LTI + "target_link_uri": "http://tool.example/lti/launch"}, "target_foreign"),
    ({LTI + "context": []}, "claim_malformed"),
]


@pytest.mark.parametrize(("changes", "code"), NOW_CLAIMS)
def test_a_claim_that_is_missing_or_wrong_is_refused(desk: Desk, changes: dict[str, Any], code: str) -> None:
    """Steps 5 to 12, on both platforms: each with a code of its own, nothing stored."""
    assert refusal(desk, desk.form(**changes)) == code


def test_an_audience_list_is_fine_with_an_authorised_party(desk: Desk) -> None:
    """Step 8: wherever in the list we are."""
    form = desk.form(aud=["another-tool", CLIENT], azp=CLIENT)

    assert desk.reception.accept(form, desk.browser, desk.now).client_id == CLIENT


def test_moodle_s_consumer_key_in_the_audience_is_told_with_its_remedy(moodle: Desk) -> None:
    """Step 8: an LTI 1.1 key left in the activity becomes the audience."""
    with pytest.raises(LaunchRefused) as refused:
        moodle.reception.accept(moodle.form(aud="12345"), moodle.browser, moodle.now)

    assert refused.value.code == "audience_is_old_key"
    assert "Consumer key" in refused.value.sentence


@pytest.mark.parametrize(("elapsed", "code"), [(0, ""), (118, ""), (122, "expired")])
def test_sixty_seconds_of_leeway_after_the_expiry(moodle: Desk, elapsed: float, code: str) -> None:
    """Step 9: Moodle's token lives for a minute."""
    form = moodle.form()
    moodle.elapsed = elapsed

    if code:
        assert refusal(moodle, form) == code
    else:
        assert moodle.reception.accept(form, moodle.browser, moodle.now)


@pytest.mark.parametrize(
    ("ahead", "code"), [(58, ""), (63, "issued_in_future"), (-658, ""), (-663, "issued_too_long_ago")]
)
def test_a_token_of_the_future_or_of_long_ago_is_refused(moodle: Desk, ahead: int, code: str) -> None:
    """Step 9: also where its expiry is far away."""
    made = int(moodle.now.timestamp()) + ahead
    form = moodle.form(iat=made, exp=made + 86_400)

    if code:
        assert refusal(moodle, form) == code
    else:
        assert moodle.reception.accept(form, moodle.browser, moodle.now)


@pytest.mark.parametrize("times", [{"iat": 10**400}, {"exp": -(10**400)}, {"iat": float("nan")}, {"exp": float("nan")}])
def test_times_beyond_reason_are_refused(moodle: Desk, times: dict[str, Any]) -> None:
    """Steps 4 and 9: Python writes numbers that no clock shows, and some that are no JSON."""
    refused = {"expired", "issued_in_future", "issued_too_long_ago", "id_token_malformed"}
    assert refusal(moodle, moodle.form(**times)) in refused


def test_a_new_deployment_waits_where_the_setting_says_so() -> None:
    """Step 10: it is noted for the administrator, and passes once allowed."""
    with LtiPlatform(CANVAS) as platform:
        desk = Desk(platform, allow_new=False)

        code = refusal(desk, desk.form())
        noted = desk.registrations.deployments(desk.registrations.registrations()[0].id)
        desk.registrations.allow_deployment(noted[0].platform, allowed=True)
        desk.elapsed = 31
        launch = desk.reception.accept(desk.form(), desk.browser, desk.now)

    assert code == "deployment_waits"
    assert [each.allowed for each in noted] == [False]
    assert launch.platform == noted[0].platform


def test_a_new_deployment_passes_where_the_setting_says_so(moodle: Desk) -> None:
    """Step 10: it is noted all the same."""
    launch = moodle.reception.accept(moodle.form(), moodle.browser, moodle.now)

    noted = moodle.registrations.deployments(moodle.registrations.registrations()[0].id)
    assert [(each.platform, each.allowed) for each in noted] == [(launch.platform, True)]


def test_only_claims_that_are_needed_are_kept(moodle: Desk) -> None:
    """What is not needed is forgotten when the answer is sent."""
    kept: dict[str, Any] = {}
    moodle.launches.keep = lambda _, claims: bool(kept.update(claims) or True)  # type: ignore[method-assign]

    moodle.reception.accept(moodle.form(), moodle.browser, moodle.now)

    assert "nonce" not in kept
    assert not [name for name in kept if "basicoutcome" in name or name.endswith("/ext")]
    assert "person_email" not in kept[LTI + "custom"]
