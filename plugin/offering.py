"""Connecting a platform and enabling a credential in one of its courses: what comes before everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from mappings.assessment import CourseId, PlatformId
from mappings.profile import CourseProfile, Issuer
from plugin.storage.audit import Entry
from plugin.storage.awards import State
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.profiles import Offer, Rule
from plugin.storage.unit_of_work import Storage, UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OfferingTools:
    """What offering works with. ``clock`` returns aware UTC."""

    storage: Storage
    clock: Callable[[], datetime]


def connect(tools: OfferingTools, platform: Connected, *, by: str) -> None:
    """Keep how a platform is reached and read."""
    now = tools.clock()
    with tools.storage.begin() as work:
        work.platforms.connect(platform, now)
        work.audit.note(Entry(at=now, actor=by, act="connect_platform", subject=platform.id))
    log.info("platform_connected", platform_id=platform.id)


def enable(
    tools: OfferingTools, place: tuple[PlatformId, CourseId], profile: CourseProfile, issuer: Issuer, *, by: str
) -> Offer:
    """Let the course at ``place`` award by these profiles from now on, and have it read at once.

    Raises :class:`plugin.errors.ProfileInUse` where a version is stored with other content.
    """
    now = tools.clock()
    with tools.storage.begin() as work:
        work.profiles.keep_course_profile(profile, now)
        work.profiles.keep_issuer(issuer, now)
        offer = work.offers.enable(*place, profile=profile, issuer=issuer, now=now)
        _compare(work, offer, now)
        _ask_again(work, offer, now)
        work.audit.note(Entry(at=now, actor=by, act="enable", subject=offer.id, after=f"version {profile.version}"))
    log.info("offer_enabled", offer_id=offer.id, profile_version=profile.version)
    return offer


def pause(tools: OfferingTools, offer: Offer, *, by: str) -> None:
    """Award nothing more in this course until it is resumed; what is sealed stays."""
    now = tools.clock()
    with tools.storage.begin() as work:
        work.offers.disable(offer.id)
        work.audit.note(Entry(at=now, actor=by, act="pause", subject=offer.id))


def resume(tools: OfferingTools, offer: Offer, *, by: str) -> None:
    """Award again by the versions in force, and have the course read at once."""
    now = tools.clock()
    with tools.storage.begin() as work:
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        issuer = work.profiles.issuer(offer.issuer_id, offer.issuer_version)
        work.offers.enable(offer.platform, offer.course, profile=profile, issuer=issuer, now=now)
        _ask_again(work, offer, now)
        work.audit.note(Entry(at=now, actor=by, act="resume", subject=offer.id))


def set_rules(tools: OfferingTools, offer: Offer, *, correction: str, notices: str, by: str) -> None:
    """Keep what a change after sealing leads to, and on which channels learners are told; noted where it is new.

    What waits for a decision already goes on waiting: a rule says what happens from now on.
    """
    now = tools.clock()
    with tools.storage.begin() as work:
        if correction != offer.rule.correction:
            work.offers.correct_by(offer.id, Rule(correction, by, now))
            _note_choice(work, offer, "correction", (offer.rule.correction, correction), by=by, now=now)
        if notices != offer.notices:
            work.offers.notify_by(offer.id, notices)
            _note_choice(work, offer, "notices", (offer.notices, notices), by=by, now=now)


def _note_choice(
    work: UnitOfWork, offer: Offer, act: str, before_after: tuple[str, str], *, by: str, now: datetime
) -> None:
    before, after = before_after
    work.audit.note(Entry(at=now, actor=by, act=act, subject=offer.id, before=before, after=after))


def state_institution(tools: OfferingTools, issuer: Issuer, *, by: str) -> bool:
    """Keep a version of the institution profile, by which teachers enable credentials. True where it is new.

    Whatever awards by an older version awards by this one from now on, and what was issued is compared with it: an
    accreditation that ended is not for single teachers to take out.

    Raises :class:`plugin.errors.ProfileInUse` where the version is stored with other content.
    """
    now = tools.clock()
    with tools.storage.begin() as work:
        is_new = work.profiles.keep_issuer(issuer, now)
        if is_new:
            after = f"version {issuer.version}"
            work.audit.note(Entry(at=now, actor=by, act="state_institution", subject=issuer.id, after=after))
            for offer in work.offers.adopt_issuer(issuer):
                _take_effect(work, offer, by, now)
    return is_new


def _take_effect(work: UnitOfWork, offer: Offer, by: str, now: datetime) -> None:
    """Have the awards of a course judged anew by a newer institution profile, sealed ones and others."""
    work.audit.note(Entry(at=now, actor=by, act="adopt", subject=offer.id, after=f"institution {offer.issuer_version}"))
    _compare(work, offer, now)
    if offer.enabled:
        work.outbox.request(Topic.SYNC, offer.id, now)


def _compare(work: UnitOfWork, offer: Offer, now: datetime) -> None:
    """Have what was issued by other versions compared with those in force now, where there is any."""
    if work.cases.made_by_others(offer):
        work.outbox.request(Topic.RESTATE, offer.id, now)


def _ask_again(work: UnitOfWork, offer: Offer, now: datetime) -> None:
    """Have the course read, and whatever was to be sealed when it was paused: that work was struck out then."""
    work.outbox.request(Topic.SYNC, offer.id, now)
    for state in (State.ELIGIBLE, State.RESERVED):
        for award in work.awards.of_offer(offer.id, state):
            work.outbox.request(Topic.ISSUE, award.id, now, batch=offer.id)
