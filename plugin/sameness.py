"""Noticing that two ids seem to be one person, before the same achievement is awarded to both.

Platforms merge accounts and tell nobody: Canvas names the person by another id, Moodle moves the work to the account
that is kept and suspends the other. What both leave is compared here: student number, name and address, the very same
submissions. It is a question to a person, never an answer: two people can share what seems to be one's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from mappings.assessment import AssessmentRecord, LearnerId
from plugin.storage.awards import AwardRow, Move, State, StoredReason
from plugin.storage.people import Evidence, Mark
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import UnitOfWork
from plugin.verdict import Waiting

SAME_PERSON = "same_person"
"""Code of the reason for which an award waits."""
_TAKEN = frozenset({State.RESERVED, State.SEALED, State.DELIVERED, State.REVOKED})
_SEEMS = "Another account, which seems to be the same person's, holds this credential already or is about to."
JOINED = Waiting(
    State.SUPERSEDED, (StoredReason("joined", "The credential of this person's other account counts for both."),)
)
"""What becomes of an award whose learner has the credential by another id."""


def marks_of(record: AssessmentRecord) -> tuple[Mark, ...]:
    """Return by what the learner of a record can be known under another id."""
    learner, place = record.learner, record.course.platform
    name = learner.full_name.strip().casefold()
    handed_in = sorted(f"{each.activity} {each.submitted_at}" for each in record.results if each.submitted_at)
    told = (
        (Evidence.STUDENT_NUMBER, (learner.student_number.strip(),)),
        (Evidence.CONTACT, (name, learner.email.strip().casefold())),
        (Evidence.WORK, (name, record.course.id, " ".join(handed_in))),
    )
    return tuple(Mark(_digest(place, evidence, *words), evidence) for evidence, words in told if all(words))


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def doubts(
    work: UnitOfWork, awards: Sequence[AwardRow], records: Mapping[LearnerId, AssessmentRecord], now: datetime
) -> dict[str, Waiting]:
    """Return by award id which of ``awards``, of one achievement, must not be sealed now.

    Who seems to have it already waits for a person, and a case is opened; who has it, by another id that a person
    tied to this one, gets no second. By what these learners are known is remembered.
    """
    if not awards:
        return {}
    platform = awards[0].platform
    work.people.mark(platform, {award.learner: marks_of(records[award.learner]) for award in awards})
    alike = work.people.alike(platform, [award.learner for award in awards])
    tied = work.people.merged(platform)
    found: dict[str, Waiting] = {}
    for award in awards:
        for other, evidence in alike.get(award.learner, {}).items():
            if _has_it(work, award, other):
                work.people.notice(Holder(platform, award.learner), other, evidence, now)
                found[award.id] = Waiting(State.HELD, (StoredReason(SAME_PERSON, _SEEMS),))
        others = (other for other in tied.get(award.learner, ()) if other != award.learner)
        if not award.supersedes and any(_has_it(work, award, other) for other in others):
            found[award.id] = JOINED
    return found


def renamed(work: UnitOfWork, holder: Holder, before: LearnerId, account: str, now: datetime) -> None:
    """Remember that the platform calls its ``account`` by another id than ``before``; ask where awards hang on it."""
    mark = Mark(_digest(holder.platform, Evidence.ACCOUNT, account), Evidence.ACCOUNT)
    work.people.mark(holder.platform, {before: (mark,), holder.learner: (mark,)})
    if work.kinships.of_people(holder.platform, (before,)):
        work.people.notice(holder, before, {Evidence.ACCOUNT}, now)


def leave_out_doubts(
    work: UnitOfWork, ready: Sequence[tuple[AwardRow, AssessmentRecord]], *, actor: str, now: datetime
) -> list[AwardRow]:
    """Return the awards of whom nobody doubts who they are; the others are moved to where they wait."""
    awards = [award for award, _ in ready]
    doubted = doubts(work, awards, {award.learner: record for award, record in ready}, now)
    for award in awards:
        if why := doubted.get(award.id):
            work.awards.move_all((award,), Move(to=why.state, now=now, actor=actor, reasons=why.reasons))
    return [award for award in awards if award.id not in doubted]


def _has_it(work: UnitOfWork, award: AwardRow, other: LearnerId) -> bool:
    """Whether the other one has it, by whichever edition: while a replacement is open the one before is in force."""
    return any(_came_first(rival, award) for rival in work.kinships.of_learner(award, other))


def _came_first(rival: AwardRow, award: AwardRow) -> bool:
    """Whether the other one's award stands before this one; of two that are about to be sealed one goes on."""
    if rival.state is State.ELIGIBLE:
        return award.state is not State.ELIGIBLE or rival.id < award.id
    return rival.state in _TAKEN
