"""Corrections: what changed after an award was sealed, and what a person or a rule decided about it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, not_, select, update

from plugin.errors import ChangedMeanwhile, UnknownRow
from plugin.storage.audit import AuditTrail, Entry
from plugin.storage.awards import ISSUED, StoredReason, as_json
from plugin.storage.profiles import Offer
from plugin.storage.tables import awards, cases, credentials
from plugin.storage.writing import insert_if_absent


class Kind(StrEnum):
    """What changed."""

    NO_LONGER_EARNED = "no_longer_earned"
    """Completion undone, failed after a regrade, learner left or merged into another."""
    PERSON = "person"
    """Name or number of the holder."""
    ACHIEVEMENT = "achievement"
    """Outcomes, assessments, grade or supervision."""
    PROFILE = "profile"
    """What teacher or institution state: profile, accreditation."""


class Remedy(StrEnum):
    """What is done about it. Nothing is ever edited or deleted."""

    KEEP = "keep"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A change that was noticed. ``remedy`` None while nobody decided."""

    id: str
    award_id: str
    kind: Kind
    reasons: tuple[StoredReason, ...]
    opened_at: datetime
    remedy: Remedy | None
    decided_by: str
    decided_reason: str


class Cases:
    """Cases within one transaction."""

    def __init__(self, connection: Connection, trail: AuditTrail) -> None:
        self._connection = connection
        self._trail = trail

    def open(
        self, award_id: str, kind: Kind, fingerprint: str, *, reasons: Sequence[StoredReason], now: datetime
    ) -> Case | None:
        """Open a case; None where the same change (``fingerprint``) was noticed before, decided or not."""
        case_id = str(uuid.uuid4())
        row: dict[str, object] = {"id": case_id, "award_id": award_id, "fingerprint": fingerprint, "kind": kind}
        row |= {"reasons": [as_json(reason) for reason in reasons], "opened_at": now}
        if not insert_if_absent(self._connection, cases, row):
            return None
        self._trail.note(Entry(at=now, actor="sync", act="open_case", subject=award_id, after=kind, detail=case_id))
        return self.get(case_id)

    def get(self, case_id: str) -> Case:
        """Return a case. Raises :class:`UnknownRow`."""
        row = self._connection.execute(select(cases).where(cases.c.id == case_id)).one_or_none()
        if row is None:
            raise UnknownRow(f"there is no case {case_id}")
        return _case(row)

    def undecided(self, offer_id: str) -> tuple[Case, ...]:
        """Return the cases of an offer that wait for somebody, oldest first."""
        query = select(cases).join(awards, awards.c.id == cases.c.award_id)
        query = query.where(awards.c.offer_id == offer_id, cases.c.remedy == "").order_by(cases.c.opened_at, cases.c.id)
        return tuple(_case(row) for row in self._connection.execute(query))

    def made_by_others(self, offer: Offer) -> tuple[str, ...]:
        """Return the awards whose credential is in force and was made by other versions than those of ``offer``."""
        versions = (credentials.c.profile_version == offer.profile_version) & (
            credentials.c.issuer_version == offer.issuer_version
        )
        query = select(awards.c.id).join(credentials, credentials.c.award_id == awards.c.id)
        query = query.where(awards.c.offer_id == offer.id, awards.c.state.in_(ISSUED), not_(versions))
        return tuple(self._connection.execute(query.order_by(awards.c.id)).scalars())

    def why_superseded(self, award_id: str) -> str:
        """Return in the words of who decided it why an award's credential was superseded; empty where nobody did."""
        query = select(cases.c.decided_reason).where(cases.c.award_id == award_id, cases.c.remedy == Remedy.SUPERSEDE)
        return str(self._connection.execute(query.order_by(cases.c.decided_at.desc()).limit(1)).scalar() or "")

    def decide(self, case: Case, remedy: Remedy, *, by: str, reason: str, now: datetime) -> None:
        """Keep the decision. Raises :class:`ChangedMeanwhile` where somebody decided before."""
        open_one = (cases.c.id == case.id, cases.c.remedy == "")
        said = {"remedy": remedy, "decided_by": by, "decided_reason": reason, "decided_at": now}
        if self._connection.execute(update(cases).where(*open_one).values(**said)).rowcount != 1:
            raise ChangedMeanwhile(f"case {case.id} is decided already")
        entry = Entry(at=now, actor=by, act=f"case:{remedy}", subject=case.award_id, before=case.kind, detail=reason)
        self._trail.note(entry)


def _case(row: Row[Any]) -> Case:
    return Case(
        id=row.id,
        award_id=row.award_id,
        kind=Kind(row.kind),
        reasons=tuple(StoredReason(**reason) for reason in row.reasons),
        opened_at=row.opened_at,
        remedy=Remedy(row.remedy) if row.remedy else None,
        decided_by=row.decided_by,
        decided_reason=row.decided_reason,
    )
