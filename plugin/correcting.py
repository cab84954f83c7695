"""Opening a case where a sealed credential does not say any more what would be said now, and what the rule makes of it.

Two who cannot know of each other ask this: a reading, of whom it read, and a newer profile, of all that is sealed. The
same change has the same fingerprint either way, so it opens one case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings.assessment import AssessmentRecord, Standing
from mappings.awarding import ReasonCode
from mappings.profile import CourseProfile, Issuer
from plugin.changes import Change, Stated, change_of, restated
from plugin.errors import UnknownRow
from plugin.remedies import remedy
from plugin.rule_reasons import reason_of
from plugin.storage.awards import AwardRow
from plugin.storage.cases import Case, Kind, Remedy
from plugin.storage.credentials import Reserved
from plugin.storage.outbox import Topic
from plugin.storage.profiles import ASK, Offer
from plugin.storage.unit_of_work import UnitOfWork
from plugin.verdict import judge, leaving_out, ruled_on

RULE = "rule of the course"
"""Who decided where nobody was asked."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What a course awards by now."""

    offer: Offer
    profile: CourseProfile
    issuer: Issuer

    def is_by(self, reserved: Reserved) -> bool:
        """Whether a credential was made by these very versions."""
        return (reserved.profile_version, reserved.issuer_version) == (self.profile.version, self.issuer.version)


def notice_reading(
    work: UnitOfWork, in_force: InForce, award: AwardRow, *, record: AssessmentRecord, is_new: bool
) -> None:
    """Open a case where a reading changed what would be said. Whoever has left the course keeps what they earned.

    The change may have been kept by another reading, which was for a forecast or for another credential of the course.
    """
    reserved = work.credentials.of_award(award.id)
    if reserved is None or record.learner.standing is not Standing.LEARNER:
        return
    if is_new or not in_force.is_by(reserved) or work.assessments.changed_after(record, reserved.envelope.valid_from):
        change = _change(in_force, award, reserved, record=record, now=record.read_at)
        _open(work, in_force.offer, award, change, record.read_at)


def notice_profiles(work: UnitOfWork, in_force: InForce, award: AwardRow, now: datetime) -> None:
    """Open a case where newer profiles changed what would be said, also of whoever has left or is not read any more.

    What was read last is judged by them. Where that is not kept, is brief or only tells that the learner has left, the
    versions themselves are compared.
    """
    reserved = work.credentials.of_award(award.id)
    if reserved is None or in_force.is_by(reserved):
        return
    record = work.assessments.get(award.platform, award.course, award.learner)
    if record is not None and not record.brief and record.learner.standing is Standing.LEARNER:
        change = _change(in_force, award, reserved, record=record, now=now)
    else:
        change = restated(_before(work, in_force, award, reserved), Stated(in_force.profile, in_force.issuer))
    _open(work, in_force.offer, award, change, now)


def _before(work: UnitOfWork, in_force: InForce, award: AwardRow, reserved: Reserved) -> Stated | None:
    """Return by what a credential was made; None where that was another institution."""
    try:
        issuer = work.profiles.issuer(in_force.issuer.id, reserved.issuer_version)
    except UnknownRow:
        return None
    return Stated(work.profiles.course_profile(award.profile_id, reserved.profile_version), issuer)


def compare_again(work: UnitOfWork, awards: Sequence[AwardRow], versions: tuple[int, int], now: datetime) -> None:
    """Have awards of one course compared that were sealed by ``versions`` while something newer was stated."""
    for offer_id in {award.offer_id for award in awards}:
        offer = work.offers.get(offer_id)
        if (offer.profile_version, offer.issuer_version) != versions:
            work.outbox.request(Topic.RESTATE, offer_id, now)


def _change(
    in_force: InForce, award: AwardRow, reserved: Reserved, *, record: AssessmentRecord, now: datetime
) -> Change | None:
    """Return what would be said otherwise.

    A finding that comes after the seal is no reason by itself: what counts is whether less would be stated with it.
    """
    ruled = leaving_out(ruled_on(award), ReasonCode.OPEN_FLAG)
    return change_of(reserved.credential, judge(record, in_force.profile, in_force.issuer, ruled=ruled, issued_at=now))


def _open(work: UnitOfWork, offer: Offer, award: AwardRow, change: Change | None, now: datetime) -> None:
    if change is None:
        return
    case = work.cases.open(award.id, change.kind, change.fingerprint, reasons=change.reasons, now=now)
    if case is not None:
        _by_rule(work, offer, case, now)


def _by_rule(work: UnitOfWork, offer: Offer, case: Case, now: datetime) -> None:
    """Do what the course's rule says; what was earned and is not any more always waits for a person."""
    if offer.rule.correction != ASK and case.kind is not Kind.NO_LONGER_EARNED:
        remedy(work, case, Remedy(offer.rule.correction), by=RULE, reason=reason_of(offer.rule), now=now)
