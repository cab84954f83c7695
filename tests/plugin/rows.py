"""Rows that tests start from."""

from __future__ import annotations

from datetime import datetime, timedelta

from mappings.assessment import CourseId, LearnerId, PlatformId
from mappings.awarding import Award, decide
from mappings.describe import describe
from mappings.elements import MicroCredential
from mappings.profile import CourseProfile, Issuer
from plugin.storage.awards import AwardRow
from plugin.storage.outbox import Topic
from plugin.storage.platforms import Connected
from plugin.storage.profiles import Offer
from plugin.storage.unit_of_work import Storage
from tests import factories
from tests.factories import ISSUED, READ

MOODLE = PlatformId("moodle-1")
ADA101 = CourseId("3")


def an_offer(storage: Storage, profile: CourseProfile | None = None, issuer: Issuer | None = None) -> Offer:
    """The recorded course with its credential enabled."""
    profile, issuer = profile or factories.profile(), issuer or factories.issuer()
    with storage.begin() as work:
        work.platforms.connect(Connected(MOODLE, "moodle", "https://moodle.example.org", token="secret-token"), READ)
        work.profiles.keep_course_profile(profile, READ)
        work.profiles.keep_issuer(issuer, READ)
        return work.offers.enable(MOODLE, ADA101, profile=profile, issuer=issuer, now=READ)


def an_award(storage: Storage, offer: Offer, learner: str = "4") -> AwardRow:
    """An award that nothing was decided about yet."""
    with storage.begin() as work:
        return work.awards.open(offer, LearnerId(learner), READ)


def a_credential() -> MicroCredential:
    """What Anna has earned."""
    award = decide(factories.record(), factories.profile())
    assert isinstance(award, Award)
    described = describe(award, factories.profile(), factories.issuer(), ISSUED)
    assert isinstance(described, MicroCredential)
    return described


def park(storage: Storage, topic: Topic, row_id: str, error: str, now: datetime) -> None:
    """Work that was tried, failed with the code ``error``, and was put aside."""
    with storage.begin() as work:
        work.outbox.request(topic, row_id, now)
        (lease,) = work.outbox.claim(topic, row_id, now, timedelta(minutes=1))
        work.outbox.park(lease, now, error)
