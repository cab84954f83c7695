"""What only a person decides: awards that are held, and what becomes of a credential after a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from plugin.errors import CannotBeReleased, NoReasonGiven, NotHeld
from plugin.remedies import end, remedy
from plugin.sameness import SAME_PERSON
from plugin.storage.awards import ISSUED, AwardRow, Move, Ruling, State, StoredReason
from plugin.storage.cases import Remedy
from plugin.storage.outbox import Topic
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage
from plugin.verdict import MISSING, REFUSED, Ready, Ruled, Waiting, judge, ruled_on


@dataclass(frozen=True, slots=True)
class ApprovingTools:
    """What approving works with. ``clock`` returns aware UTC."""

    storage: Storage
    clock: Callable[[], datetime]


def release(tools: ApprovingTools, award_id: str, *, by: str, reason: str) -> AwardRow:
    """Release a held award: it is read and decided again at once, and sealed unless something new speaks against it.

    Where it waited because its learner seems to be somebody else as well, this says that they are two people.

    Raises :class:`NotHeld`, :class:`CannotBeReleased` where an element is missing, :class:`NoReasonGiven`.
    """
    _require(by, reason)
    now = tools.clock()
    with tools.storage.begin() as work:
        award = _held(work.awards.get(award_id))
        if any(each.code == MISSING for each in award.reasons):
            raise CannotBeReleased(f"award {award_id} lacks an element: it must be supplied")
        if any(each.code == SAME_PERSON for each in award.reasons):
            work.people.apart(Holder(award.platform, award.learner), by=by, reason=reason, now=now)
        award = work.awards.rule(award, Ruling.RELEASED, by=by, reason=reason, now=now)
        work.outbox.request(Topic.ISSUE, award.id, now, batch=award.offer_id)
        return award


def foresee(tools: ApprovingTools, award_id: str) -> Ready | Waiting | None:
    """Say what would be sealed if a person approved ``award_id`` now, by what was read last; None where nothing was.

    It is a preview: before sealing the learner is read again.
    """
    with tools.storage.reading() as work:
        award = work.awards.get(award_id)
        offer = work.offers.get(award.offer_id)
        record = work.assessments.get(award.platform, award.course, award.learner)
        profile = work.profiles.course_profile(offer.profile_id, offer.profile_version)
        issuer = work.profiles.issuer(offer.issuer_id, offer.issuer_version)
    if record is None:
        return None
    return judge(record, profile, issuer, ruled=_if_released(award), issued_at=tools.clock().replace(microsecond=0))


def _if_released(award: AwardRow) -> Ruled:
    """Return the ruling that approving what the award waits for would make."""
    before = ruled_on(award).codes if award.ruling is Ruling.RELEASED else ()
    return Ruled(Ruling.RELEASED, codes=(*before, *(each.mark for each in award.reasons)))


def refuse(tools: ApprovingTools, award_id: str, *, by: str, reason: str) -> AwardRow:
    """Refuse a held award; the learner reads by whom and why. A later release is possible."""
    _require(by, reason)
    now = tools.clock()
    with tools.storage.begin() as work:
        award = work.awards.rule(_held(work.awards.get(award_id)), Ruling.REFUSED, by=by, reason=reason, now=now)
        sentence = StoredReason(REFUSED, f"{by} refused the award: {reason}", values={"by": by, "reason": reason})
        return work.awards.move(award, Move(to=State.WITHHELD, now=now, actor=by, reasons=(sentence,)))


def decide_case(tools: ApprovingTools, case_id: str, chosen: Remedy, *, by: str, reason: str) -> None:
    """Decide what becomes of a credential after a change."""
    _require(by, reason)
    with tools.storage.begin() as work:
        remedy(work, work.cases.get(case_id), chosen, by=by, reason=reason, now=tools.clock())


def revoke(tools: ApprovingTools, award_id: str, *, by: str, reason: str) -> None:
    """Revoke a sealed credential, for good."""
    _require(by, reason)
    with tools.storage.begin() as work:
        award = work.awards.get(award_id)
        if award.state not in ISSUED:
            raise NotHeld(f"award {award_id} has no credential in force")
        end(work, award, State.REVOKED, by=by, reason=reason, now=tools.clock())


def _held(award: AwardRow) -> AwardRow:
    refused = award.state is State.WITHHELD and award.ruling is Ruling.REFUSED
    if award.state is not State.HELD and not refused:
        raise NotHeld(f"award {award.id} is {award.state} and waits for nobody")
    return award


def _require(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise NoReasonGiven("say who decides and why")
