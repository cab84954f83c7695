"""A platform in memory: it shows what a test lets it show, and can be down."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from lti.errors import Fault, PlatformError
from mappings.assessment import AssessmentRecord, Completion, Course, CourseId, Learner, LearnerId, Standing
from tests import factories
from tests.factories import READ
from tests.plugin.rows import MOODLE


class Clock:
    """The time, which passes only when a test lets it."""

    def __init__(self, now: datetime = READ) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span


class RecordedPlatform:
    """The six learners of the recorded course; a :class:`lti.platforms.Platform`."""

    id = MOODLE

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.records = {record.learner.id: record for record in factories.ada101().values()}
        self.fault: PlatformError | None = None
        self.reads = 0

    def course(self, course: CourseId) -> Course:
        """Return the course."""
        return factories.course(id=course)

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Return the learners."""
        return tuple(record.learner for record in self.records.values())

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield the records as of now; who left is withdrawn."""
        self.reads += 1
        if self.fault:
            raise self.fault
        for learner in self.records if learners is None else learners:
            yield replace(self.records.get(learner) or self._gone(learner), read_at=self.clock())

    def change(self, learner: str, /, **changes: object) -> None:
        """Show something else about a learner from now on."""
        id_ = LearnerId(learner)
        self.records[id_] = replace(self.records[id_], **changes)

    def down(self) -> None:
        """Be unreachable from now on."""
        self.fault = PlatformError(Fault.UNREACHABLE, "moodle.example.org")

    def _gone(self, learner: LearnerId) -> AssessmentRecord:
        nobody = Learner(learner, Standing.WITHDRAWN)
        return factories.record(
            learner=nobody, completion=Completion(None), course_score=None, results=(), competencies=(), activities=()
        )
