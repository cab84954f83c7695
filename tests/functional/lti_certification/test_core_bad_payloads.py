"""The bad payloads of the 1EdTech LTI Advantage certification suite, core: each is shown as an error, nothing stored.

Names follow the suite's own list («Bad Payloads»), as in https://www.imsglobal.org/spec/lti/v1p3/cert.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from lti.claims import LTI
from tests.functional.entrance import Entrance, code_of
from tests.simulators.lti_platform import CANVAS, MEMBERSHIP, MOODLE, LtiPlatform, rsa_key


@pytest.fixture(params=[MOODLE, CANVAS], ids=lambda flavour: flavour.product)
def entrance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Entrance]:
    """The application with a registered platform."""
    with LtiPlatform(request.param) as platform:
        yield Entrance(tmp_path, platform)


def refused(entrance: Entrance, **claims: Any) -> str:
    """Launch with these claims changed and return the code on the page."""
    page = entrance.browser().launch("teacher", **claims)
    assert page.status_code == 403
    assert entrance.stored() == 0
    return code_of(page)


def refused_token(entrance: Entrance, token: str) -> str:
    """Launch with another token in place of the right one."""
    browser = entrance.browser()
    page = browser.post("/lti/launch", browser.form("teacher") | {"id_token": token})
    assert entrance.stored() == 0
    return code_of(page)


def test_no_kid_sent_in_jwt_header(entrance: Entrance) -> None:
    """Bad payload 1."""
    browser = entrance.browser()
    form = browser.form()
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    form["id_token"] = jwt.encode(claims, entrance.platform.key.private, "RS256")

    assert code_of(browser.post("/lti/launch", form)) == "key_id_missing"


def test_incorrect_kid_in_jwt_header(entrance: Entrance) -> None:
    """Bad payload 2."""
    browser = entrance.browser()
    form = browser.form()
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    form["id_token"] = entrance.platform.sign(claims, rsa_key("imstester_66067"))

    assert code_of(browser.post("/lti/launch", form)) == "key_unknown"


def test_wrong_lti_version(entrance: Entrance) -> None:
    """Bad payload 3."""
    assert refused(entrance, **{LTI + "version": "11.3"}) == "version_wrong"


def test_no_lti_version(entrance: Entrance) -> None:
    """Bad payload 4."""
    assert refused(entrance, **{LTI + "version": None}) == "version_wrong"


def test_invalid_lti_message(entrance: Entrance) -> None:
    """Bad payload 5: an id_token that is no LTI message at all."""
    assert refused_token(entrance, entrance.platform.sign({"name": "badltilaunch"})) == "nonce_missing"


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("iss", "issuer_wrong"),
        ("aud", "audience_wrong"),
        ("exp", "expiry_missing"),
        ("iat", "issue_time_missing"),
        ("nonce", "nonce_missing"),
        ("sub", "user_missing"),
        (LTI + "message_type", "message_unknown"),
        (LTI + "roles", "roles_missing"),
        (LTI + "resource_link", "resource_link_missing"),
        (LTI + "deployment_id", "deployment_missing"),
        (LTI + "target_link_uri", "target_foreign"),
    ],
)
def test_missing_lti_claims(entrance: Entrance, claim: str, code: str) -> None:
    """Bad payload 6: each mandatory claim of core 5.3, one at a time."""
    assert refused(entrance, **{claim: None}) == code


def test_timestamps_incorrect(entrance: Entrance) -> None:
    """Bad payload 7: both in the past."""
    assert refused(entrance, iat=11111, exp=22222) == "expired"


def test_message_type_claim_missing(entrance: Entrance) -> None:
    """Bad payload 8."""
    assert refused(entrance, **{LTI + "message_type": None}) == "message_unknown"


def test_role_claim_missing(entrance: Entrance) -> None:
    """Bad payload 9."""
    assert refused(entrance, **{LTI + "roles": None}) == "roles_missing"


def test_deployment_id_claim_missing(entrance: Entrance) -> None:
    """Bad payload 10."""
    assert refused(entrance, **{LTI + "deployment_id": None}) == "deployment_missing"


def test_resource_link_id_claim_missing(entrance: Entrance) -> None:
    """Bad payload 11: the object is there, its id is not."""
    assert refused(entrance, **{LTI + "resource_link": {"title": "x"}}) == "resource_link_missing"


def test_user_claim_missing(entrance: Entrance) -> None:
    """Bad payload 12: anonymous launches are allowed by the standard and of no use to a credential."""
    assert refused(entrance, sub=None) == "user_missing"


VALID_INSTRUCTOR: list[dict[str, Any]] = [
    {},
    {LTI + "roles": [f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}#Mentor"]},
    {LTI + "roles": ["Instructor"]},
    {LTI + "roles": [f"{MEMBERSHIP}#Instructor", "urn:of:nobody"]},
    {"email": None},
    {"name": None, "given_name": None, "family_name": None},
    {"name": None, "given_name": None, "family_name": None, "email": None},
    {LTI + "context": None},
    {LTI + "custom": None, LTI + "lis": None, LTI + "launch_presentation": None, LTI + "tool_platform": None},
]


@pytest.mark.parametrize("claims", VALID_INSTRUCTOR)
def test_valid_instructor_launches(entrance: Entrance, claims: dict[str, Any]) -> None:
    """The suite's valid launches: with roles, with short roles, with unknown roles, without names, mail or context."""
    browser = entrance.browser()

    landed = browser.launch("teacher", **claims)

    assert browser.get(landed.location).status_code == 200


VALID_STUDENT: list[dict[str, Any]] = [
    {},
    {LTI + "roles": ["Learner"]},
    {LTI + "roles": [f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}/Learner#NonCreditLearner"]},
    {"name": None, "given_name": None, "family_name": None, "email": None},
    {LTI + "context": None},
]


@pytest.mark.parametrize("claims", VALID_STUDENT)
def test_valid_student_launches(entrance: Entrance, claims: dict[str, Any]) -> None:
    """The same for learners."""
    browser = entrance.browser()

    landed = browser.launch("learner", **claims)

    assert browser.get(landed.location).status_code == 200
