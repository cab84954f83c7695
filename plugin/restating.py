"""Comparing what a course has issued with profiles that teacher or institution stated since.

No platform is asked: the newer statement is the evidence, so this concerns courses that are over, paused or deleted
alike. Each award has a transaction of its own, and the same change opens one case: a run may be cut off and repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from plugin.correcting import InForce, notice_profiles
from plugin.storage.awards import ISSUED
from plugin.storage.unit_of_work import Storage

log = structlog.get_logger(__name__)


def restate(storage: Storage, offer_id: str, clock: Callable[[], datetime]) -> int:
    """Open a case for everything in force that would be stated otherwise now. Returns how many were compared."""
    with storage.reading() as work:
        offer = work.offers.get(offer_id)
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        in_force = InForce(offer, profile, work.profiles.issuer(offer.issuer_id, offer.issuer_version))
        issued = work.cases.made_by_others(offer)
    for award_id in issued:
        with storage.begin() as work:
            award = work.awards.get(award_id)
            if award.state in ISSUED:
                notice_profiles(work, in_force, award, clock())
    log.info("course_restated", offer_id=offer_id, count=len(issued))
    return len(issued)
