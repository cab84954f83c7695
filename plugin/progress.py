"""Where everything is: per course how many awards are in each state and since when, what waits, what is parked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.assessment import CourseId, PlatformId
from plugin.storage.awards import State
from plugin.storage.outbox import Parked, Topic
from plugin.storage.profiles import Offer
from plugin.storage.totals import CANARY
from plugin.storage.unit_of_work import Storage, UnitOfWork

WINDOW = timedelta(minutes=2)
"""The recent past from which the pace of sealing is measured."""


@dataclass(frozen=True, slots=True)
class OfferProgress:
    """One course with an enabled credential. ``oldest`` says since when the oldest award is in each state."""

    offer_id: str
    platform: PlatformId
    course: CourseId
    title: str
    profile_id: str
    counts: Mapping[State, int]
    oldest: Mapping[State, datetime]
    open_cases: int
    synced_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """The whole bridge. ``expected_finish`` is None where nothing waits to be sealed or nothing was sealed lately."""

    at: datetime
    offers: tuple[OfferProgress, ...]
    waiting: Mapping[Topic, int]
    next_attempt_at: datetime | None
    parked: tuple[Parked, ...]
    expected_finish: datetime | None

    def to_json(self) -> dict[str, object]:
        """Return it for ``/status.json``: ids and numbers, no person."""
        return {
            "at": self.at.isoformat(),
            "offers": [_offer_json(offer) for offer in self.offers],
            "waiting": dict(self.waiting),
            "next_attempt_at": _iso(self.next_attempt_at),
            "parked": [
                {"topic": each.topic, "row_id": each.row_id, "error": each.error, "attempts": each.attempts}
                for each in self.parked
            ],
            "expected_finish": _iso(self.expected_finish),
        }


def progress(storage: Storage, clock: Callable[[], datetime]) -> Progress:
    """Look at everything at once."""
    now = clock()
    with storage.reading() as work:
        waiting = {topic: work.outbox.waiting(topic) for topic in Topic}
        return Progress(
            now,
            tuple(_of(work, offer) for offer in work.offers.enabled() if offer.platform != CANARY),
            waiting,
            work.outbox.next_due(),
            work.outbox.parked(),
            _finish(waiting[Topic.ISSUE], work.credentials.sealed_since(now - WINDOW), now),
        )


def _of(work: UnitOfWork, offer: Offer) -> OfferProgress:
    return OfferProgress(
        offer.id,
        offer.platform,
        offer.course,
        offer.course_title,
        offer.profile_id,
        work.awards.counts(offer.id),
        work.awards.oldest(offer.id),
        len(work.cases.undecided(offer.id)),
        offer.synced_at,
    )


def _finish(waiting: int, sealed_lately: int, now: datetime) -> datetime | None:
    return now + waiting / sealed_lately * WINDOW if waiting and sealed_lately else None


def _offer_json(offer: OfferProgress) -> dict[str, object]:
    return {
        "offer": offer.offer_id,
        "platform": offer.platform,
        "course": offer.course,
        "title": offer.title,
        "profile": offer.profile_id,
        "states": {
            state: {"count": count, "oldest_since": _iso(offer.oldest.get(state))}
            for state, count in sorted(offer.counts.items())
        },
        "open_cases": offer.open_cases,
        "synced_at": _iso(offer.synced_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
