"""A platform together with what else is known of its sittings: session records, and settings as they were.

Whoever reads a platform through :class:`Assured` gets records that are whole, so that every use-case judges the same:

- the LTI roster is a second opinion on who is a learner, and the tool's own columns join where the platform shows none;
- session records of proctoring join the evidence of their learner and assessment;
- settings of an assessment are those that were read first after this learner had sat it: what is changed later is
  not applied to who has finished (Annex I, O2: a quiz may require a locked browser today, and not in June);
- whoever was erased stays unknown, also while the platform still lists them;
- somebody of whom a session record came since the last reading is read again, also where the platform shows no change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from lti.platforms import Platform
from lti.platforms.brevity import in_brief
from lti.preflight import Finding
from lti.second_opinion import SecondOpinion
from mappings.assessment import (
    ActivityId,
    AssessmentRecord,
    Course,
    CourseId,
    EvidenceSource,
    GradeState,
    Learner,
    LearnerId,
    PlatformId,
    Result,
    Standing,
    SupervisionEvidence,
)
from plugin.storage.erasing import Erased
from plugin.storage.platforms import Connected
from plugin.storage.sessions import Told
from plugin.storage.unit_of_work import Storage

Connect = Callable[[Connected], Platform]
Ask = Callable[[Connected, CourseId], SecondOpinion]
"""Asks the LTI services of a course."""


def no_opinion(connected: Connected, course: CourseId) -> SecondOpinion:  # noqa: ARG001 - an Ask
    """Ask nobody."""
    return SecondOpinion()


def assured(connect: Connect, storage: Storage, ask: Ask = no_opinion) -> Connect:
    """Return what opens connections whose records are whole."""
    return lambda connected: Assured(connect(connected), storage, partial(ask, connected))


@dataclass(frozen=True, slots=True)
class Assured:
    """A :class:`lti.platforms.Platform` around another one."""

    platform: Platform
    storage: Storage
    ask: Callable[[CourseId], SecondOpinion]

    @property
    def id(self) -> PlatformId:
        """The registration that the connection belongs to."""
        return self.platform.id

    def in_brief(self) -> Assured:
        """Read the platform in brief, where it can be."""
        return replace(self, platform=in_brief(self.platform))

    def course(self, course: CourseId) -> Course:
        """Return what the platform says about the course."""
        return self.platform.course(course)

    def people(self, course: CourseId) -> tuple[Learner, ...]:
        """Return everybody in the course with the standing that both lists allow."""
        roster, people = self.ask(course).roster, self.platform.people(course)
        erased = self._erased()
        known = tuple(each for each in people if each.id not in erased)
        return known if roster is None else tuple(map(roster.checked, known))

    def preflight(self, course: CourseId | None) -> tuple[Finding, ...]:
        """Try on one course whether all can be read that a credential needs."""
        return self.platform.preflight(course)

    def read(
        self, course: CourseId, learners: Collection[LearnerId] | None = None, since: datetime | None = None
    ) -> Iterator[AssessmentRecord]:
        """Yield whole records, one per learner."""
        opinion, erased, seen = self.ask(course), self._erased(), set[LearnerId]()
        for record in self.platform.read(course, learners, since):
            seen.add(record.learner.id)
            if record.learner.id not in erased:
                yield self._whole(opinion.applied(record))
        if since is not None and (told := self._told_of(course, since) - seen):
            wanted = sorted(told if learners is None else told & set(learners))
            for record in self.platform.read(course, wanted) if wanted else ():
                yield self._whole(opinion.applied(record))

    def _erased(self) -> Erased:
        with self.storage.reading() as work:
            return work.erasures.of(self.platform.id)

    def _whole(self, record: AssessmentRecord) -> AssessmentRecord:
        place = (self.platform.id, record.course.id)
        with self.storage.reading() as work:
            told = work.sessions.of_learners(*place, (record.learner.id,)).get(record.learner.id, ())
            before = (
                work.assessments.get(*place, record.learner.id) if record.supervision or not record.results else None
            )
        return whole(record, told, before)

    def _told_of(self, course: CourseId, since: datetime) -> set[LearnerId]:
        """Return the learners, known to the last reading, of whom a session record came after ``since``."""
        with self.storage.reading() as work:
            sessions = work.sessions.of_course(self.platform.id, course)
            told = {learner for learner, each in sessions.items() if any(one.received_at > since for one in each)}
            return {one for one in told if work.assessments.get(self.platform.id, course, one) is not None}


def renewed(record: AssessmentRecord, told: Sequence[Told]) -> AssessmentRecord:
    """Return a record that was whole once with the session records of now."""
    settings = (each for each in record.supervision if each.source is not EvidenceSource.SESSION_RECORD)
    return replace(record, supervision=(*settings, *(each.evidence for each in told)))


def whole(record: AssessmentRecord, told: Sequence[Told], before: AssessmentRecord | None) -> AssessmentRecord:
    """Return ``record`` with its session records, and with the settings of ``before`` where they have to stand."""
    kept = _settings(before) if before is not None else {}
    standing = {activity for activity in kept if _stands(activity, before, record)} if before is not None else set()
    now = [each for each in record.supervision if each.activity not in standing]
    settings = [*now, *(each for activity in standing for each in kept[activity])]
    settings.sort(key=lambda each: (each.activity, each.stated_by, each.method))  # so that equal records are equal
    return replace(record, supervision=(*settings, *(each.evidence for each in told)))


def _settings(record: AssessmentRecord) -> dict[ActivityId, list[SupervisionEvidence]]:
    """Return the settings by activity; of an assessment that was sat without any, none."""
    found: dict[ActivityId, list[SupervisionEvidence]] = {
        result.activity: [] for result in record.results if _was_sat(result)
    }
    for each in record.supervision:
        if each.source is EvidenceSource.PLATFORM_SETTING:
            found.setdefault(each.activity, []).append(each)
    return found


def _stands(activity: ActivityId, before: AssessmentRecord, now: AssessmentRecord) -> bool:
    """Whether the settings that were read before count: the assessment was sat, and not sat again since."""
    sat, again = before.result_of(activity), now.result_of(activity)
    if sat is None:  # who was out of the course has kept only what counted, and counts again
        return before.learner.standing is not Standing.LEARNER
    if not _was_sat(sat):
        return False
    return again is None or again.submitted_at == sat.submitted_at


def _was_sat(result: Result) -> bool:
    """Whether the learner has finished: handed in, completed or graded."""
    graded = result.score.state is not GradeState.UNGRADED
    return graded or result.submitted_at is not None or result.completed_at is not None
