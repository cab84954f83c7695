"""Joining two accounts that are one person, as a named person found out; nothing is rewritten and nothing deleted.

The ids are tied together. From then on whichever of them a reading or a launch names, it is the same person: one
credential per achievement, one page, one answer to a request about personal data. Where both hold a credential of the
same achievement the one of the account that is kept goes on, and the other one ends as replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

import structlog

from mappings.assessment import LearnerId, PlatformId
from plugin.errors import CannotBeJoined, NoReasonGiven
from plugin.remedies import end
from plugin.sameness import JOINED
from plugin.storage.awards import ISSUED, OPEN, AwardRow, Move, Ruling, State
from plugin.storage.people import Decision
from plugin.storage.sharing import Holder
from plugin.storage.unit_of_work import Storage, UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MergingTools:
    """What joining works with. ``clock`` returns aware UTC."""

    storage: Storage
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ids of one platform: the account that is gone or goes, and the one that is kept."""

    platform: PlatformId
    old: LearnerId
    new: LearnerId

    @property
    def kept(self) -> Holder:
        """By which id the person is known from now on."""
        return Holder(self.platform, self.new)


class Becomes(StrEnum):
    """What becomes of an award."""

    STAYS = "stays"
    CLOSED = "is closed: the person has the credential by the other account"
    ENDS = "ends as replaced: both accounts held a credential of the same achievement"


@dataclass(frozen=True, slots=True)
class Fate:
    """One award, and what joining makes of it."""

    award: AwardRow
    becomes: Becomes


def preview(tools: MergingTools, pair: Pair) -> tuple[Fate, ...]:
    """Say what joining would do, award by award. Changes nothing. Raises :class:`CannotBeJoined`."""
    with tools.storage.reading() as work:
        return _fates(work, pair)


def merge(tools: MergingTools, pair: Pair, *, by: str, reason: str) -> tuple[Fate, ...]:
    """Join two accounts. Raises :class:`CannotBeJoined`, :class:`NoReasonGiven`."""
    _require(by, reason)
    now = tools.clock()
    with tools.storage.begin() as work:
        fates = _fates(work, pair)
        work.people.tie(pair.kept, pair.old)
        work.people.decide(pair.kept, pair.old, Decision.SAME, by=by, reason=reason, now=now)
        for fate in fates:
            _carry_out(work, fate, by=by, now=now)
        _carry_over_refusals(work, fates, now)
    log.info("people_joined", count=len(fates))
    return fates


def part(tools: MergingTools, pair: Pair, *, by: str, reason: str) -> None:
    """Keep that two ids are two people: neither waits for the other any more."""
    _require(by, reason)
    now = tools.clock()
    with tools.storage.begin() as work:
        if pair.old in work.people.ids(pair.kept):
            raise CannotBeJoined("these two were joined already: they cannot be said to be two people")
        work.people.decide(pair.kept, pair.old, Decision.APART, by=by, reason=reason, now=now)


def _fates(work: UnitOfWork, pair: Pair) -> tuple[Fate, ...]:
    together = {*work.people.ids(Holder(pair.platform, pair.old)), *work.people.ids(pair.kept)}
    if pair.old == pair.new or pair.old in work.people.ids(pair.kept):
        raise CannotBeJoined("these two ids are one person already")
    if not work.kinships.of_people(pair.platform, (pair.old,)):
        raise CannotBeJoined(f"nothing was ever awarded or looked at for {pair.old}: there is nothing to join")
    awards = work.kinships.of_people(pair.platform, together)
    achievements = groupby(awards, _achievement)
    return tuple(fate for _, several in achievements for fate in _of_achievement(tuple(several), pair))


def _of_achievement(awards: Sequence[AwardRow], pair: Pair) -> Iterator[Fate]:
    """Yield what becomes of all awards of one achievement: one credential at most goes on."""
    in_force = [award for award in awards if award.state in ISSUED]
    kept = next(
        (award for award in reversed(in_force) if award.learner == pair.new), in_force[-1] if in_force else None
    )
    decided = kept is not None or any(award.state is State.REVOKED for award in awards)
    for award in awards:
        replaces = kept is not None and award.supersedes and award.learner == kept.learner
        if award in in_force and award is not kept:
            yield Fate(award, Becomes.ENDS)
        elif award.state in OPEN and decided and not replaces:
            yield Fate(award, Becomes.CLOSED)
        else:
            yield Fate(award, Becomes.STAYS)


def _carry_out(work: UnitOfWork, fate: Fate, *, by: str, now: datetime) -> None:
    if fate.becomes is Becomes.ENDS:
        said = "Two accounts of the holder were joined; the credential of the other one counts."
        end(work, fate.award, State.SUPERSEDED, by=by, reason=said, now=now)
    elif fate.becomes is Becomes.CLOSED:
        work.awards.move(fate.award, Move(to=JOINED.state, now=now, actor=by, reasons=JOINED.reasons))


def _carry_over_refusals(work: UnitOfWork, fates: Sequence[Fate], now: datetime) -> None:
    """Let what a person refused to the one account be refused to the other: it is the same person's work."""
    going_on = [fate.award for fate in fates if fate.becomes is Becomes.STAYS and fate.award.state in OPEN]
    refused = {_achievement(each): each for each in going_on if each.ruling is Ruling.REFUSED}
    for award in going_on:
        if award.ruling is Ruling.NONE and (said := refused.get(_achievement(award))):
            work.awards.rule(award, Ruling.REFUSED, by=said.ruled_by, reason=said.ruling_reason, now=now)


def _achievement(award: AwardRow) -> tuple[str, str]:
    return award.course, award.profile_id


def _require(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise NoReasonGiven("say who decides and why")
