"""Who is visiting: the launches that a browser's session holds, and what each of them opens.

A launch id names a launch and opens nothing by itself; the session must hold it too. Every page of a launch says so
in its address, so that two courses in two tabs are never mistaken for each other. Whoever has no launch of the
right kind gets the same answer as one who has none at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, g, session

from lti.claims import COURSE_HISTORY, Launch, LaunchId
from lti.errors import LaunchRefused
from lti.refusals import Refusal
from lti.roles import Role
from mappings.assessment import CourseId, LearnerId, PlatformId
from plugin.storage.sharing import Holder
from plugin.web import security
from plugin.web.launching import SESSION, require_fresh
from plugin.web.tools import tools

KEPT = "kept"
"""Stands for a launch in the address of somebody who came by a recovery link."""
_LAUNCHES, _HOLDER = "launches", "holder"
_MOST = 10
_TEACHERS = frozenset({Role.TEACHER, Role.ADMINISTRATOR})
_LEARNERS = frozenset({Role.LEARNER, Role.PREVIEW})


def remember(launch: LaunchId) -> None:
    """Let this browser use ``launch``, which was accepted just now. The oldest are dropped."""
    session.update(with_launch(session, launch))


def with_launch(held: Mapping[str, Any], launch: LaunchId) -> dict[str, Any]:
    """Return what a session holds, and ``launch`` besides."""
    return {**held, _LAUNCHES: [*held.get(_LAUNCHES, []), launch][-_MOST:]}


def remember_holder(holder: Holder) -> None:
    """Let this browser see what ``holder`` holds: a recovery link was opened."""
    session[_HOLDER] = [holder.platform, holder.learner, tools().clock().timestamp()]


def is_known() -> bool:
    """Whether this browser came from a platform or by a recovery link."""
    return _LAUNCHES in session or _HOLDER in session


def held() -> tuple[Launch, ...]:
    """Return the launches that this browser has open, and let their platforms frame the answer."""
    ids = [LaunchId(each) for each in session.get(_LAUNCHES, [])]
    found = [launch for each in ids if (launch := tools().launches.find(each))]
    opened = tuple(each for each in found if tools().clock() - each.launched_at <= SESSION)
    security.allow_framing({origin for each in opened for origin in _framed_by(each)})
    return opened


def held_holder() -> Holder | None:
    """Return whose recovery link was opened in this browser, for as many hours as a launch is open."""
    platform, learner, *opened = session.get(_HOLDER, ("", ""))
    if not opened or tools().clock().timestamp() - opened[0] > SESSION.total_seconds():
        return None
    return Holder(PlatformId(platform), LearnerId(learner))


def forget() -> None:
    """Let this browser hold nothing any more."""
    session.pop(_LAUNCHES, None)
    session.pop(_HOLDER, None)


def teacher(launch_id: str) -> Launch:
    """Return the launch of a teacher into a course, or refuse."""
    launch = _launch(launch_id)
    if launch.person.role not in _TEACHERS or not launch.place.course:
        abort(403)
    return launch


def holder(key: str) -> Holder:
    """Return the learner of a launch, or of an opened recovery link, or refuse."""
    if key == KEPT:
        return held_holder() or abort(403)
    launch = _launch(key)
    if launch.person.role not in _LEARNERS:
        abort(403)
    return Holder(launch.platform, launch.person.id)


def _launch(launch_id: str) -> Launch:
    """Return a launch that this browser holds; :class:`LaunchRefused` says to the person how to come in again."""
    held = launch_id in session.get(_LAUNCHES, [])
    launch = tools().launches.find(LaunchId(launch_id)) if held else None
    if launch is None:
        raise LaunchRefused(Refusal.SESSION_MISSING)
    security.allow_framing(_framed_by(launch))
    require_fresh(launch, tools().clock())
    g.launch_locale = launch.person.locale
    return launch


def _framed_by(launch: Launch) -> set[str]:
    registration = tools().registrations.find(launch.issuer, launch.client_id)
    return {*(registration.origins if registration else ()), *launch.origins}


def copied_from(launch: Launch) -> CourseId:
    """Return the course that this one was copied from, as the platform says; empty where it does not.

    The newest of ``Context.id.history`` (LTI 1.3 custom variable, section 3.7 of the substitution list).
    """
    newest = launch.custom_value(COURSE_HISTORY).partition(",")[0].strip()
    return CourseId(newest) if newest != launch.place.course else CourseId("")


def name(launch: Launch) -> str:
    """Return who acts, as the platform names them, for what is kept in their name."""
    return launch.person.full_name or launch.person.id
