"""When courses are read: by due times that are spread, sooner around a course's end and on every hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random, SystemRandom

from mappings.assessment import CourseId, PlatformId
from plugin.recent import Recent
from plugin.storage.outbox import Topic
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage, UnitOfWork

BEFORE_END, AFTER_END = timedelta(days=7), timedelta(days=28)
"""Around its end a course is read at the full pace, at other times at a quarter of it."""
LONG_AFTER = timedelta(days=120)
"""After that a course is read once a day: grades are still corrected now and then."""
HINTS_LIVE = timedelta(days=7)
AT_MOST_EVERY = timedelta(minutes=1)
"""However many launches and events there are, a course is not read more often."""


@dataclass(frozen=True, slots=True)
class SchedulingTools:
    """What scheduling works with. ``pace`` is the time between two readings at the full pace."""

    storage: Storage
    pace: timedelta
    clock: Callable[[], datetime]
    chance: Random
    recent: Recent = field(default_factory=lambda: Recent(0))


def make_tools(storage: Storage, pace: timedelta, clock: Callable[[], datetime]) -> SchedulingTools:
    """Return tools whose times are spread at random."""
    return SchedulingTools(storage, pace, clock, SystemRandom(), Recent(AT_MOST_EVERY.total_seconds() / 2))


def schedule(tools: SchedulingTools) -> int:
    """Ask for every course that is due to be read. Returns how many."""
    now = tools.clock()
    with tools.storage.reading() as work:
        if not work.offers.due(now):
            return 0
    with tools.storage.begin() as work:
        due = work.offers.due(now)
        for offer in due:
            work.outbox.request(Topic.SYNC, offer.id, now)
            spread = tools.chance.uniform(0.9, 1.1)
            work.offers.schedule(offer, now + pause_after(offer, now, tools.pace) * spread)
        work.hints.forget_before(now - HINTS_LIVE)
    return len(due)


def pause_after(offer: Offer, now: datetime, pace: timedelta) -> timedelta:
    """Return how long a course may wait for its next reading."""
    if offer.course_ends_at is None:
        return pace
    since_end = now - offer.course_ends_at
    if since_end > LONG_AFTER:
        return max(pace, timedelta(days=1))
    return pace if -BEFORE_END <= since_end <= AFTER_END else pace * 4


def hasten(tools: SchedulingTools, platform: PlatformId, course: CourseId) -> int:
    """Have a course read soon, because somebody launched into it. Returns how many offers that concerns."""
    if not tools.recent.first((platform, course)):
        return 0
    now = tools.clock()
    with tools.storage.reading() as work:
        if not _enabled(work, platform, course):
            return 0
    with tools.storage.begin() as work:
        return _request(work, _enabled(work, platform, course), now)


def take_hint(tools: SchedulingTools, platform: PlatformId, course: CourseId, event_id: str) -> bool:
    """Take an event that a platform sent. False where it came before or concerns no enabled credential."""
    now = tools.clock()
    with tools.storage.begin() as work:
        offers = _enabled(work, platform, work.courses.by_own_id(platform, course))
        if not offers or not work.hints.take(platform, event_id, now):
            return False
        _request(work, offers, now)
    return True


def _enabled(work: UnitOfWork, platform: PlatformId, course: CourseId) -> list[Offer]:
    return [offer for offer in work.offers.of_course(platform, course) if offer.enabled]


def _request(work: UnitOfWork, offers: list[Offer], now: datetime) -> int:
    for offer in offers:
        soonest = now if offer.synced_at is None else max(now, offer.synced_at + AT_MOST_EVERY)
        work.outbox.request(Topic.SYNC, offer.id, now, due_at=soonest)
    return len(offers)
