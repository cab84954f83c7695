"""Carrying out what was decided after a change: keep, supersede or revoke; never an edit, never a deletion."""

from __future__ import annotations

from datetime import datetime

from mappings.assessment import LearnerId, Standing
from plugin.errors import CannotBeSuperseded
from plugin.storage.awards import ISSUED, AwardRow, Move, State
from plugin.storage.cases import Case, Kind, Remedy
from plugin.storage.outbox import Topic
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import UnitOfWork


def remedy(work: UnitOfWork, case: Case, chosen: Remedy, *, by: str, reason: str, now: datetime) -> None:
    """Keep the decision on ``case`` and do what it demands, in one transaction.

    Raises :class:`plugin.errors.ChangedMeanwhile` where somebody decided before, and
    :class:`CannotBeSuperseded` where nothing could take the credential's place.
    """
    work.cases.decide(case, chosen, by=by, reason=reason, now=now)
    award = work.awards.get(case.award_id)
    if chosen is Remedy.REVOKE:
        end(work, award, State.REVOKED, by=by, reason=reason, now=now)
    elif chosen is Remedy.SUPERSEDE:
        _supersede(work, award, case, now)


def end(work: UnitOfWork, award: AwardRow, state: State, *, by: str, reason: str, now: datetime) -> None:
    """End the credential of ``award`` as SUPERSEDED or REVOKED: its status bit is set with the next list.

    The holder is told of a revocation; of a superseded one the notice about its successor tells.
    """
    reserved = work.credentials.of_award(award.id)
    assert reserved is not None, "an issued award has its credential"
    work.awards.move(award, Move(to=state, now=now, actor=by, detail=reason))
    work.credentials.end(reserved.envelope.id, state, reason, now)
    if state is State.REVOKED:
        work.outbox.request(Topic.DELIVER, award.id, now)


def end_superseded(work: UnitOfWork, award: AwardRow, *, by: str, now: datetime) -> None:
    """End the credential that ``award`` replaces, in the transaction that makes the new one count."""
    old = work.awards.get(work.credentials.get(award.supersedes).award_id)
    if old.state in ISSUED:
        end(work, old, State.SUPERSEDED, by=by, reason=f"superseded by award {award.id}", now=now)


def _supersede(work: UnitOfWork, award: AwardRow, case: Case, now: datetime) -> None:
    """Open the next edition; the old credential stays in force until the new one is sealed."""
    reserved = work.credentials.of_award(award.id)
    if case.kind is Kind.NO_LONGER_EARNED or award.state not in ISSUED or reserved is None:
        raise CannotBeSuperseded(f"nothing can take the place of the credential of award {award.id}")
    offer = work.offers.get(award.offer_id)
    learner = _living(work, award)
    edition = work.awards.open_edition(award, offer, credential_id=reserved.envelope.id, now=now, learner=learner)
    work.outbox.request(Topic.ISSUE, edition.id, now, batch=edition.offer_id)


def _living(work: UnitOfWork, award: AwardRow) -> LearnerId:
    """Return by which of the holder's ids the platform knows them in this course now."""
    for learner in work.people.ids(Holder(award.platform, award.learner)):
        record = work.assessments.get(award.platform, award.course, learner)
        if record is not None and record.learner.standing is Standing.LEARNER:
            return learner
    return award.learner
