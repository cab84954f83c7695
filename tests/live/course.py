"""A copy of a course in the real Moodle, with people of its own, made and worked in by Moodle's web services.

MOODLE_SETUP_TOKEN is a token of somebody who may make courses and accounts; tests/live/README.md names the functions.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from lti.platforms.moodle_service import flat

EDITING_TEACHER, STUDENT = 3, 5
"""The ids of Moodle's own roles on a site that was never changed."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; ``account`` is ``name:password``."""

    id: int
    account: str


@dataclass(frozen=True, slots=True)
class Setup:
    """Moodle's web services with the token that may make courses and accounts."""

    moodle: str

    def ask(self, function: str, **arguments: object) -> Any:
        """Call a function."""
        form = {"wstoken": os.environ["MOODLE_SETUP_TOKEN"], "wsfunction": function, "moodlewsrestformat": "json"}
        address = f"{self.moodle}/webservice/rest/server.php"
        answer = requests.post(address, {**form, **dict(flat(arguments))}, timeout=120).json()
        if isinstance(answer, dict) and "exception" in answer:
            raise RuntimeError(f"{function}: {answer}")
        return answer


@dataclass(frozen=True, slots=True)
class LiveCourse:
    """A course with the teacher of MOODLE_TEACHER in it. ``graded``: id and kind of each graded activity."""

    setup: Setup
    id: str
    graded: tuple[tuple[int, str], ...]

    def enrol(self, person: int, role: int) -> None:
        """Put somebody into the course."""
        self.setup.ask("enrol_manual_enrol_users", enrolments=[{"roleid": role, "userid": person, "courseid": self.id}])

    def new_learner(self, given_name: str, family_name: str) -> Person:
        """Make an account and put it into the course as a learner."""
        name, password = f"live{uuid.uuid4().hex[:10]}", f"P-{uuid.uuid4().hex}a1"
        person = {"username": name, "password": password, "firstname": given_name, "lastname": family_name}
        (made,) = self.setup.ask("core_user_create_users", users=[{**person, "email": f"{name}@example.org"}])
        self.enrol(made["id"], STUDENT)
        return Person(made["id"], f"{name}:{password}")

    def complete(self, learner: Person, points: int = 80) -> None:
        """Grade everything that is graded, and run Moodle's cron until the learner has completed the course."""
        for activity, kind in self.graded:
            self.setup.ask(
                "core_grades_update_grades",
                source="tests",
                courseid=self.id,
                component=f"mod_{kind}",
                activityid=activity,
                itemnumber=0,
                grades=[{"studentid": learner.id, "grade": points}],
            )
        until(lambda: self._completed(learner))

    def _completed(self, learner: Person) -> bool:
        requests.get(
            f"{self.setup.moodle}/admin/cron.php", {"password": os.environ["MOODLE_CRON_PASSWORD"]}, timeout=120
        )
        answer = self.setup.ask("core_completion_get_course_completion_status", courseid=self.id, userid=learner.id)
        return bool(answer["completionstatus"]["completed"])


def copy_course(moodle: str, template: str) -> LiveCourse:
    """Copy a course without its people and give it a teacher. It ends soon: then it is read at the full pace."""
    setup, name = Setup(moodle), f"LIVE-{uuid.uuid4().hex[:8]}"
    without_people = [{"name": "users", "value": 0}]
    copied = setup.ask(
        "core_course_duplicate_course",
        courseid=template,
        fullname=name,
        shortname=name,
        categoryid=1,
        options=without_people,
    )
    ends = datetime.now(UTC) + timedelta(days=2)
    setup.ask("core_course_update_courses", courses=[{"id": copied["id"], "enddate": int(ends.timestamp())}])
    modules = [
        each for part in setup.ask("core_course_get_contents", courseid=copied["id"]) for each in part["modules"]
    ]
    graded = tuple((each["id"], each["modname"]) for each in modules if each["modname"] in {"quiz", "assign"})
    course = LiveCourse(setup, str(copied["id"]), graded)
    teacher = os.environ["MOODLE_TEACHER"].partition(":")[0]
    (known,) = setup.ask("core_user_get_users_by_field", field="username", values=[teacher])
    course.enrol(known["id"], EDITING_TEACHER)
    return course


def until(holds: Callable[[], bool], *, patience: float = 420.0, pause: float = 5.0) -> None:
    """Wait until ``holds``; fail after ``patience`` seconds."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(pause)
