"""Deep linking: the platform reads our answer with the key that we publish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import jwt
import pytest

from lti.claims import Launch
from lti.deep_linking import place
from lti.errors import LaunchRefused
from lti.messages import ContentItem
from lti.tool_keys import key_set, new_key
from tests.lti.launching import CLIENT, LAUNCH_URL, Desk
from tests.simulators.lti_platform import CANVAS, DEEP_LINKING, LTI, MOODLE, LtiPlatform

ITEM = ContentItem("Your credential", LAUNCH_URL, "Opens your credential", (("profile", "ada"),))


@pytest.fixture(params=[MOODLE, CANVAS], ids=lambda flavour: flavour.product)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with a registered platform."""
    with LtiPlatform(request.param) as platform:
        yield Desk(platform)


def asked(desk: Desk, person: str = "deep_linking", **changes: object) -> Launch:
    """Return an accepted launch."""
    return desk.reception.accept(desk.form(person, **changes), desk.browser, desk.now)


def test_the_answer_is_what_deep_linking_2_0_demands(desk: Desk) -> None:
    """Signed by a published key, for the issuer, from the client, with the deployment of the request."""
    key = new_key(desk.now)

    placement = place(asked(desk), (ITEM,), key, desk.now)
    published = jwt.PyJWKSet.from_dict(key_set((key,)))[jwt.get_unverified_header(placement.token)["kid"]]
    message = jwt.decode(placement.token, published.key, ["RS256"], audience=desk.platform.issuer)

    assert message["iss"] == CLIENT
    assert message["exp"] - message["iat"] == 300
    assert message[LTI + "deployment_id"] == "1"
    assert message[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert message[LTI + "version"] == "1.3.0"
    assert message["nonce"]
    assert message[DEEP_LINKING + "content_items"] == [
        {
            "type": "ltiResourceLink",
            "title": "Your credential",
            "url": LAUNCH_URL,
            "text": "Opens your credential",
            "custom": {"profile": "ada"},
        }
    ]
    assert DEEP_LINKING + "data" not in message


def test_an_item_has_no_empty_members(desk: Desk) -> None:
    """Moodle 4.5.6 fails on an empty object of custom parameters, as a real one showed."""
    token = place(asked(desk), (ContentItem("Title", LAUNCH_URL),), new_key(desk.now), desk.now).token

    [item] = jwt.decode(token, options={"verify_signature": False})[DEEP_LINKING + "content_items"]
    assert item == {"type": "ltiResourceLink", "title": "Title", "url": LAUNCH_URL}


def test_data_of_the_platform_goes_back_unchanged(desk: Desk) -> None:
    """Also where it begins like a variable."""
    settings = desk.platform.people["deep_linking"][DEEP_LINKING + "deep_linking_settings"]
    launch = asked(desk, **{DEEP_LINKING + "deep_linking_settings": settings | {"data": "$csrf:1"}})

    token = place(launch, (ITEM,), new_key(desk.now), desk.now).token

    assert jwt.decode(token, options={"verify_signature": False})[DEEP_LINKING + "data"] == "$csrf:1"


def test_one_item_is_sent_where_one_is_accepted() -> None:
    """Canvas' assignment selection takes a single link."""
    with LtiPlatform(CANVAS) as platform:
        desk = Desk(platform)
        token = place(asked(desk), (ITEM, ITEM), new_key(desk.now), desk.now).token

    assert len(jwt.decode(token, options={"verify_signature": False})[DEEP_LINKING + "content_items"]) == 1


def test_a_learner_places_nothing(desk: Desk) -> None:
    """Even where the platform asked for it."""
    launch = asked(desk, **{LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]})

    with pytest.raises(LaunchRefused, match="role_forbidden"):
        place(launch, (ITEM,), new_key(desk.now), desk.now)


def test_an_ordinary_launch_is_not_answered_with_links(desk: Desk) -> None:
    """There is nowhere to send them."""
    with pytest.raises(LaunchRefused, match="message_incomplete"):
        place(asked(desk, "teacher"), (ITEM,), new_key(desk.now), desk.now)


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "//evil.example"])
def test_an_answer_goes_to_an_http_address_only(desk: Desk, address: str) -> None:
    """The return address becomes the target of a form."""
    launch = asked(desk)
    assert launch.deep_linking is not None
    strange = replace(launch, deep_linking=replace(launch.deep_linking, return_url=address))

    with pytest.raises(LaunchRefused, match="message_incomplete"):
        place(strange, (ITEM,), new_key(desk.now), desk.now)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"deep_link_return_url": "https://lms.example/return"},
        {"deep_link_return_url": "https://lms.example/return", "accept_types": ["file"]},
        {"accept_types": ["ltiResourceLink"], "accept_presentation_document_targets": ["iframe"]},
    ],
)
def test_a_request_that_lacks_its_settings_is_refused(desk: Desk, settings: dict[str, object]) -> None:
    """Return address, accepted types and presentation are mandatory (section 3.4.1)."""
    with pytest.raises(LaunchRefused, match="message_incomplete"):
        asked(desk, **{DEEP_LINKING + "deep_linking_settings": settings})
