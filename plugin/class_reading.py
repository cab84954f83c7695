"""Reading a whole class for a teacher who waits: as a job that tells how far it is and can be stopped.

A class of a thousand takes a platform minutes, which no request may. The page asks for the reading and shows its
progress; the worker does it, each learner kept in a transaction of their own as in :mod:`plugin.sync`, and what one
job does not get done the next one does. Where the platform fails the reading ends with the fault's code and the person
is asked whether to try again: somebody who looks at a page is not helped by an attempt in a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from lti.errors import PlatformError
from lti.platforms import LEARNING, Platform
from mappings.assessment import AssessmentRecord, CourseId, LearnerId, PlatformId, Standing
from plugin.errors import OutOfTime
from plugin.storage.class_readings import CANCELLED, ClassReading, Stage
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.turn import get_on, is_over

log = structlog.get_logger(__name__)
FRESH = timedelta(minutes=15)
"""A reading of the class may be so old for a forecast; issuing reads again in any case."""
_NOTED_EVERY = 10
"""Learners after which progress is written down, and a stop is noticed."""


@dataclass(frozen=True, slots=True)
class ClassReadingTools:
    """What reading a class works with. ``ring`` sends the job; ``clock`` returns aware UTC."""

    storage: Storage
    connect: Callable[[Connected], Platform]
    ring: Callable[[], object]
    clock: Callable[[], datetime]


def wanted(tools: ClassReadingTools, platform: PlatformId, course: CourseId) -> ClassReading:
    """Return the reading that a forecast can rest on or waits for; asked for here where there is none.

    One that failed or was stopped is returned as it is until it is old: a person decides whether to try again.
    Raises :class:`plugin.errors.UnknownRow` where the platform is not connected.
    """
    with tools.storage.reading() as work:
        work.platforms.get(platform)
        found = work.class_readings.get(platform, course)
    if found is None or (found.finished_at and found.finished_at <= tools.clock() - FRESH):
        return begin(tools, platform, course)
    return found


def begin(tools: ClassReadingTools, platform: PlatformId, course: CourseId) -> ClassReading:
    """Have the class read now, unless that is under way."""
    now = tools.clock()
    with tools.storage.begin() as work:
        found = work.class_readings.get(platform, course)
        if found is None or found.finished_at:
            work.outbox.request(Topic.READ, work.class_readings.request(platform, course, now), now)
        asked = work.class_readings.get(platform, course)
    tools.ring()
    assert asked is not None  # it was asked for in the same transaction
    return asked


def stop(tools: ClassReadingTools, platform: PlatformId, course: CourseId) -> None:
    """Let nobody wait for the reading any more; who was read is kept."""
    with tools.storage.begin() as work:
        found = work.class_readings.get(platform, course)
        if found is not None:
            work.class_readings.finish(found, tools.clock(), CANCELLED)


def everybody(work: UnitOfWork, platform: PlatformId, course: CourseId) -> tuple[AssessmentRecord, ...]:
    """Return who is in the course as read last; who has left is no part of the class."""
    records = work.assessments.of_course(platform, course)
    return tuple(record for record in records if record.learner.standing is not Standing.WITHDRAWN)


def read(tools: ClassReadingTools, reading_id: str) -> None:
    """Read the class: the job."""
    with tools.storage.reading() as work:
        reading = work.class_readings.by_id(reading_id)
        connected = work.platforms.get(reading.platform) if reading else None
    if reading is None or connected is None or reading.stage not in {Stage.WAITING, Stage.READING}:
        return
    try:
        error = _read(tools, reading, tools.connect(connected))
    except PlatformError as fault:
        log.warning("class_reading_failed", code=fault.code, place=fault.place)
        error = fault.code
    with tools.storage.begin() as work:
        work.class_readings.finish(reading, tools.clock(), error)


def _read(tools: ClassReadingTools, reading: ClassReading, platform: Platform) -> str:
    """Read and keep everybody; returns :data:`CANCELLED` where that was stopped. Raises :class:`OutOfTime`."""
    learning = frozenset(each.id for each in platform.people(reading.course) if each.standing in LEARNING)
    already = _begin(tools, reading, len(learning))
    records = _records(tools, reading, platform, learning=learning, already=already)
    for done, record in enumerate(records, start=len(already) + 1):
        with tools.storage.begin() as work:
            work.assessments.record(record)
            if done % _NOTED_EVERY == 0 and not work.class_readings.note(reading, done):
                return CANCELLED
        get_on()
        if is_over():
            raise OutOfTime(tools.clock())
    return ""


def _begin(tools: ClassReadingTools, reading: ClassReading, total: int) -> frozenset[LearnerId]:
    """Note that the reading begins; where a job before this one began it, return who was read since."""
    with tools.storage.begin() as work:
        if reading.begun_at is not None:
            return work.assessments.read_since(reading.platform, reading.course, reading.begun_at)
        work.class_readings.begin(reading, tools.clock(), total)
    return frozenset()


def _records(
    tools: ClassReadingTools,
    reading: ClassReading,
    platform: Platform,
    *,
    learning: frozenset[LearnerId],
    already: frozenset[LearnerId],
) -> Iterator[AssessmentRecord]:
    """Yield everybody in the course who was not read, then by name whoever was in it before: they may have left."""
    seen = set(already)
    left = sorted(learning - already)
    for record in platform.read(reading.course, left if already else None) if left else ():
        seen.add(record.learner.id)
        yield record
    with tools.storage.reading() as work:
        before = {each.learner.id for each in everybody(work, reading.platform, reading.course)}
    if before - seen:
        yield from platform.read(reading.course, sorted(before - seen))
