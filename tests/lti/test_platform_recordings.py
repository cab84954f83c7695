"""The simulated platform against what real ones sent: same parameters, same claims, same answers."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from tests.conftest import require_data
from tests.lti.launching import CLIENT, Desk
from tests.simulators.lti_platform import CANVAS, MOODLE, RECORDINGS, LtiPlatform

SOURCES = {
    "moodle_learner": "moodle/launch_LtiResourceLinkRequest_learner.json",
    "moodle_teacher": "moodle/launch_non_editing_teacher_claims.json",
    "moodle_deep_linking": "moodle/launch_LtiDeepLinkingRequest_instructor.json",
    "moodle_openid_configuration": "moodle/openid_configuration.json",
    "canvas_learner": "canvas/lti_id_token_assignment_student.json",
    "canvas_teacher": "canvas/lti_id_token_course_navigation_instructor.json",
    "canvas_deep_linking": "canvas/lti_deep_linking_request.json",
    "canvas_openid_configuration": "canvas/lti_openid_configuration.json",
}


def source(path: str) -> dict[str, Any]:
    """Return the content of a recording, without its wrapping."""
    document: dict[str, Any] = json.loads(require_data(path).read_text())
    return dict(document.get("claims") or document.get("payload") or document.get("response") or document)


@pytest.mark.parametrize("name", SOURCES)
def test_the_recordings_of_the_tests_are_the_recorded_ones(name: str) -> None:
    """Nobody edits a recording until a test passes."""
    assert json.loads((RECORDINGS / f"{name}.json").read_text()) == source(SOURCES[name])


def test_a_login_has_the_parameters_of_moodle() -> None:
    """No more and no fewer."""
    recorded = json.loads(require_data("moodle/login_initiation_POST.json").read_text())["params"]
    with LtiPlatform(MOODLE) as platform:
        Desk(platform)

        assert set(platform.click("learner", CLIENT)) == set(recorded)


def test_a_login_has_the_parameters_of_canvas() -> None:
    """Without the two that describe its cloud."""
    recorded = json.loads(require_data("canvas/lti_login_initiation.json").read_text())["params"]
    with LtiPlatform(CANVAS) as platform:
        Desk(platform)

        assert set(platform.click("learner", CLIENT)) == set(recorded) - {"canvas_environment", "canvas_region"}


@pytest.mark.parametrize("flavour", [MOODLE, CANVAS], ids=["moodle", "canvas"])
def test_an_id_token_has_the_claims_of_its_platform(flavour: Any) -> None:
    """And lives as long."""
    recorded = json.loads((RECORDINGS / f"{flavour.product}_learner.json").read_text())
    with LtiPlatform(flavour) as platform:
        claims = jwt.decode(Desk(platform).form()["id_token"], options={"verify_signature": False})

    assert set(claims) == set(recorded)
    assert claims["exp"] - claims["iat"] == recorded["exp"] - recorded["iat"]
