"""What one person holds or is on the way to, across courses, and how a credential stands today."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, literal, not_, select, update

from mappings import snapshot
from mappings.elements import MicroCredential
from mappings.profile import CourseProfile
from mappings.text import Text
from plugin.storage.awards import State, StoredReason
from plugin.storage.page_tables import objections
from plugin.storage.people import ids_of
from plugin.storage.sharing import Holder
from plugin.storage.tables import awards, credentials, offers, profiles


@dataclass(frozen=True, slots=True)
class Standing:
    """How a credential stands: ``status`` is ``valid``, ``revoked`` or ``superseded``, since ``at``.

    ``successor`` is the id of the credential that replaces it, empty where there is none.
    """

    credential_id: str
    status: str
    at: datetime | None
    successor: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Objection:
    """What a learner wrote about an award, and what a person answered."""

    id: str
    award_id: str
    text: str
    created_at: datetime
    answer: str
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One award as its learner sees it. ``credential_id`` is empty while nothing is sealed."""

    award_id: str
    course_title: str
    profile: CourseProfile
    state: State
    reasons: tuple[StoredReason, ...]
    credential_id: str
    credential: MicroCredential | None
    sealed_at: datetime | None
    moved_at: datetime

    @property
    def title(self) -> Text | None:
        """The title of the credential."""
        return self.profile.title


class Holdings:
    """Reading for pages within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, holder: Holder) -> tuple[Holding, ...]:
        """Return everything of one person, by whichever of their ids, newest first; what was joined is no extra one."""
        mine = awards.c.learner_id.in_(ids_of(self._connection, holder))
        joined = and_(awards.c.state == State.SUPERSEDED, credentials.c.sealed_at.is_(None))
        query = _holdings().where(awards.c.platform_id == holder.platform, mine, not_(joined))
        return tuple(_holding(row) for row in self._connection.execute(query.order_by(awards.c.moved_at.desc())))

    def credential(self, holder: Holder, credential_id: str) -> Holding | None:
        """Return one sealed credential of this person; another's is as unknown as one that does not exist."""
        return next((each for each in self.of(holder) if each.credential_id == credential_id), None)

    def award(self, holder: Holder, award_id: str) -> Holding | None:
        """Return one award of this person."""
        return next((each for each in self.of(holder) if each.award_id == award_id), None)

    def standing(self, credential_id: str) -> Standing | None:
        """Return how a sealed credential stands, None where there is none of this id."""
        return self.standings((credential_id,)).get(credential_id)

    def standings(self, credential_ids: Collection[str]) -> dict[str, Standing]:
        """Return how sealed credentials stand, by their ids; without those that there are not."""
        columns, newer = credentials.c, credentials.alias()
        successor = select(newer.c.id).where(
            newer.c.supersedes == columns.id,
            newer.c.supersedes != literal("", literal_execute=True),
            newer.c.sealed_at.is_not(None),
        )
        found = select(
            columns.id,
            columns.status,
            columns.status_at,
            columns.valid_until,
            successor.limit(1).scalar_subquery().label("newer"),
        )
        sealed = (columns.id.in_(credential_ids), columns.sealed_at.is_not(None))
        rows = self._connection.execute(found.where(*sealed)).all()
        return {row.id: Standing(row.id, row.status, row.status_at, row.newer or "", row.valid_until) for row in rows}

    def object(self, award_id: str, text: str, now: datetime) -> None:
        """Keep what a learner objects to."""
        row = {"id": str(uuid.uuid4()), "award_id": award_id, "text": text, "created_at": now}
        self._connection.execute(insert(objections).values(**row))

    def objection(self, objection_id: str) -> Objection | None:
        """Return one objection."""
        query = select(objections).where(objections.c.id == objection_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else Objection(**row)

    def unanswered(self, offer_id: str) -> tuple[Objection, ...]:
        """Return the objections in one course that nobody answered, oldest first."""
        query = select(objections).join(awards, awards.c.id == objections.c.award_id)
        query = query.where(awards.c.offer_id == offer_id, objections.c.answered_at.is_(None))
        rows = self._connection.execute(query.order_by(objections.c.created_at)).mappings()
        return tuple(Objection(**row) for row in rows)

    def answer(self, objection_id: str, answer: str, *, by: str, now: datetime) -> None:
        """Keep the answer of a named person."""
        said = {"answer": answer, "answered_by": by, "answered_at": now}
        self._connection.execute(update(objections).where(objections.c.id == objection_id).values(**said))

    def objections(self, award_ids: tuple[str, ...]) -> tuple[Objection, ...]:
        """Return what was objected to these awards, oldest first."""
        query = select(objections).where(objections.c.award_id.in_(award_ids)).order_by(objections.c.created_at)
        return tuple(Objection(**row) for row in self._connection.execute(query).mappings())


def _holdings() -> Select[Any]:
    of_award = credentials.c.award_id == awards.c.id
    profile = (profiles.c.id == offers.c.profile_id) & (profiles.c.version == offers.c.profile_version)
    columns = (
        awards.c.id,
        awards.c.state,
        awards.c.reasons,
        awards.c.moved_at,
        offers.c.course_title,
        profiles.c.body,
        credentials.c.id.label("credential_id"),
        credentials.c.snapshot,
        credentials.c.sealed_at,
    )
    tables = awards.join(offers, awards.c.offer_id == offers.c.id).join(profiles, profile)
    return select(*columns).select_from(tables.join(credentials, of_award, isouter=True))


def _holding(row: Row[Any]) -> Holding:
    sealed = row.sealed_at is not None
    return Holding(
        award_id=row.id,
        course_title=row.course_title,
        profile=snapshot.load(CourseProfile, row.body),
        state=State(row.state),
        reasons=tuple(StoredReason(**reason) for reason in row.reasons),
        credential_id=row.credential_id if sealed else "",
        credential=snapshot.load(MicroCredential, row.snapshot) if sealed else None,
        sealed_at=row.sealed_at,
        moved_at=row.moved_at,
    )
