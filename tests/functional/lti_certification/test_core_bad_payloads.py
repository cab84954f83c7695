"""The launches of the 1EdTech certification suite, core: bad ones are shown as an error and leave nothing stored.

Named after the public list of the suite: LTI Advantage Conformance Certification Guide 1.3 (final release, 16 April
2019), section 6.1, «LTI Core testing»: 6.1.1 «Known "Bad" Payloads», 6.1.2 «Valid Teacher Launches», 6.1.3 «Valid
Student Launches» (https://www.imsglobal.org/spec/lti/v1p3/cert/#known-bad-payloads). The names are the guide's, the
payloads are ours after its one-line descriptions: the suite itself is for members, and was not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


def refused_token(entrance: Entrance, signed: Callable[[dict[str, Any]], str]) -> str:
    """Launch with the right claims in another token, and return the code on the page."""
    browser = entrance.browser()
    form = browser.form("teacher")
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    page = browser.post("/lti/launch", form | {"id_token": signed(claims)})
    assert page.status_code == 403
    assert entrance.stored() == 0
    return code_of(page)


def test_no_kid_sent_in_jwt_header(entrance: Entrance) -> None:
    """«No KID Sent in JWT header»."""

    def without_kid(claims: dict[str, Any]) -> str:
        return jwt.encode(claims, entrance.platform.key.private, "RS256")

    assert refused_token(entrance, without_kid) == "key_id_missing"


def test_incorrect_kid_in_jwt_header(entrance: Entrance) -> None:
    """«Incorrect KID in JWT header»."""
    unknown = rsa_key("imstester_66067")

    assert refused_token(entrance, lambda claims: entrance.platform.sign(claims, unknown)) == "key_unknown"


def test_wrong_lti_version(entrance: Entrance) -> None:
    """«Wrong LTI Version»."""
    assert refused(entrance, **{LTI + "version": "11.3"}) == "version_wrong"


def test_no_lti_version(entrance: Entrance) -> None:
    """«No LTI Version»."""
    assert refused(entrance, **{LTI + "version": None}) == "version_wrong"


def test_invalid_lti_message(entrance: Entrance) -> None:
    """«Invalid LTI message»: an id_token that is no LTI message at all."""
    assert refused_token(entrance, lambda _: entrance.platform.sign({"name": "badltilaunch"})) == "nonce_missing"


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
    """«Missing LTI Claims»: each mandatory claim of core 5.3, one at a time."""
    assert refused(entrance, **{claim: None}) == code


def test_timestamps_incorrect(entrance: Entrance) -> None:
    """«Timestamps Incorrect»: both in the past."""
    assert refused(entrance, iat=11111, exp=22222) == "expired"


def test_message_type_claim_missing(entrance: Entrance) -> None:
    """«message_type Claim Missing»."""
    assert refused(entrance, **{LTI + "message_type": None}) == "message_unknown"


def test_role_claim_missing(entrance: Entrance) -> None:
    """«role Claim Missing»."""
    assert refused(entrance, **{LTI + "roles": None}) == "roles_missing"


def test_deployment_id_claim_missing(entrance: Entrance) -> None:
    """«deployment_id Claim Missing»."""
    assert refused(entrance, **{LTI + "deployment_id": None}) == "deployment_missing"


def test_resource_link_id_claim_missing(entrance: Entrance) -> None:
    """«resource_link_id Claim Missing»: the object is there, its id is not."""
    assert refused(entrance, **{LTI + "resource_link": {"title": "x"}}) == "resource_link_missing"


def test_user_claim_missing(entrance: Entrance) -> None:
    """«user Claim Missing»: anonymous launches are allowed by the standard and of no use to a credential."""
    assert refused(entrance, sub=None) == "user_missing"


NO_NAMES: dict[str, Any] = {"name": None, "given_name": None, "family_name": None}
VALID: dict[str, dict[str, Any]] = {
    "Launch": {},
    "Launch Unknown Role": {LTI + "roles": ["urn:of:nobody"]},
    "Launch No Role": {LTI + "roles": []},
    "Launch Email Only": NO_NAMES,
    "Launch Names Only": {"email": None},
    "No PII": {**NO_NAMES, "email": None},
    "Email Without Context": {**NO_NAMES, LTI + "context": None},
    "New resource_id": {LTI + "resource_link": {"id": "another"}},
    "(ours) nothing optional": {
        LTI + name: None for name in ("custom", "lis", "launch_presentation", "tool_platform", "context")
    },
}
INSTRUCTOR = {
    "Launch with Roles": {LTI + "roles": [f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}#Mentor"]},
    "Launch Short Role": {LTI + "roles": ["Instructor"]},
}
STUDENT = {
    "Launch with Roles": {LTI + "roles": [f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}/Learner#NonCreditLearner"]},
    "Launch Short Role": {LTI + "roles": ["Learner"]},
}


@pytest.mark.parametrize(
    ("person", "claims"),
    [pytest.param("teacher", claims, id=f"Valid Instructor {name}") for name, claims in (VALID | INSTRUCTOR).items()]
    + [pytest.param("learner", claims, id=f"Valid Student {name}") for name, claims in (VALID | STUDENT).items()],
)
def test_valid_launches(entrance: Entrance, person: str, claims: dict[str, Any]) -> None:
    """The suite's valid launches open a page, also where roles are unknown or names withheld."""
    browser = entrance.browser()

    landed = browser.launch(person, **claims)

    assert browser.get(landed.location).status_code == 200
