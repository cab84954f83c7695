"""What launches and rosters told about a course and its people: addresses of LTI services, ids of the same person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from mappings.assessment import CourseId, LearnerId, PlatformId
from plugin.storage.reading_tables import course_services, known_people
from plugin.storage.writing import conflict_insert, insert_if_absent


@dataclass(frozen=True, slots=True)
class CourseServices:
    """Addresses of a course's roster (NRPS) and of the tool's own columns (AGS); empty where none was granted.

    ``own_id`` is the platform's own id of the course where launches name it by another (Canvas), else empty.
    """

    members: str = ""
    line_items: str = ""
    own_id: str = ""


class Courses:
    """What is remembered of courses, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note_services(self, platform: PlatformId, course: CourseId, services: CourseServices, now: datetime) -> None:
        """Keep the addresses that the newest launch into the course brought."""
        said: dict[str, object] = {"members": services.members, "line_items": services.line_items, "seen_at": now}
        said["own_id"] = services.own_id
        row = {"platform_id": platform, "course_id": course, **said}
        if not insert_if_absent(self._connection, course_services, row):
            self._connection.execute(update(course_services).where(*_is(platform, course)).values(**said))

    def services(self, platform: PlatformId, course: CourseId) -> CourseServices:
        """Return the addresses of a course."""
        query = select(course_services).where(*_is(platform, course))
        row = self._connection.execute(query).one_or_none()
        return CourseServices() if row is None else CourseServices(row.members, row.line_items, row.own_id)

    def by_own_id(self, platform: PlatformId, own_id: str) -> CourseId:
        """Return the id that launches use for the course that the platform itself calls ``own_id``."""
        columns = course_services.c
        query = select(columns.course_id).where(columns.platform_id == platform, columns.own_id == own_id)
        return CourseId(self._connection.execute(query.limit(1)).scalar() or own_id)

    def newest(self, platform: PlatformId) -> CourseId | None:
        """Return the course that was launched from last."""
        query = select(course_services.c.course_id).where(course_services.c.platform_id == platform)
        found = self._connection.execute(query.order_by(course_services.c.seen_at.desc()).limit(1)).scalar()
        return None if found is None else CourseId(found)

    def note_people(self, platform: PlatformId, people: Mapping[str, LearnerId]) -> None:
        """Keep which LTI id belongs to which id of the platform's own."""
        rows = [{"platform_id": platform, "user_id": user, "learner_id": people[user]} for user in people]
        if rows:
            statement = conflict_insert(self._connection, known_people)
            taken = {"learner_id": statement.excluded.learner_id}
            keys = [known_people.c.platform_id, known_people.c.user_id]
            self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=taken), rows)

    def people(self, platform: PlatformId) -> dict[str, LearnerId]:
        """Return the LTI ids that were ever seen, by the platform's own ids."""
        columns = known_people.c
        rows = self._connection.execute(
            select(columns.user_id, columns.learner_id).where(columns.platform_id == platform)
        )
        return {row.user_id: LearnerId(row.learner_id) for row in rows}


def _is(platform: PlatformId, course: CourseId) -> tuple[ColumnElement[bool], ...]:
    return course_services.c.platform_id == platform, course_services.c.course_id == course
