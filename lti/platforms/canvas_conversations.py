"""Conversations of Canvas: telling one person something in its inbox, in the name of the token's user.

``POST /api/v1/conversations`` takes Canvas' own user ids, which launches do not tell; the roster that tells both is
read once for a course, and again where somebody is not on it. ``force_new`` keeps each message apart from what the
account wrote before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from lti.errors import Fault, PlatformError
from lti.platforms.messaging import Message
from lti.service import Service
from mappings.assessment import CourseId, LearnerId

Users = Callable[[CourseId], tuple[str, dict[LearnerId, str]]]
"""Returns Canvas' own id of a course, and of each of its active members."""
_LONGEST_SUBJECT = 255


class Conversations:
    """The inbox of one Canvas. Safe to share between threads."""

    def __init__(self, service: Service, url: str, users: Users) -> None:
        self._service = service
        self._address = f"{url}/api/v1/conversations"
        self._users = users
        self._known: dict[CourseId, tuple[str, dict[LearnerId, str]]] = {}
        self._reading = threading.Lock()

    def begin(self, course: CourseId, learner: LearnerId, message: Message) -> None:
        """Send ``message`` to ``learner``. Raises :class:`lti.errors.PlatformError`."""
        context, user = self._find(course, learner)
        self._service.post(
            self._address,
            (
                ("recipients[]", user),
                ("subject", message.subject[:_LONGEST_SUBJECT]),
                ("body", message.plain),
                ("force_new", "true"),
                ("context_code", f"course_{context}"),
            ),
        )

    def _find(self, course: CourseId, learner: LearnerId) -> tuple[str, str]:
        with self._reading:
            if course not in self._known or learner not in self._known[course][1]:
                self._known[course] = self._users(course)
            context, users = self._known[course]
        if learner not in users:
            raise PlatformError(Fault.NOT_ENROLLED, "names_and_roles")
        return context, users[learner]
