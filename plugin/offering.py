"""Connecting a platform and enabling a credential in one of its courses: what comes before everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from mappings.assessment import CourseId, PlatformId
from mappings.profile import CourseProfile, Issuer
from plugin.storage.audit import Entry
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage

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
        work.outbox.request(Topic.SYNC, offer.id, now)
        work.audit.note(Entry(at=now, actor=by, act="enable", subject=offer.id, after=f"version {profile.version}"))
    log.info("offer_enabled", offer_id=offer.id, profile_version=profile.version)
    return offer
