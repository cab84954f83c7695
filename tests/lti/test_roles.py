"""Who is a teacher here, who is a learner, and who must never be taken for one."""

from __future__ import annotations

import pytest

from lti.roles import Role, role_of, standing_of
from mappings.assessment import Standing

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"


@pytest.mark.parametrize(
    ("uris", "role"),
    [
        ([f"{MEMBERSHIP}#Instructor"], Role.TEACHER),
        ([f"{MEMBERSHIP}#Learner"], Role.LEARNER),
        (["Learner"], Role.LEARNER),
        ([f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}#Learner"], Role.TEACHER),
        ([f"{MEMBERSHIP}/Instructor#TeachingAssistant", f"{MEMBERSHIP}#Instructor"], Role.ASSISTANT),
        ([f"{MEMBERSHIP}#Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"], Role.PREVIEW),
        ([f"{MEMBERSHIP}#Instructor", f"{SYSTEM}#Administrator"], Role.TEACHER),
        ([f"{SYSTEM}#Administrator"], Role.ADMINISTRATOR),
        ([f"{MEMBERSHIP}#Mentor"], Role.OTHER),
        ([], Role.OTHER),
    ],
)
def test_the_role_in_the_course_is_read_from_exact_uris(uris: list[str], role: Role) -> None:
    """One role decides; a test user is never anything else, and staff is never a learner."""
    assert role_of(uris) is role


def test_teaching_elsewhere_is_not_teaching_here() -> None:
    """Canvas sends the institution role to anybody who teaches in any course."""
    uris = [f"{INSTITUTION}#Instructor", f"{MEMBERSHIP}#Learner", f"{SYSTEM}#User"]

    assert role_of(uris) is Role.LEARNER


@pytest.mark.parametrize("uri", [f"{MEMBERSHIP}#instructor", f"{MEMBERSHIP}#InstructorX", "xInstructor", "Instruktor"])
def test_what_only_resembles_a_role_counts_for_nothing(uri: str) -> None:
    """Default deny: a role that is not known gives no page."""
    assert role_of([uri]) is Role.OTHER


def test_only_a_learner_has_a_learner_s_standing() -> None:
    """Whoever is not surely a learner can never be awarded anything."""
    learners = [role for role in Role if standing_of(role) is Standing.LEARNER]

    assert learners == [Role.LEARNER]
