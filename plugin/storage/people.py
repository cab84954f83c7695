"""Who is whom: marks by which two ids can seem to be one person, what was decided about it, and ids that are one.

A person has one id per account. Whoever merges two accounts of theirs at the platform has two ids here; nothing is
rewritten, the ids are tied together. Marks are digests: what they are made from stays in the readings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, delete, insert, literal, or_, select, update

from mappings.assessment import LearnerId, PlatformId
from plugin.storage.audit import AuditTrail, Entry
from plugin.storage.journal import Notes
from plugin.storage.people_tables import person_cases, person_ids, person_marks
from plugin.storage.sharing import Holder
from plugin.storage.writing import conflict_insert, insert_if_absent

MOST_ALIKE = 3
"""A mark that more ids than these have tells nothing: «0000» is nobody's student number."""


class Evidence(StrEnum):
    """Why two ids seem to be one person."""

    STUDENT_NUMBER = "student_number"
    CONTACT = "contact"
    """The same name and mail address."""
    WORK = "work"
    """The same name, and the very same submissions in one course."""
    ACCOUNT = "account"
    """The platform names its own account by one id before and by another one now."""


class Decision(StrEnum):
    """What a person found out."""

    SAME = "same"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Mark:
    """By what somebody is known: a digest, and of what it is one."""

    digest: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCase:
    """Two ids that seem to be one person; ``decision`` None while nobody looked."""

    platform: PlatformId
    old: LearnerId
    new: LearnerId
    evidence: tuple[Evidence, ...]
    opened_at: datetime
    decision: Decision | None = None


class People:
    """People within one transaction."""

    def __init__(self, connection: Connection, trail: AuditTrail, notes: Notes) -> None:
        self._connection = connection
        self._trail = trail
        self._notes = notes

    def ids(self, holder: Holder) -> tuple[LearnerId, ...]:
        """Return every id of this person, the one that counts first."""
        return ids_of(self._connection, holder)

    def merged(self, platform: PlatformId) -> Mapping[LearnerId, tuple[LearnerId, ...]]:
        """Return for every id that is tied to others all of that person's ids."""
        query = select(person_ids).where(person_ids.c.platform_id == platform)
        together: dict[str, set[str]] = defaultdict(set)
        for row in self._connection.execute(query):
            together[row.person_id] |= {row.person_id, row.learner_id}
        return {LearnerId(one): tuple(map(LearnerId, sorted(ids))) for ids in together.values() for one in ids}

    def mark(self, platform: PlatformId, marks: Mapping[LearnerId, Sequence[Mark]]) -> None:
        """Keep by what people are known; what was known before stays."""
        rows = [
            {"platform_id": platform, "mark": mark.digest, "learner_id": learner, "evidence": mark.evidence}
            for learner, several in marks.items()
            for mark in several
        ]
        if rows:
            self._connection.execute(conflict_insert(self._connection, person_marks).on_conflict_do_nothing(), rows)

    def alike(
        self, platform: PlatformId, learners: Collection[LearnerId]
    ) -> dict[LearnerId, dict[LearnerId, set[Evidence]]]:
        """Return who seems to be whom by their marks, unless a person has said already what they are.

        In two steps: of one statement SQLite makes a search through all marks of the platform.
        """
        own = (person_marks.c.platform_id == platform, person_marks.c.learner_id.in_(learners), _tells(person_marks))
        mine = self._connection.execute(select(person_marks).where(*own)).all()
        holders = self._holders(platform, {row.mark for row in mine})
        found: dict[LearnerId, dict[LearnerId, set[Evidence]]] = defaultdict(lambda: defaultdict(set))
        for row in mine:
            for other in holders[row.mark] - {row.learner_id}:
                found[LearnerId(row.learner_id)][LearnerId(other)].add(Evidence(row.evidence))
        return self._undecided_of(platform, found) if found else {}

    def _holders(self, platform: PlatformId, marks: Collection[str]) -> dict[str, set[str]]:
        """Return who is known by each of these marks."""
        query = select(person_marks.c.mark, person_marks.c.learner_id)
        query = query.where(person_marks.c.platform_id == platform, person_marks.c.mark.in_(marks))
        holders: dict[str, set[str]] = defaultdict(set)
        for mark, learner in self._connection.execute(query) if marks else ():
            holders[mark].add(learner)
        return holders

    def _undecided_of(
        self, platform: PlatformId, found: dict[LearnerId, dict[LearnerId, set[Evidence]]]
    ) -> dict[LearnerId, dict[LearnerId, set[Evidence]]]:
        """Leave out pairs about which somebody decided, and ids that are one person already."""
        query = select(person_cases.c.old_id, person_cases.c.new_id).where(
            person_cases.c.platform_id == platform, person_cases.c.decision != ""
        )
        decided = {frozenset(row) for row in self._connection.execute(query)}
        tied = self.merged(platform)
        left = {
            learner: {
                other: evidence
                for other, evidence in others.items()
                if frozenset((learner, other)) not in decided and other not in tied.get(learner, ())
            }
            for learner, others in found.items()
        }
        return {learner: others for learner, others in left.items() if others}

    def notice(self, holder: Holder, old: LearnerId, evidence: Collection[Evidence], now: datetime) -> bool:
        """Open a case: ``holder`` seems to be who had the id ``old``. False where the two were noticed before."""
        if self.case(holder.platform, old, holder.learner) is not None:
            return False
        row = {"platform_id": holder.platform, "old_id": old, "new_id": holder.learner, "opened_at": now}
        said = ",".join(sorted(evidence))
        if not insert_if_absent(self._connection, person_cases, {**row, "evidence": said}):
            return False
        self._trail.note(Entry(at=now, actor="sync", act="open_case", subject="person", after="same", detail=said))
        return True

    def case(self, platform: PlatformId, one: LearnerId, other: LearnerId) -> PersonCase | None:
        """Return the case about two ids, whichever of them came first."""
        row = self._connection.execute(select(person_cases).where(_pair(platform, one, other))).first()
        return None if row is None else _case(row)

    def undecided(self, platform: PlatformId | None = None) -> tuple[PersonCase, ...]:
        """Return the cases at which nobody has looked, oldest first."""
        query = select(person_cases).where(person_cases.c.decision == "")
        if platform is not None:
            query = query.where(person_cases.c.platform_id == platform)
        rows = self._connection.execute(query.order_by(person_cases.c.opened_at, person_cases.c.new_id))
        return tuple(_case(row) for row in rows)

    def decide(
        self, holder: Holder, old: LearnerId, decision: Decision, *, by: str, reason: str, now: datetime
    ) -> None:
        """Keep what the named person ``by`` found out about two ids, also where nothing was noticed."""
        said = {"decision": decision, "decided_by": by, "decided_reason": reason, "decided_at": now}
        if self.case(holder.platform, old, holder.learner) is None:
            row = {"platform_id": holder.platform, "old_id": old, "new_id": holder.learner, "opened_at": now}
            self._connection.execute(insert(person_cases).values(**row, evidence="", **said))
        else:
            pair = _pair(holder.platform, old, holder.learner)
            self._connection.execute(update(person_cases).where(pair).values(**said))
        self._notes.decided(holder, old)
        self._trail.note(Entry(at=now, actor=by, act=f"person:{decision}", subject="person", detail=reason))

    def adopt(self, row: Mapping[str, Any]) -> bool:
        """Take a decision of the journal over. False where a newer one or the same is known."""
        pair = _pair(PlatformId(row["platform_id"]), LearnerId(row["old_id"]), LearnerId(row["new_id"]))
        known = self._connection.execute(select(person_cases.c.decided_at).where(pair)).one_or_none()
        if known is None:
            self._connection.execute(insert(person_cases).values(**row))
            return True
        said = {name: value for name, value in row.items() if name.startswith("deci")}
        older = or_(person_cases.c.decided_at.is_(None), person_cases.c.decided_at < row["decided_at"])
        return self._connection.execute(update(person_cases).where(pair, older).values(**said)).rowcount == 1

    def apart(self, holder: Holder, *, by: str, reason: str, now: datetime) -> None:
        """Keep that somebody is none of those whom they seemed to be."""
        for case in self.undecided(holder.platform):
            if holder.learner in {case.old, case.new}:
                other = case.new if case.old == holder.learner else case.old
                self.decide(holder, other, Decision.APART, by=by, reason=reason, now=now)

    def tie(self, holder: Holder, old: LearnerId) -> None:
        """Make all ids of ``old`` and of ``holder`` one person, known by the id of ``holder`` from now on."""
        everybody = {*self.ids(Holder(holder.platform, old)), *self.ids(holder)}
        for learner in sorted(everybody):
            one = and_(person_ids.c.platform_id == holder.platform, person_ids.c.learner_id == learner)
            self._connection.execute(delete(person_ids).where(one))
            row = {"platform_id": holder.platform, "learner_id": learner, "person_id": holder.learner}
            self._connection.execute(insert(person_ids).values(**row))
        self._notes.joined(holder)


def ids_of(connection: Connection, holder: Holder) -> tuple[LearnerId, ...]:
    """Return every id of this person, the one that counts first."""
    own = and_(person_ids.c.platform_id == holder.platform, person_ids.c.learner_id == holder.learner)
    person = connection.execute(select(person_ids.c.person_id).where(own)).scalar()
    if person is None:
        return (holder.learner,)
    together = and_(person_ids.c.platform_id == holder.platform, person_ids.c.person_id == person)
    others = connection.execute(select(person_ids.c.learner_id).where(together)).scalars()
    return (LearnerId(person), *(LearnerId(each) for each in sorted(others) if each != person))


def _same_mark(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(other.c.platform_id == one.c.platform_id, other.c.mark == one.c.mark)


def _tells(mine: FromClause) -> ColumnElement[bool]:
    """Say that few have a mark: one row more than :data:`MOST_ALIKE` is looked for, however many there are."""
    holders = person_marks.alias()
    one_too_many = select(literal(1)).select_from(holders).where(_same_mark(mine, holders)).correlate(mine)
    return ~one_too_many.limit(1).offset(MOST_ALIKE).exists()


def _pair(platform: PlatformId, one: LearnerId, other: LearnerId) -> Any:
    this_way = and_(person_cases.c.old_id == one, person_cases.c.new_id == other)
    that_way = and_(person_cases.c.old_id == other, person_cases.c.new_id == one)
    return and_(person_cases.c.platform_id == platform, or_(this_way, that_way))


def _case(row: Row[Any]) -> PersonCase:
    return PersonCase(
        platform=PlatformId(row.platform_id),
        old=LearnerId(row.old_id),
        new=LearnerId(row.new_id),
        evidence=tuple(Evidence(each) for each in row.evidence.split(",") if each),
        opened_at=row.opened_at,
        decision=Decision(row.decision) if row.decision else None,
    )
