"""What is remembered of a launch into a course: where its LTI services are, and by which id the platform knows it.

A site-wide tool could ask for the roster of any course by changing an address, so only addresses that a launch brought
are ever asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from lti.claims import Launch
from plugin.recent import Recent
from plugin.storage.courses import CourseServices
from plugin.storage.unit_of_work import Storage

_AGAIN_AFTER = 600.0
"""Seconds in which this process does not look again whether it is known."""


@dataclass(frozen=True, slots=True)
class NotingTools:
    """``clock`` returns aware UTC."""

    storage: Storage
    clock: Callable[[], datetime]
    recent: Recent = field(default_factory=lambda: Recent(_AGAIN_AFTER))


def note(tools: NotingTools, launch: Launch) -> None:
    """Keep what a launch into a course told of it, where that is new."""
    own_id = launch.custom_value("canvas_course_id")
    said = CourseServices(launch.services.members, launch.services.line_items, own_id)
    place = (launch.platform, launch.place.course)
    if not launch.place.course or not tools.recent.first((place, said)):
        return
    with tools.storage.reading() as work:
        if work.courses.services(*place) == said:
            return
    with tools.storage.begin() as work:
        work.courses.note_services(*place, said, tools.clock())
