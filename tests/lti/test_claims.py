"""What a launch says: recordings of Moodle 4.5.6 and Canvas' own shapes, read as values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lti.claims import (
    COURSE_HISTORY,
    CUSTOM,
    LTI,
    LaunchId,
    Message,
    origin_of,
    platform_id,
    read_launch,
    registration_id,
)
from lti.errors import LaunchRefused
from lti.roles import Role
from lti.tool import VARIABLES
from tests.simulators.lti_platform import RECORDINGS

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AN_ID = LaunchId("0" * 32)


def recorded(name: str) -> dict[str, Any]:
    """Return the claims of a recording."""
    claims: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return claims


def test_a_learner_s_launch_from_moodle_is_read() -> None:
    """Person, course, activity and services arrive as the platform spells them."""
    claims = recorded("moodle_learner")

    launch = read_launch(claims, AN_ID, "credtool-client-0001", NOW)

    assert launch.message is Message.RESOURCE_LINK
    assert (launch.person.id, launch.person.role) == ("4", Role.LEARNER)
    assert (launch.person.full_name, launch.person.student_number) == ("Anna Kowalska", "STU-0001")
    assert (launch.place.course, launch.place.code, launch.place.resource_link) == ("3", "ADA101", "6")
    assert launch.services.members.endswith("/CourseSection/3/bindings/1/memberships")
    assert (launch.product, launch.deployment_id) == ("moodle", "1")
    assert launch.origins == ("http://127.0.0.1:8100",)


def test_a_variable_that_the_platform_did_not_expand_is_missing() -> None:
    """Moodle and Canvas send unknown variables literally."""
    custom = {"canvas_user_id": "$Canvas.user.id", COURSE_HISTORY: "2,1"}
    launch = read_launch(recorded("moodle_learner") | {LTI + "custom": custom}, AN_ID, "c", NOW)

    assert launch.custom == ((COURSE_HISTORY, "2,1"),)


def test_only_the_custom_parameters_that_we_asked_for_are_read() -> None:
    """Moodle's launch carries forty, a name and a mail address among them."""
    launch = read_launch(recorded("moodle_learner"), AN_ID, "c", NOW)

    assert {name for name, _ in launch.custom} <= set(CUSTOM)
    assert set(VARIABLES) == set(CUSTOM)


def test_a_non_editing_teacher_is_staff_in_a_launch() -> None:
    """Moodle names them Instructor here, although the roster calls them Learner."""
    launch = read_launch(recorded("moodle_teacher"), AN_ID, "c", NOW)

    assert launch.person.role is Role.TEACHER


def test_a_canvas_student_launch_is_read() -> None:
    """Numbers among the custom parameters become text."""
    launch = read_launch(recorded("canvas_learner"), AN_ID, "10000000000001", NOW)

    assert launch.person.role is Role.LEARNER
    assert launch.custom_value("canvas_course_id") == "565"
    assert launch.custom_value("term_end_at") == ""
    assert launch.product == "canvas"


def test_a_deep_linking_request_says_where_to_answer() -> None:
    """The return address and what is accepted are part of the launch."""
    launch = read_launch(recorded("moodle_deep_linking"), AN_ID, "c", NOW)

    assert launch.deep_linking is not None
    assert launch.deep_linking.return_url.startswith("http://127.0.0.1:8100/mod/lti/contentitem_return.php")
    assert launch.deep_linking.accept_types == ("ltiResourceLink",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sub", ["4"]),
        ("name", {"en": "Anna"}),
        ("email", True),
        (LTI + "roles", "Learner"),
        (LTI + "roles", [1]),
        (LTI + "context", "3"),
        (LTI + "resource_link", []),
        (LTI + "custom", [1]),
        (LTI + "launch_presentation", 3),
    ],
)
def test_a_value_of_the_wrong_form_is_a_named_refusal(name: str, value: object) -> None:
    """The log text names the claim and not its value."""
    claims = recorded("moodle_learner") | {name: value}

    with pytest.raises(LaunchRefused) as refused:
        read_launch(claims, AN_ID, "c", NOW)

    assert refused.value.code == "claim_malformed"
    assert str(refused.value) == f"claim_malformed at {name}"


def test_no_two_deployments_share_a_key() -> None:
    """Moving a character from one part of the triple to the next makes another key."""
    keys = {
        platform_id("a", "b", "c"),
        platform_id("ab", "", "c"),
        platform_id("a", "bc", ""),
        registration_id("a", "bc"),
    }

    assert len(keys) == 4


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://lms.example/mod/lti/return.php?course=3", "https://lms.example"),
        ("http://127.0.0.1:8100/x", "http://127.0.0.1:8100"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://user@lms.example:443/", "https://lms.example:443"),
        ("javascript:alert(1)", ""),
        ("https://lms.example:port/", ""),
        ("/relative", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """What is not an http address has none."""
    assert origin_of(url) == origin
