"""Reading a course and keeping what it says: stages 2 to 4 for everybody in it, and a bell for whoever has earned it.

The platform is read outside of any transaction; learners are kept a few at a time in one transaction, so that a crash
loses at most the reading of those, and a class of thousands does not wait for its disk thousands of times. Most
readings only ask for what changed; once a day everything is read.

A reading that takes longer than a job may is cut between learners, each of whom is read whole, and goes on with the
next job: whoever was read since it began is judged by what was kept, the others are asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from lti.errors import PlatformError
from lti.platforms import LEARNING, Platform
from lti.platforms.brevity import in_brief
from mappings.assessment import AssessmentRecord, LearnerId, Standing
from mappings.awarding import ReasonCode
from mappings.profile import CompletedBy
from plugin.correcting import InForce, notice_reading
from plugin.errors import OutOfTime
from plugin.sameness import doubts, marks_of
from plugin.storage.awards import ISSUED, OPEN, AwardRow, Move, State
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.turn import get_on, is_over
from plugin.verdict import Ready, Waiting, judge, ruled_on

log = structlog.get_logger(__name__)
ACTOR = "sync"
FULL_EVERY = timedelta(days=1)
OVERLAP = timedelta(minutes=15)
"""A reading begins so much before the last one: clocks differ, and lists are built while people work."""
AFTER_PARTS = timedelta(minutes=5)
"""After a reading that took several jobs the course is read again: whoever was read first may have changed since."""
AT_ONCE = 40
"""Learners who are kept in one transaction: few enough that nobody waits long for the database."""
_DECIDED = (OPEN | ISSUED) - {State.WITHHELD}
"""States of an award that a record could take something from."""
TIME_HEALS = frozenset({ReasonCode.NOT_SETTLED.value})
"""Reasons that pass without anybody doing anything: a quiet period ends by itself."""


@dataclass(frozen=True, slots=True)
class SyncTools:
    """What a sync works with. ``clock`` returns aware UTC."""

    storage: Storage
    connect: Callable[[Connected], Platform]
    clock: Callable[[], datetime]
    at_once: int = AT_ONCE


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many learners were read, how many said something new, how many became eligible."""

    read: int = 0
    changed: int = 0
    eligible: int = 0

    def __add__(self, other: SyncReport) -> SyncReport:
        return SyncReport(self.read + other.read, self.changed + other.changed, self.eligible + other.eligible)


@dataclass(frozen=True, slots=True)
class _Course:
    """An offer with the profiles in force, when its reading began, and since when changes count; None reads all."""

    in_force: InForce
    began: datetime
    since: datetime | None
    merged: Mapping[LearnerId, tuple[LearnerId, ...]]
    """All ids of people who have several."""

    @property
    def offer(self) -> Offer:
        """Which credential of which course."""
        return self.in_force.offer

    @property
    def goes_on(self) -> bool:
        """Whether a job before this one began the reading."""
        return self.offer.reading_since == self.began

    @property
    def by_platform(self) -> bool:
        """Whether nobody earns anything whose course the platform does not call completed."""
        return self.in_force.profile.rule.completed_by is CompletedBy.PLATFORM


def sync(tools: SyncTools, offer_id: str) -> SyncReport:
    """Read the course of an offer; who was read before an error is kept.

    Raises :class:`lti.errors.PlatformError`; :class:`OutOfTime` where the next job has to go on.
    """
    with tools.storage.reading() as work:
        offer = work.offers.get(offer_id)
        connected = work.platforms.get(offer.platform)
        course = _course(work, offer, tools.clock())
    if not offer.enabled:
        return SyncReport()
    report, already = SyncReport(), _read_before(tools, course)
    for records in _several(_kept(tools, course, already), tools.at_once):
        report += _keep_all(tools, course, records)
    for records in _several(_records(tools, course, tools.connect(connected), already), tools.at_once):
        report += _keep_all(tools, course, records)
        get_on()
        if is_over():
            _leave_off(tools, course)
    with tools.storage.begin() as work:
        work.offers.note_sync(offer, at=course.began, full=course.since is None)
        if course.goes_on:
            work.outbox.request(Topic.SYNC, offer.id, tools.clock(), due_at=tools.clock() + AFTER_PARTS)
    log.info("course_synced", offer_id=offer_id, read=report.read, changed=report.changed, eligible=report.eligible)
    return report


def _leave_off(tools: SyncTools, course: _Course) -> NoReturn:
    now = tools.clock()
    with tools.storage.begin() as work:
        work.offers.note_unfinished(course.offer, course.began)
    raise OutOfTime(now)


def _course(work: UnitOfWork, offer: Offer, now: datetime) -> _Course:
    profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
    issuer = work.profiles.issuer(offer.issuer_id, offer.issuer_version)
    full = offer.synced_at is None or offer.full_sync_at is None or now - offer.full_sync_at >= FULL_EVERY
    since = None if full or offer.synced_at is None else offer.synced_at - OVERLAP
    goes_on = offer.reading_since is not None and now - offer.reading_since < FULL_EVERY
    began = offer.reading_since if goes_on and offer.reading_since else now
    return _Course(InForce(offer, profile, issuer), began, since, work.people.merged(offer.platform))


def _read_before(tools: SyncTools, course: _Course) -> frozenset[LearnerId]:
    """Return who was read by the jobs before this one, where a reading goes on."""
    offer = course.offer
    if not course.goes_on:
        return frozenset()
    with tools.storage.reading() as work:
        read = work.assessments.read_since(offer.platform, offer.course, course.began)
        records = (work.assessments.get(offer.platform, offer.course, learner) for learner in read)
        known = tuple(each for each in records if each is not None)
    return frozenset(each.learner.id for each in known if not each.brief or _will_do(tools, course, each))


def _will_do(tools: SyncTools, course: _Course, brief: AssessmentRecord) -> bool:
    """Whether a brief record is enough.

    It is where nobody earns anything without the platform's completion, and the learner has no award that could be
    taken back: against one a list alone counts for nothing.
    """
    learner = brief.learner.id
    with tools.storage.reading() as work:
        award = work.awards.latest(course.offer, learner, course.merged.get(learner, ()))
    return course.by_platform and (award is None or award.state not in _DECIDED)


def _kept(tools: SyncTools, course: _Course, already: Collection[LearnerId]) -> Iterator[AssessmentRecord]:
    """Yield the records of those who were read already: another credential of the course may have asked for them."""
    for learner in sorted(already):
        with tools.storage.reading() as work:
            record = work.assessments.get(course.offer.platform, course.offer.course, learner)
        if record is not None:
            yield record


def _records(
    tools: SyncTools, course: _Course, platform: Platform, already: frozenset[LearnerId]
) -> Iterator[AssessmentRecord]:
    """Yield who changed or is new, then by name who would be overlooked: who left, and whom only time helps.

    By name also those of whom a brief record is not enough.
    """
    seen = set(already)
    doubtful: set[LearnerId] = set()
    for record in _news(course, platform, already):
        if record.brief and not _will_do(tools, course, record):
            doubtful.add(record.learner.id)
            continue
        seen.add(record.learner.id)
        yield record
    with tools.storage.reading() as work:
        codes = frozenset() if course.since is None else TIME_HEALS
        overlooked = work.awards.open_learners(course.offer.id, codes) - seen
    if overlooked | doubtful:
        yield from platform.read(course.offer.course, sorted(overlooked | doubtful))


def _news(course: _Course, platform: Platform, already: frozenset[LearnerId]) -> Iterator[AssessmentRecord]:
    """Yield who changed or is new, of a reading that goes on whom it has not come to yet."""
    if not already:
        reader = in_brief(platform) if course.by_platform else platform
        yield from reader.read(course.offer.course, None, course.since)
        return
    learning = {each.id for each in platform.people(course.offer.course) if each.standing in LEARNING}
    if left := learning - already:
        yield from platform.read(course.offer.course, sorted(left), course.since)


def _several(records: Iterator[AssessmentRecord], most: int) -> Iterator[tuple[AssessmentRecord, ...]]:
    """Yield up to ``most`` at a time; who was read before the platform failed comes before its error."""
    several: list[AssessmentRecord] = []
    trouble: PlatformError | None = None
    try:
        for record in records:
            several.append(record)
            if len(several) == most:
                yield tuple(several)
                several.clear()
    except PlatformError as error:
        trouble = error
    if several:
        yield tuple(several)
    if trouble is not None:
        raise trouble


def _keep_all(tools: SyncTools, course: _Course, records: Collection[AssessmentRecord]) -> SyncReport:
    """Keep what was read of some learners and what it means, in one transaction."""
    now = tools.clock()
    with tools.storage.begin() as work:
        kept = [_keep(work, course, record, now) for record in records]
    return SyncReport(len(kept), sum(is_new for is_new, _ in kept), sum(is_eligible for _, is_eligible in kept))


def _keep(work: UnitOfWork, course: _Course, record: AssessmentRecord, now: datetime) -> tuple[bool, bool]:
    """Keep one learner's record and what it means. Returns (said something new, became eligible)."""
    learner = record.learner.id
    is_new = work.assessments.record(record)
    award = work.awards.open(course.offer, learner, now, course.merged.get(learner, ()))
    if award.state in ISSUED:
        notice_reading(work, course.in_force, award, record=record, is_new=is_new)
        if is_new or course.since is None:
            work.people.mark(award.platform, {learner: marks_of(record)})
    if award.state not in OPEN - {State.RESERVED}:
        return is_new, False
    if award.learner != learner and record.learner.standing is Standing.LEARNER:
        award = work.awards.readdress(award, learner, actor=ACTOR, now=now)
    if award.learner != learner:
        return is_new, False
    return is_new, _move(work, award, _verdict(work, course, award, record, now), now)


def _verdict(
    work: UnitOfWork, course: _Course, award: AwardRow, record: AssessmentRecord, now: datetime
) -> Ready | Waiting:
    """Say what the record earns; whoever seems to have it already, under another id, waits for a person."""
    stated = course.in_force
    verdict = judge(record, stated.profile, stated.issuer, ruled=ruled_on(award), issued_at=now)
    if isinstance(verdict, Ready) and award.state is not State.ELIGIBLE:
        return doubts(work, (award,), {award.learner: record}, now).get(award.id, verdict)
    return verdict


def _move(work: UnitOfWork, award: AwardRow, verdict: Ready | Waiting, now: datetime) -> bool:
    """Move the award to where the verdict says. True where it became eligible by that."""
    if isinstance(verdict, Ready):
        if award.state is State.ELIGIBLE:
            return False
        work.outbox.request(Topic.ISSUE, award.id, now, batch=award.offer_id)
        work.awards.move(award, Move(to=State.ELIGIBLE, now=now, actor=ACTOR))
        return True
    if (award.state, award.reasons) != (verdict.state, verdict.reasons):
        work.awards.move(award, Move(to=verdict.state, now=now, actor=ACTOR, reasons=verdict.reasons))
    return False
