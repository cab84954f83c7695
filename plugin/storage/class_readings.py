"""Readings of whole classes that a teacher waits for: how far each is, how it ended. One row per course."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, select, update

from mappings.assessment import CourseId, PlatformId
from plugin.storage.page_tables import class_readings
from plugin.storage.writing import insert_if_absent

_ANEW: dict[str, object] = {"begun_at": None, "total": 0, "done": 0, "finished_at": None, "error": ""}


class Stage(StrEnum):
    """How far a reading is."""

    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


CANCELLED = "cancelled"
"""Stands as the error of a reading that a person stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReading:
    """The newest reading of a course. ``error`` is the code of a fault, :data:`CANCELLED` or empty."""

    id: str
    platform: PlatformId
    course: CourseId
    requested_at: datetime
    begun_at: datetime | None
    total: int
    done: int
    finished_at: datetime | None
    error: str

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if self.finished_at is None:
            return Stage.READING if self.begun_at else Stage.WAITING
        if self.error == CANCELLED:
            return Stage.CANCELLED
        return Stage.FAILED if self.error else Stage.DONE


class ClassReadings:
    """Readings of classes within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, platform: PlatformId, course: CourseId) -> ClassReading | None:
        """Return the newest reading of a course."""
        return self._found(_of(platform, course))

    def by_id(self, reading_id: str) -> ClassReading | None:
        """Return a reading, None where there is none."""
        return self._found(class_readings.c.id == reading_id)

    def request(self, platform: PlatformId, course: CourseId, now: datetime) -> str:
        """Begin anew with the reading of a course; returns its id, which stays the same for a course."""
        key = {"id": secrets.token_hex(16), "platform_id": platform, "course_id": course}
        anew = {**_ANEW, "requested_at": now}
        if not insert_if_absent(self._connection, class_readings, {**key, **anew}):
            self._connection.execute(update(class_readings).where(_of(platform, course)).values(**anew))
        query = select(class_readings.c.id).where(_of(platform, course))
        return str(self._connection.execute(query).scalar_one())

    def begin(self, reading: ClassReading, now: datetime, total: int) -> None:
        """Note that so many learners are being read."""
        self._change(reading, begun_at=now, total=total, done=0)

    def note(self, reading: ClassReading, done: int) -> bool:
        """Note how many were read. False where nobody waits for it any more."""
        return self._change(reading, done=done)

    def finish(self, reading: ClassReading, now: datetime, error: str = "") -> None:
        """Note its end, with the code of what went wrong."""
        self._change(reading, finished_at=now, error=error)

    def _change(self, reading: ClassReading, **values: object) -> bool:
        """Change the reading that was asked for then, unless it has ended or was asked for anew."""
        same = and_(class_readings.c.id == reading.id, class_readings.c.requested_at == reading.requested_at)
        still = update(class_readings).where(same, class_readings.c.finished_at.is_(None))
        return self._connection.execute(still.values(**values)).rowcount == 1

    def _found(self, condition: ColumnElement[bool]) -> ClassReading | None:
        row = self._connection.execute(select(class_readings).where(condition)).one_or_none()
        if row is None:
            return None
        return ClassReading(
            id=row.id,
            platform=PlatformId(row.platform_id),
            course=CourseId(row.course_id),
            requested_at=row.requested_at,
            begun_at=row.begun_at,
            total=row.total,
            done=row.done,
            finished_at=row.finished_at,
            error=row.error,
        )


def _of(platform: PlatformId, course: CourseId) -> ColumnElement[bool]:
    return and_(class_readings.c.platform_id == platform, class_readings.c.course_id == course)
