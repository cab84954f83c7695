"""Where everything is: per course how many awards are in each state and since when, what waits, what is parked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.assessment import CourseId, PlatformId
from plugin.storage.awards import State
from plugin.storage.deliveries import Outcome
from plugin.storage.marks import Mark
from plugin.storage.outbox import Parked, Topic
from plugin.storage.profiles import Offer
from plugin.storage.queued import Queued, Trouble
from plugin.storage.totals import CANARY
from plugin.storage.unit_of_work import Storage, UnitOfWork

WINDOW = timedelta(minutes=2)
"""The recent past from which the pace of sealing is measured."""


@dataclass(frozen=True, slots=True)
class OfferProgress:
    """One course with an enabled credential.

    ``oldest`` says since when the oldest award is in each state, ``reasons`` how often each reason is given there, by
    its code. ``queued`` counts the pieces of work of the course; those put aside have failed.
    """

    offer_id: str
    platform: PlatformId
    course: CourseId
    title: str
    profile_id: str
    counts: Mapping[State, int]
    oldest: Mapping[State, datetime]
    reasons: Mapping[State, Mapping[str, int]]
    queued: Queued
    open_cases: int
    notices: Mapping[tuple[str, Outcome], int]
    """How many notices had which outcome, by channel."""
    synced_at: datetime | None
    expected_finish: datetime | None
    """When what is eligible is sealed, at the pace of the last two minutes; None where nothing waits or was sealed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The whole bridge. ``expected_finish`` is None where nothing waits to be sealed or nothing was sealed lately.

    ``paused_since`` is the restore after which nobody has said yet that sealing and sending go on.
    """

    at: datetime
    offers: tuple[OfferProgress, ...]
    waiting: Mapping[Topic, int]
    next_attempt_at: datetime | None
    troubles: tuple[Trouble, ...]
    parked: tuple[Parked, ...]
    expected_finish: datetime | None
    paused_since: datetime | None

    def to_json(self) -> dict[str, object]:
        """Return it for ``/status.json``: ids and numbers, no person."""
        return {
            "at": self.at.isoformat(),
            "paused_since": _iso(self.paused_since),
            "offers": [_offer_json(offer) for offer in self.offers],
            "waiting": dict(self.waiting),
            "next_attempt_at": _iso(self.next_attempt_at),
            "troubles": [
                {"topic": each.topic, "error": each.error, "count": each.count, "next_attempt_at": _iso(each.next_due)}
                for each in self.troubles
            ],
            "parked": [
                {"topic": each.topic, "row_id": each.row_id, "error": each.error, "attempts": each.attempts}
                for each in self.parked
            ],
            "expected_finish": _iso(self.expected_finish),
        }


@dataclass(frozen=True, slots=True)
class _Lately:
    """What was sealed within the window before ``now``, by offer id."""

    now: datetime
    sealed: Mapping[str, int]

    def finish(self, waiting: int, sealed: int) -> datetime | None:
        """Return when ``waiting`` awards are sealed at the pace of ``sealed`` in the window."""
        return self.now + waiting / sealed * WINDOW if waiting and sealed else None


def progress(storage: Storage, clock: Callable[[], datetime]) -> Progress:
    """Look at everything at once."""
    now = clock()
    with storage.reading() as work:
        waiting = {topic: work.outbox.waiting(topic) for topic in Topic}
        lately = _Lately(now, work.credentials.sealed_since(now - WINDOW))
        queued = work.outbox.by_offer()
        paused = work.marks.get(Mark.PAUSED)
        return Progress(
            now,
            tuple(
                _of(work, offer, queued.get(offer.id, Queued()), lately)
                for offer in work.offers.enabled()
                if offer.platform != CANARY
            ),
            waiting,
            work.outbox.next_due(),
            work.outbox.troubles(),
            work.outbox.parked(),
            lately.finish(waiting[Topic.ISSUE], sum(lately.sealed.values())),
            paused.at if paused else None,
        )


def _of(work: UnitOfWork, offer: Offer, queued: Queued, lately: _Lately) -> OfferProgress:
    counts = work.awards.counts(offer.id)
    to_seal = counts.get(State.ELIGIBLE, 0) + counts.get(State.RESERVED, 0)
    return OfferProgress(
        offer.id,
        offer.platform,
        offer.course,
        offer.course_title,
        offer.profile_id,
        counts,
        work.class_lists.oldest(offer.id),
        work.class_lists.reasons(offer.id),
        queued,
        len(work.cases.undecided(offer.id)),
        work.deliveries.counts(offer.id),
        offer.synced_at,
        lately.finish(to_seal, lately.sealed.get(offer.id, 0)),
    )


def _offer_json(offer: OfferProgress) -> dict[str, object]:
    return {
        "offer": offer.offer_id,
        "platform": offer.platform,
        "course": offer.course,
        "title": offer.title,
        "profile": offer.profile_id,
        "states": {
            state: {
                "count": count,
                "oldest_since": _iso(offer.oldest.get(state)),
                "reasons": dict(offer.reasons.get(state, {})),
            }
            for state, count in sorted(offer.counts.items())
        },
        "waiting": offer.queued.waiting,
        "failed": offer.queued.parked,
        "next_attempt_at": _iso(offer.queued.next_due),
        "expected_finish": _iso(offer.expected_finish),
        "open_cases": offer.open_cases,
        "notices": [
            {"channel": channel, "outcome": outcome or Outcome.PERHAPS, "count": count}
            for (channel, outcome), count in sorted(offer.notices.items())
        ],
        "synced_at": _iso(offer.synced_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
