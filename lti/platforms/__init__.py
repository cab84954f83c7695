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

LEARNING = frozenset({Standing.LEARNER, Standing.SUSPENDED})
"""Standings of those whose work is read."""


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
        """Yield one record per learner; of staff or of a preview only where they are named.

        ``learners`` names those to read, None reads all. One who is named but is no longer a learner of the course
        comes as a record with the standing of now («withdrawn», «staff» ...) and nothing else, so that nobody is
        taken for unchanged who has left or changed sides.
        ``since`` (UTC) leaves out those who, by the lists that are read at once, did nothing and were graded
        nothing after it: their last record still holds, but for what such lists do not show. Read without it
        from time to time, and always right before issuing.
        """
        ...

    def preflight(self, course: CourseId | None) -> tuple[Finding, ...]:
        """Try on one course whether all can be read that a credential needs; say the fix where it cannot.

        Without a course only what is the same for all of them is tried.
        """
        ...


def no_longer_learning(
    named: Collection[LearnerId], people: Collection[Learner], course: Course, read_at: datetime
) -> Iterator[AssessmentRecord]:
    """Yield the records of those who were asked for and are no longer learners: their standing, nothing else."""
    standings = {person.id: person.standing for person in people}
    for learner in sorted(named):
        standing = standings.get(learner, Standing.WITHDRAWN)
        if standing not in LEARNING:
            yield AssessmentRecord(
                course=course,
                learner=Learner(learner, standing),
                completion=Completion(None),
                course_score=None,
                results=(),
                competencies=(),
                activities=(),
                read_at=read_at,
            )
