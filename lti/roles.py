"""What a person is in the course, from the role URIs of a launch or a roster.

LTI 1.3 core, appendix A.2 «Role vocabularies». Roles are compared as exact URIs and everything unknown counts for
nothing. Only *membership* roles speak about this course: Canvas sends ``institution/person#Instructor`` for anybody
who teaches anywhere. Rosters of Moodle use the short names (``Learner``), which A.2.3 allows for context roles.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from mappings.assessment import Standing

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_PERSON = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
_SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
_TEST_USERS = frozenset(
    {"http://purl.imsglobal.org/vocab/lti/system/person#TestUser", f"{_SYSTEM}#TestUser", "TestUser"}
)
"""Canvas Student View; the first is the spelling of LTI 1.3 and of Canvas."""
_ASSISTANTS = frozenset(
    f"{_MEMBERSHIP}/Instructor#{name}"
    for name in ("TeachingAssistant", "TeachingAssistantSection", "TeachingAssistantGroup", "Grader")
)
_TEACHERS = frozenset({f"{_MEMBERSHIP}#Instructor", "Instructor"})
_LEARNERS = frozenset({f"{_MEMBERSHIP}#Learner", "Learner"})
_ADMINISTRATORS = frozenset(
    {
        f"{_MEMBERSHIP}#Administrator",
        "Administrator",
        f"{_PERSON}#Administrator",
        f"{_SYSTEM}#Administrator",
        f"{_SYSTEM}#SysAdmin",
        f"{_SYSTEM}#AccountAdmin",
    }
)


class Role(StrEnum):
    """The one role that decides which pages a person sees. ``OTHER`` sees none."""

    TEACHER = "teacher"
    ASSISTANT = "assistant"
    LEARNER = "learner"
    PREVIEW = "preview"
    """Canvas Student View and other test users: they see a learner's page and never receive anything."""
    ADMINISTRATOR = "administrator"
    OTHER = "other"


def role_of(uris: Iterable[str]) -> Role:
    """Return the role in the course; the first of these that is there counts.

    A test user is never anything else. An assistant is told apart from a teacher although Canvas names both
    ``membership#Instructor``. Staff is never a learner, whatever else they are.
    """
    given = frozenset(uris)
    for role, names in _IN_ORDER:
        if given & names:
            return role
    return Role.OTHER


_IN_ORDER = (
    (Role.PREVIEW, _TEST_USERS),
    (Role.ASSISTANT, _ASSISTANTS),
    (Role.TEACHER, _TEACHERS),
    (Role.ADMINISTRATOR, _ADMINISTRATORS),
    (Role.LEARNER, _LEARNERS),
)

_STANDINGS = {
    Role.TEACHER: Standing.STAFF,
    Role.ASSISTANT: Standing.STAFF,
    Role.ADMINISTRATOR: Standing.STAFF,
    Role.OTHER: Standing.STAFF,
    Role.PREVIEW: Standing.PREVIEW,
    Role.LEARNER: Standing.LEARNER,
}


def standing_of(role: Role) -> Standing:
    """Return the standing that ``role`` gives; whoever is not surely a learner is staff, which gets nothing."""
    return _STANDINGS[role]
