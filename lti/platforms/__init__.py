"""What every learning platform can be asked, whatever it is: the contract of stage 2, «read».

A platform says what it shows and concludes nothing. Each quirk of Moodle or Canvas lives in its own module here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from lti.preflight import Finding
from mappings.assessment import (
    AssessmentRecord,
    Completion,
    Course,
    CourseId,
    Learner,
    LearnerId,
    PlatformId,
    Standing,
)


class Platform(Protocol):
    """A connected learning platform. Every method raises :class:`lti.errors.PlatformError`, nothing else."""

    @property
    def id(self) -> PlatformId:
        """The registration that this connection belongs to."""
        ...

    def course(self, course: CourseId) -> Course:
        """Return what the platform says about the course."""
        ...

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Return everybody in the course with their standing, staff and previews included."""
        ...

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield one record per learner, never of staff or of a preview.

        ``learners`` names those to read, None reads all. One who is named but no longer in the course comes as a
        record with standing «withdrawn» and nothing else, so that nobody is taken for unchanged who has left.
        ``since`` (UTC) leaves out those who, by the lists that are read at once, did nothing and were graded
        nothing after it: their last record still holds, but for what such lists do not show. Read without it
        from time to time, and always right before issuing.
        """
        ...

    def preflight(self, course: CourseId) -> tuple[Finding, ...]:
        """Try on one course whether all can be read that a credential needs; say the fix where it cannot."""
        ...


def withdrawn(course: Course, learner: LearnerId, read_at: datetime) -> AssessmentRecord:
    """Return the record of somebody who was asked for and is no longer in the course."""
    return AssessmentRecord(
        course=course,
        learner=Learner(learner, Standing.WITHDRAWN),
        completion=Completion(None),
        course_score=None,
        results=(),
        competencies=(),
        activities=(),
        read_at=read_at,
    )
