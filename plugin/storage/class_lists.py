"""The list that a teacher looks at: everybody's award in one course, searched and paged by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from plugin.storage.awards import OPEN, Ruling, State, StoredReason
from plugin.storage.tables import assessments, awards, credentials

_NAME = assessments.c.record["learner"]["full_name"].as_string()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One award of the list. ``name`` is empty where the platform withholds names."""

    award_id: str
    learner: str
    name: str
    state: State
    reasons: tuple[StoredReason, ...]
    ruling: Ruling
    moved_at: datetime
    credential_id: str
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: whose name or id contains ``words``, in ``state`` unless it is None."""

    offer_id: str
    words: str = ""
    state: State | None = None


class ClassLists:
    """Class lists within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, wanted: Wanted) -> int:
        """Count the lines."""
        return int(self._connection.execute(_chosen(select(func.count()), wanted)).scalar_one())

    def lines(self, wanted: Wanted, *, limit: int | None = None, offset: int = 0) -> Iterator[Line]:
        """Yield lines by name, then by learner id, newest edition last."""
        columns = (awards, _NAME.label("name"), credentials.c.id.label("credential_id"), credentials.c.sealed_at)
        query = _chosen(select(*columns), wanted).order_by(_NAME, awards.c.learner_id, awards.c.edition)
        with self._connection.execute(query.limit(limit).offset(offset)) as result:
            for row in result:
                yield _line(row)

    def oldest(self, offer_id: str) -> dict[State, datetime]:
        """Return since when the oldest award of an offer is in each state."""
        query = select(awards.c.state, func.min(awards.c.moved_at)).where(awards.c.offer_id == offer_id)
        return {State(state): moved for state, moved in self._connection.execute(query.group_by(awards.c.state))}

    def reasons(self, offer_id: str) -> dict[State, Counter[str]]:
        """Return how often each reason is given in each state of an offer, by its code."""
        query = select(awards.c.state, awards.c.reasons).where(awards.c.offer_id == offer_id, awards.c.state.in_(OPEN))
        found: dict[State, Counter[str]] = {}
        for state, reasons in self._connection.execute(query):
            found.setdefault(State(state), Counter()).update({each["code"] for each in reasons})
        return {state: counted for state, counted in found.items() if counted}


def _chosen(query: Select[Any], wanted: Wanted) -> Select[Any]:
    same_learner = and_(
        assessments.c.platform_id == awards.c.platform_id,
        assessments.c.course_id == awards.c.course_id,
        assessments.c.learner_id == awards.c.learner_id,
    )
    tables = awards.join(assessments, same_learner, isouter=True)
    tables = tables.join(credentials, credentials.c.award_id == awards.c.id, isouter=True)
    return query.select_from(tables).where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield awards.c.offer_id == wanted.offer_id
    if wanted.state is not None:
        yield awards.c.state == wanted.state
    if wanted.words:
        named = _NAME.icontains(wanted.words, autoescape=True)
        yield or_(named, awards.c.learner_id == wanted.words)


def _line(row: Row[Any]) -> Line:
    sealed = row.sealed_at is not None
    return Line(
        award_id=row.id,
        learner=row.learner_id,
        name=row.name or "",
        state=State(row.state),
        reasons=tuple(StoredReason(**reason) for reason in row.reasons),
        ruling=Ruling(row.ruling),
        moved_at=row.moved_at,
        credential_id=row.credential_id if sealed else "",
        sealed_at=row.sealed_at,
    )
