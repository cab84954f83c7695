"""Deep Linking 2.0 in the terms of the certification suite: requests that must be refused, and responses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from lti.claims import DEEP_LINKING
from tests.functional.entrance import Entrance, code_of, fields
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

    assert code_of(page) == "message_incomplete"


def test_the_response_carries_what_the_platform_must_find(entrance: Entrance) -> None:
    """Section 4.5: issuer is the client, audience the platform, deployment and data as they were sent."""
    settings = entrance.platform.people["deep_linking"][DEEP_LINKING] | {"data": "csrf:1"}
    browser = entrance.browser()
    asking = browser.get(browser.launch("deep_linking", **{DEEP_LINKING: settings}).location)

    message: dict[str, Any] = jwt.decode(fields(browser.send(asking))["JWT"], options={"verify_signature": False})

    assert message["aud"] == entrance.platform.issuer
    assert message[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert message["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "csrf:1"
