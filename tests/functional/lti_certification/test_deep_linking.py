"""Deep Linking 2.0 in the terms of the certification suite: requests that must be refused, and responses.

LTI Advantage Conformance Certification Guide 1.3, section 6.2, «Deep Linking Message testing». The refusals are ours:
the guide has no bad deep linking payloads.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from lti.claims import DEEP_LINKING
from tests.functional.entrance import Entrance, code_of, fields
from tests.lti.launching import CLIENT
from tests.simulators.lti_platform import CANVAS, LTI, MOODLE, LtiPlatform


@pytest.fixture(params=[MOODLE, CANVAS], ids=lambda flavour: flavour.product)
def entrance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Entrance]:
    """The application with a registered platform."""
    with LtiPlatform(request.param) as platform:
        yield Entrance(tmp_path, platform)


@pytest.mark.parametrize("member", ["deep_link_return_url", "accept_types", "accept_presentation_document_targets"])
def test_a_required_deep_linking_setting_is_missing(entrance: Entrance, member: str) -> None:
    """Section 3.4.1: three members are required."""
    settings = dict(entrance.platform.people["deep_linking"][DEEP_LINKING])
    del settings[member]

    page = entrance.browser().launch("deep_linking", **{DEEP_LINKING: settings})

    assert (code_of(page), entrance.stored()) == ("message_incomplete", 0)


def test_response_format_valid_and_required_claims_verified(entrance: Entrance) -> None:
    """«Response Format Valid», «Required Claims Verified»: issuer is the client, audience the platform (4.5)."""
    settings = entrance.platform.people["deep_linking"][DEEP_LINKING] | {"data": "csrf:1"}

    message = answered(entrance, settings)

    assert message["aud"] == entrance.platform.issuer
    assert message["iss"] == CLIENT
    assert message[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert message[LTI + "version"] == "1.3.0"
    assert message[LTI + "deployment_id"] == "1"
    assert message["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "csrf:1"


def test_signature_valid_and_response_timestamps_valid(entrance: Entrance) -> None:
    """«Signature Valid», «Response Timestamps Valid»: by our published keys, made now, and soon expired."""
    message = answered(entrance, entrance.platform.people["deep_linking"][DEEP_LINKING])

    assert abs(message["iat"] - time.time()) < 60
    assert 0 < message["exp"] - message["iat"] <= 300


def answered(entrance: Entrance, settings: dict[str, Any]) -> dict[str, Any]:
    """Answer a request with these settings, and return what the platform reads out of the response."""
    browser = entrance.browser()
    asking = browser.get(browser.launch("deep_linking", **{DEEP_LINKING: settings}).location)
    token = fields(browser.send(asking))["JWT"]
    keys = jwt.PyJWKSet.from_dict(browser.get("/lti/jwks").get_json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return dict(jwt.decode(token, key.key, ["RS256"], audience=entrance.platform.issuer))
