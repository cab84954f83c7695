"""Awards: one row per achievement (platform, course, learner, profile, edition) and the states that it goes through.

A row moves by one step per transaction, only where it is still what was read (``version``), and each step is noted
in the audit trail in the same transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select, tuple_, update

from mappings.assessment import CourseId, LearnerId, PlatformId
from plugin.errors import ChangedMeanwhile, ForbiddenTransition, UnknownRow
from plugin.storage.audit import AuditTrail, Entry
from plugin.storage.profiles import Offer
from plugin.storage.tables import awards
from plugin.storage.writing import insert_if_absent


class State(StrEnum):
    """The life of an award."""

    WITHHELD = "withheld"
    """Not earned, or not settled; the reasons say what is open."""
    ELIGIBLE = "eligible"
    HELD = "held"
    """Waits for a person; the reasons say why."""
    RESERVED = "reserved"
    """Identity and status index are taken; the seal is not there yet."""
    SEALED = "sealed"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    """Another one counts: a newer edition, or that of the account that this one was joined with."""
    REVOKED = "revoked"


ERASED = "erased:"
"""Learner ids that begin with it are of people who were erased (:mod:`plugin.storage.erasing`)."""
OPEN = frozenset({State.WITHHELD, State.ELIGIBLE, State.HELD, State.RESERVED})
"""States in which nothing is sealed yet."""
ISSUED = frozenset({State.SEALED, State.DELIVERED})

_UNDECIDED = frozenset({State.WITHHELD, State.ELIGIBLE, State.HELD})
_NEXT = {
    State.WITHHELD: _UNDECIDED | {State.RESERVED, State.SUPERSEDED},
    State.ELIGIBLE: _UNDECIDED | {State.RESERVED, State.SUPERSEDED},
    State.HELD: _UNDECIDED | {State.RESERVED, State.SUPERSEDED},
    State.RESERVED: frozenset({State.WITHHELD, State.HELD, State.RESERVED, State.SEALED, State.SUPERSEDED}),
    State.SEALED: frozenset({State.DELIVERED, State.SUPERSEDED, State.REVOKED}),
    State.DELIVERED: frozenset({State.SUPERSEDED, State.REVOKED}),
    State.SUPERSEDED: frozenset(),
    State.REVOKED: frozenset(),
}


class Ruling(StrEnum):
    """What a named person decided about an award that was held."""

    NONE = ""
    RELEASED = "released"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StoredReason:
    """A reason as it was when the award was decided: ``code`` for machines, ``sentence`` for people.

    ``values`` are the facts of the sentence by name, for other languages (:class:`mappings.awarding.Reason`).
    """

    code: str
    sentence: str
    subject: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What tells this reason from another one with the same code: about what, and by which facts."""
        facts = (self.subject, *(f"{name}={self.values[name]}" for name in sorted(self.values)))
        return "|".join((self.code, *(fact for fact in facts if fact)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRow:
    """An award as its row says; ``version`` counts its moves."""

    id: str
    offer_id: str
    platform: PlatformId
    course: CourseId
    learner: LearnerId
    profile_id: str
    edition: int
    state: State
    reasons: tuple[StoredReason, ...]
    version: int
    supersedes: str
    """Id of the credential that this edition replaces once it is sealed; empty for a first edition."""
    ruling: Ruling
    ruled_by: str
    ruling_reason: str
    ruled_codes: tuple[str, ...]
    """Marks of the reasons that the person had before them: what comes later is asked again."""
    created_at: datetime
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step: where to, why, who or what does it and when."""

    to: State
    now: datetime
    actor: str
    reasons: Sequence[StoredReason] = ()
    detail: str = ""


class Awards:
    """Awards within one transaction."""

    def __init__(self, connection: Connection, trail: AuditTrail) -> None:
        self._connection = connection
        self._trail = trail

    def open(self, offer: Offer, learner: LearnerId, now: datetime, also: Collection[LearnerId] = ()) -> AwardRow:
        """Return the newest edition of this achievement; where there is none, make it, withheld without reasons.

        ``also`` are other ids of the same person.
        """
        award = self.latest(offer, learner, also)
        if award is None or (award.learner != learner and award.state in OPEN and award.edition == 1):
            return self._insert(offer, learner, now)
        return award

    def open_edition(
        self, award: AwardRow, offer: Offer, *, credential_id: str, now: datetime, learner: LearnerId | None = None
    ) -> AwardRow:
        """Return the edition after ``award``, which is to supersede its credential; it is made at most once.

        ``learner`` is by which id the platform knows the holder now.
        """
        place = (learner or award.learner, now)
        return self._insert(offer, *place, edition=award.edition + 1, supersedes=credential_id)

    def _insert(
        self, offer: Offer, learner: LearnerId, now: datetime, *, edition: int = 1, supersedes: str = ""
    ) -> AwardRow:
        key: dict[str, object] = {"platform_id": offer.platform, "course_id": offer.course, "learner_id": learner}
        key |= {"profile_id": offer.profile_id, "edition": edition}
        award_id = str(uuid.uuid4())
        row: dict[str, object] = {"id": award_id, "offer_id": offer.id, **key, "state": State.WITHHELD}
        row["supersedes"] = supersedes
        row |= {"reasons": [], "ruled_codes": [], "created_at": now, "moved_at": now}
        if insert_if_absent(self._connection, awards, row):
            self._trail.note(Entry(at=now, actor="sync", act="open", subject=award_id, after=State.WITHHELD))
        query = select(awards).where(*(awards.c[name] == value for name, value in key.items()))
        return award_of(self._connection.execute(query).one())

    def get_all(self, award_ids: Collection[str]) -> tuple[AwardRow, ...]:
        """Return awards in the order of their ids; an id that nobody has is left out."""
        query = select(awards).where(awards.c.id.in_(award_ids)).order_by(awards.c.id)
        return tuple(award_of(row) for row in self._connection.execute(query))

    def get(self, award_id: str) -> AwardRow:
        """Return an award. Raises :class:`UnknownRow`."""
        row = self._connection.execute(select(awards).where(awards.c.id == award_id)).one_or_none()
        if row is None:
            raise UnknownRow(f"there is no award {award_id}")
        return award_of(row)

    def latest(self, offer: Offer, learner: LearnerId, also: Collection[LearnerId] = ()) -> AwardRow | None:
        """Return the newest edition of a learner's award, None where there is none yet.

        Of several ids the award that is sealed counts before one's own that is open, and what was closed counts last.
        """
        place = (awards.c.platform_id == offer.platform, awards.c.course_id == offer.course)
        achievement = (*place, awards.c.learner_id.in_({learner, *also}), awards.c.profile_id == offer.profile_id)
        rank = case((awards.c.state == State.SUPERSEDED, 3), (awards.c.state.not_in(OPEN), 1), else_=2)
        closed, own = rank == 3, awards.c.learner_id == learner
        query = select(awards).where(*achievement).order_by(closed, awards.c.edition.desc(), rank, own.desc())
        row = self._connection.execute(query.limit(1)).one_or_none()
        return None if row is None else award_of(row)

    def of_offer(self, offer_id: str, state: State | None = None) -> Iterator[AwardRow]:
        """Yield the awards of an offer by learner id, newest edition last."""
        query = _of_offer(offer_id).order_by(awards.c.learner_id, awards.c.edition)
        if state is not None:
            query = query.where(awards.c.state == state)
        with self._connection.execute(query.execution_options(yield_per=500)) as result:
            for row in result:
                yield award_of(row)

    def counts(self, offer_id: str) -> dict[State, int]:
        """Return how many awards of an offer are in each state."""
        query = select(awards.c.state, func.count()).where(awards.c.offer_id == offer_id).group_by(awards.c.state)
        return {State(state): count for state, count in self._connection.execute(query)}

    def open_learners(self, offer_id: str, reason_codes: frozenset[str] = frozenset()) -> frozenset[LearnerId]:
        """Return whose awards are not sealed; with ``reason_codes`` only those withheld for one of them."""
        open_ones = (awards.c.offer_id == offer_id, awards.c.state.in_(OPEN))
        rows = self._connection.execute(select(awards.c.learner_id, awards.c.reasons).where(*open_ones))
        chosen = (row for row in rows if not reason_codes or reason_codes & {each["code"] for each in row.reasons})
        return frozenset(LearnerId(row.learner_id) for row in chosen)

    def move(self, award: AwardRow, move: Move) -> AwardRow:
        """Move ``award`` on. Raises :class:`ChangedMeanwhile` where the row is no longer what was read."""
        for moved in self.move_all((award,), move):
            return moved
        raise ChangedMeanwhile(f"award {award.id} was moved by somebody else")

    def move_all(
        self, several: Collection[AwardRow], move: Move, details: Mapping[str, str] | None = None
    ) -> tuple[AwardRow, ...]:
        """Move awards on and return those that were still what was read; whoever is missing was moved by others.

        ``details`` are what the trail says of single awards, by award id.
        """
        for award in several:
            if move.to not in _NEXT[award.state]:
                raise ForbiddenTransition(f"award {award.id} cannot go from {award.state} to {move.to}")
        same = tuple_(awards.c.id, awards.c.version).in_([(award.id, award.version) for award in several])
        values: dict[str, object] = {"state": move.to, "reasons": [as_json(reason) for reason in move.reasons]}
        values["moved_at"] = case((awards.c.state == move.to, awards.c.moved_at), else_=move.now)
        step = update(awards).where(same).values(**values, version=awards.c.version + 1).returning(awards)
        moved = {row.id: award_of(row) for row in self._connection.execute(step)}
        codes = ",".join(reason.code for reason in move.reasons)
        for award in several:
            if award.id in moved:
                detail = (details or {}).get(award.id) or move.detail or codes
                self._note(award, move.to, now=move.now, actor=move.actor, act="move", detail=detail)
        return tuple(moved[award.id] for award in several if award.id in moved)

    def readdress(self, award: AwardRow, learner: LearnerId, *, actor: str, now: datetime) -> AwardRow:
        """Let an edition that is not sealed be read under another id of the same person: the platform names them so."""
        self._note(award, award.state, now=now, actor=actor, act="readdress", detail="")
        return self._update(award, {"learner_id": learner, "version": award.version + 1})

    def rule(self, award: AwardRow, ruling: Ruling, *, by: str, reason: str, now: datetime) -> AwardRow:
        """Keep what the named person ``by`` decided and why; the next decision obeys it.

        A release adds to what was released before: a new finding does not ask the old questions again.
        """
        said: dict[str, object] = {"ruling": ruling, "ruled_by": by, "ruling_reason": reason}
        before = award.ruled_codes if award.ruling is ruling else ()
        said["ruled_codes"] = list(dict.fromkeys((*before, *(each.mark for each in award.reasons))))
        ruled = self._update(award, {**said, "version": award.version + 1})
        self._note(award, award.state, now=now, actor=by, act=f"ruling:{ruling}", detail=reason)
        return ruled

    def _update(self, award: AwardRow, values: dict[str, object]) -> AwardRow:
        same = (awards.c.id == award.id, awards.c.version == award.version)
        row = self._connection.execute(update(awards).where(*same).values(**values).returning(awards)).one_or_none()
        if row is None:
            raise ChangedMeanwhile(f"award {award.id} was moved by somebody else")
        return award_of(row)

    def _note(self, award: AwardRow, to: State, *, now: datetime, actor: str, act: str, detail: str) -> None:
        entry = Entry(at=now, actor=actor, act=act, subject=award.id, before=award.state, after=to, detail=detail)
        self._trail.note(entry)


def _of_offer(offer_id: str) -> Select[Any]:
    """Leave out people who were erased: nothing is known of them but a number."""
    return select(awards).where(awards.c.offer_id == offer_id, awards.c.learner_id.not_like(f"{ERASED}%"))


def as_json(reason: StoredReason) -> dict[str, object]:
    """Return a reason as it is stored."""
    said: dict[str, object] = {"code": reason.code, "sentence": reason.sentence, "subject": reason.subject}
    return said | ({"values": dict(reason.values)} if reason.values else {})


def award_of(row: Row[Any]) -> AwardRow:
    """Return what a row of the table says."""
    return AwardRow(
        id=row.id,
        offer_id=row.offer_id,
        platform=PlatformId(row.platform_id),
        course=CourseId(row.course_id),
        learner=LearnerId(row.learner_id),
        profile_id=row.profile_id,
        edition=row.edition,
        state=State(row.state),
        reasons=tuple(StoredReason(**reason) for reason in row.reasons),
        version=row.version,
        supersedes=row.supersedes,
        ruling=Ruling(row.ruling),
        ruled_by=row.ruled_by,
        ruling_reason=row.ruling_reason,
        ruled_codes=tuple(row.ruled_codes),
        created_at=row.created_at,
        moved_at=row.moved_at,
    )
