"""Reading a course and keeping what it says: stages 2 to 4 for everybody in it, and a bell for whoever has earned it.

The platform is read outside of any transaction; each learner is kept in a transaction of their own, so that a crash
loses at most the reading of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from lti.platforms import Platform
from mappings.assessment import AssessmentRecord
from mappings.profile import CourseProfile, Issuer
from plugin.storage.awards import OPEN, AwardRow, Move, State
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage, UnitOfWork
from plugin.verdict import Ready, Waiting, judge, ruled_on

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SyncTools:
    """What a sync works with. ``clock`` returns aware UTC."""

    storage: Storage
    connect: Callable[[Connected], Platform]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many learners were read, how many said something new, how many became eligible."""

    read: int = 0
    changed: int = 0
    eligible: int = 0


@dataclass(frozen=True, slots=True)
class _Course:
    """An offer with the profiles in force."""

    offer: Offer
    profile: CourseProfile
    issuer: Issuer


def sync(tools: SyncTools, offer_id: str) -> SyncReport:
    """Read everybody in the course of an offer. Raises :class:`lti.errors.PlatformError`."""
    began = tools.clock()
    with tools.storage.reading() as work:
        offer = work.offers.get(offer_id)
        connected = work.platforms.get(offer.platform)
        course = _course(work, offer)
    if not offer.enabled:
        return SyncReport()
    read = changed = eligible = 0
    for record in tools.connect(connected).read(offer.course):
        is_new, is_eligible = keep(tools, course, record)
        read, changed, eligible = read + 1, changed + is_new, eligible + is_eligible
    with tools.storage.begin() as work:
        work.offers.note_sync(offer, at=began, full=True)
    log.info("course_synced", offer_id=offer_id, read=read, changed=changed, eligible=eligible)
    return SyncReport(read, changed, eligible)


def keep(tools: SyncTools, course: _Course, record: AssessmentRecord) -> tuple[bool, bool]:
    """Keep one learner's record and what it means. Returns (said something new, became eligible)."""
    now = tools.clock()
    with tools.storage.begin() as work:
        is_new = work.assessments.record(record)
        award = work.awards.open(course.offer, record.learner.id, now)
        if award.state not in OPEN - {State.RESERVED}:
            return is_new, False
        verdict = judge(record, course.profile, course.issuer, ruled=ruled_on(award), issued_at=now)
        return is_new, _move(work, award, verdict, now)


def _move(work: UnitOfWork, award: AwardRow, verdict: Ready | Waiting, now: datetime) -> bool:
    """Move the award to where the verdict says. True where it became eligible by that."""
    if isinstance(verdict, Ready):
        work.outbox.request(Topic.ISSUE, award.id, now)
        if award.state is State.ELIGIBLE:
            return False
        work.awards.move(award, Move(to=State.ELIGIBLE, now=now, actor="sync"))
        return True
    if (award.state, award.reasons) != (verdict.state, verdict.reasons):
        work.awards.move(award, Move(to=verdict.state, now=now, actor="sync", reasons=verdict.reasons))
    return False


def _course(work: UnitOfWork, offer: Offer) -> _Course:
    profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
    return _Course(offer, profile, work.profiles.issuer(offer.issuer_id, offer.issuer_version))
