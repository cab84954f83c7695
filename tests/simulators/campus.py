"""A whole recorded Moodle for people: its LTI side and its web services on one address, and a page of who may enter.

The claims of each person begin as the recorded launch of their role; names and ids are those of the recorded course.
The administrator's window («Manage tools») and the course are one plain page.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mappings.assessment import CourseId
from tests.simulators.lti_platform import DEEP_LINKING, LtiPlatform, Tool
from tests.simulators.moodle import MoodleSimulator
from tests.simulators.server import Asked, Reply

TEACHER = "editingteacher"
EDITOR = "deep_linking"
"""Who picks a link for the course: the teacher's click on «Select content»."""


@dataclass
class Campus(LtiPlatform):
    """The platform. It gives every tool the client id ``client_id``, so that a second run finds its first one again."""

    client_id: str = "demo"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._moodle = MoodleSimulator()
        enrolled = self._moodle.call("core_enrol_get_enrolled_users", {"courseid": self.course})
        self.people |= {str(user["id"]): self._claims(user) for user in enrolled}
        self.people[EDITOR] = self.people[EDITOR] | {DEEP_LINKING + "deep_linking_settings": self._settings()}

    @property
    def course(self) -> CourseId:
        """The recorded course."""
        return CourseId("3")

    def new_client_id(self) -> str:
        """Return the client id of the next tool."""
        return self.client_id

    def answer(self, asked: Asked) -> Reply:
        """Answer people, web services, and LTI."""
        if asked.path == "/":
            return _html(self._front())
        if asked.path == "/activate":
            self.tools[self.client_id].active = True
            return _html(self._front())
        if asked.path.startswith("/enter/"):
            return self._enter(asked.path.removeprefix("/enter/"))
        if asked.path.startswith("/webservice/"):
            return self._moodle.answer(asked)
        return super().answer(asked)

    def teacher(self) -> str:
        """Return the id of the course's teacher."""
        return next(user["id"] for user in self._users() if TEACHER in user["roles"])

    def learners(self) -> dict[str, str]:
        """Return the names of the course's learners by their ids."""
        return {user["id"]: user["name"] for user in self._users() if "student" in user["roles"]}

    def entry(self, person: str) -> str:
        """Return the address that launches the bridge as ``person``."""
        return f"{self.url}/enter/{person}"

    def _users(self) -> Iterator[dict[str, Any]]:
        for user in self._moodle.call("core_enrol_get_enrolled_users", {"courseid": self.course}):
            roles = {role["shortname"] for role in user["roles"]}
            yield {"id": str(user["id"]), "name": user["fullname"], "roles": roles}

    def _claims(self, user: dict[str, Any]) -> dict[str, Any]:
        staff = any("teacher" in role["shortname"] for role in user["roles"])
        names = {"name": user["fullname"], "given_name": user["firstname"], "family_name": user["lastname"]}
        return self.people["teacher" if staff else "learner"] | names | {"sub": str(user["id"])}

    def _settings(self) -> dict[str, Any]:
        recorded: dict[str, Any] = self.people[EDITOR][DEEP_LINKING + "deep_linking_settings"]
        return recorded | {"deep_link_return_url": f"{self.url}/deep-linking-return"}

    def _enter(self, person: str) -> Reply:
        """Send the browser to the tool with a login, as a click on the activity does."""
        tool = self.tools.get(self.client_id)
        if tool is None or not tool.active or person not in self.people:
            return Reply(b"The tool is not active.", 404, {"Content-Type": "text/html; charset=utf-8"})
        login = self.click(person, tool.client_id, self._target(tool))
        fields = "".join(f'<input type="hidden" name="{name}" value="{html.escape(login[name])}">' for name in login)
        address = html.escape(tool.login_url)
        form = f'<form method="post" action="{address}">{fields}<button>Go on</button></form>'
        return _html(f"{form}<script>document.forms[0].submit()</script>")

    def _target(self, tool: Tool) -> str:
        return str(self.placed[-1]["url"]) if self.placed else tool.launch_url

    def _front(self) -> str:
        tool = self.tools.get(self.client_id)
        if tool is None:
            return "<h1>Recorded Moodle</h1><p>No tool was registered yet.</p>"
        if not tool.active:
            return '<h1>Manage tools</h1><form method="post" action="/activate"><button>Activate</button></form>'
        people = {self.teacher(): "the teacher", **self.learners()}
        entries = "".join(f'<li><a href="/enter/{who}">{html.escape(name)}</a></li>' for who, name in people.items())
        return f"<h1>Micro-credential: Applied Data Analysis</h1><p>Enter the bridge as</p><ul>{entries}</ul>"


def _html(body: str) -> Reply:
    page = f'<!DOCTYPE html><meta charset="utf-8"><title>Recorded Moodle</title>{body}'
    return Reply(page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
