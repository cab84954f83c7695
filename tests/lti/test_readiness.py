"""The preflight: green, or red with the step that helps, in the words of the product."""

from __future__ import annotations

import pytest

from lti.readiness import Findings, Need, checks

NOTHING = Findings(launched=False, roster=False, functions=None)
MOODLE_FUNCTIONS = frozenset(
    {
        "gradereport_user_get_grade_items",
        "core_enrol_get_enrolled_users",
        "core_completion_get_course_completion_status",
        "core_completion_get_activities_completion_status",
        "core_competency_list_course_competencies",
        "report_competency_data_for_report",
        "mod_quiz_get_quizzes_by_courses",
        "core_message_send_instant_messages",
    }
)


@pytest.mark.parametrize("product", ["moodle", "canvas", "another", ""])
def test_nothing_works_before_anything_was_done(product: str) -> None:
    """Every need is listed once, each with a step."""
    found = checks(product, NOTHING)

    assert [check.need for check in found] == list(Need)
    assert not any(check.ok for check in found)


def test_a_moodle_with_everything_is_green() -> None:
    """Launched, a token for the roster, and every function of the minimal role."""
    found = checks("moodle", Findings(launched=True, roster=True, functions=MOODLE_FUNCTIONS))

    assert all(check.ok for check in found)


@pytest.mark.parametrize("missing", sorted(MOODLE_FUNCTIONS))
def test_a_missing_function_is_named(missing: str) -> None:
    """And no other: the administrator adds that one."""
    found = checks("moodle", Findings(launched=True, roster=True, functions=MOODLE_FUNCTIONS - {missing}))
    [red] = [check for check in found if not check.ok]

    assert missing in red.fix
    assert not [other for other in MOODLE_FUNCTIONS - {missing} if other in red.fix]


def test_the_words_are_those_of_the_product() -> None:
    """Names of menus as the administrator sees them."""
    moodle, canvas = checks("moodle", NOTHING)[0], checks("canvas", NOTHING)[0]

    assert "Manage tools" in moodle.fix
    assert "Developer Keys" in canvas.fix
