"""The canary course: a platform inside the bridge, on which the prober tries the whole line with nobody's achievement.

Its learner has an unmistakable name, and its credential says in its title that it is none. It counts in no statistic,
and is revoked before the probe ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from lti.preflight import Finding
from mappings.assessment import (
    Activity,
    ActivityId,
    AssessmentRecord,
    Completion,
    Course,
    CourseId,
    GradeState,
    Learner,
    LearnerId,
    PlatformId,
    Result,
    Score,
    Standing,
)
from plugin.storage.totals import CANARY

PLATFORM, COURSE = PlatformId(CANARY), CourseId(CANARY)
_ACTIVITY = ActivityId("1")
_SETTLED = timedelta(days=30)
"""How long ago the canary earned it: longer than any grade must have stood."""
PROFILE = """
id: canary
version: 1
title: {en: CANARY - NOT A CREDENTIAL}
description: {en: A probe of the service. It certifies nothing and is revoked at once.}
outcomes:
  - id: CANARY-1
    title: {en: Nothing was learned}
    proven_by: {assessments: ["1"]}
    kind: skill
    reusability: cross-sector
assessments:
  - {activity: "1", title: {en: Probe}, type: quiz, mode: Online, pass_mark: 50}
workload: {ects: 1, hours: 25}
level: {eqf: 6, cycle: first}
participation: Online
activity_type: e-learning coursework
learning_setting: formal learning
subjects: ["0542"]
quality_assurance: {en: None. This is a probe.}
prerequisites: {en: None.}
stackability: stand_alone
languages: [en]
rule: {completed_by: platform, required: ["1"]}
scale: {shown_as: points}
stated_by: microcred probe
stated_at: 2026-01-01
"""


@dataclass(frozen=True, slots=True)
class Canary:
    """A :class:`lti.platforms.Platform` on which whoever is named has passed."""

    clock: Callable[[], datetime]

    @property
    def id(self) -> PlatformId:
        """Its one id."""
        return PLATFORM

    def course(self, course: CourseId) -> Course:
        """Return the canary course."""
        return Course(PLATFORM, course, "CANARY - NOT A COURSE")

    def people(self, course: CourseId) -> tuple[Learner, ...]:  # noqa: ARG002 - the platform's contract
        """Return nobody: a canary is there only for as long as it is probed."""
        return ()

    def read(
        self,
        course: CourseId,
        learners: Collection[LearnerId] | None = None,
        since: datetime | None = None,  # noqa: ARG002
    ) -> Iterator[AssessmentRecord]:
        """Yield a passed record for everybody who is named, nobody else."""
        now = self.clock()
        passed = Score(Decimal(100), Decimal(100), GradeState.POSTED, now - _SETTLED)
        for learner in learners or ():
            yield AssessmentRecord(
                course=self.course(course),
                learner=Learner(learner, Standing.LEARNER, "Canary", "Nobody", "Canary Nobody"),
                completion=Completion(True, now - _SETTLED),
                course_score=passed,
                results=(Result(_ACTIVITY, passed, True, now - _SETTLED),),
                competencies=(),
                activities=(Activity(_ACTIVITY, "Probe", "quiz", Decimal(100)),),
                read_at=now,
            )

    def preflight(self, course: CourseId | None) -> tuple[Finding, ...]:  # noqa: ARG002 - the platform's contract
        """Have nothing to try."""
        return ()
