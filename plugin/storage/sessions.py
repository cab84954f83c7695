"""Session records of proctoring: append-only rows, and the secrets by which their senders are known.

A sitting may be told of several times (flagged, later cleared): every telling stays, the newest one counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, and_, insert, or_, select, update

from lti.proctoring import SessionRecord
from mappings import snapshot
from mappings.assessment import CourseId, LearnerId, PlatformId, SupervisionEvidence
from plugin.storage.reading_tables import intake_secrets, session_records
from plugin.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Told:
    """What counts of one sitting, who sent it, and when it came."""

    evidence: SupervisionEvidence
    sent_by: str
    received_at: datetime


class Sessions:
    """Session records within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, platform: PlatformId, record: SessionRecord, *, sent_by: str, now: datetime) -> bool:
        """Keep a record. False where the newest telling of the same sitting says the same."""
        where = {"platform_id": platform, "course_id": record.course, "learner_id": record.learner}
        where |= {"activity_id": record.evidence.activity, "sitting": record.sitting}
        said = snapshot.dump(record.evidence)
        same = and_(*(session_records.c[name] == value for name, value in where.items()))
        newest = select(session_records.c.evidence).where(same).order_by(session_records.c.seq.desc()).limit(1)
        if self._connection.execute(newest).scalar() == said:
            return False
        row = {**where, "evidence": said, "sent_by": sent_by, "received_at": now}
        self._connection.execute(insert(session_records).values(**row))
        return True

    def of_course(self, platform: PlatformId, course: CourseId) -> dict[LearnerId, tuple[Told, ...]]:
        """Return what counts of each learner's sittings."""
        return self._told(platform, course, None)

    def of_learners(
        self, platform: PlatformId, course: CourseId, learners: Iterable[LearnerId]
    ) -> dict[LearnerId, tuple[Told, ...]]:
        """Return the same of some learners."""
        return self._told(platform, course, tuple(learners))

    def _told(
        self, platform: PlatformId, course: CourseId, learners: tuple[LearnerId, ...] | None
    ) -> dict[LearnerId, tuple[Told, ...]]:
        columns = session_records.c
        query = select(session_records).where(columns.platform_id == platform, columns.course_id == course)
        if learners is not None:
            query = query.where(columns.learner_id.in_(learners))
        newest: dict[tuple[str, ...], Told] = {}
        for row in self._connection.execute(query.order_by(columns.seq)):
            evidence = snapshot.load(SupervisionEvidence, row.evidence)
            newest[row.learner_id, row.activity_id, row.sitting] = Told(evidence, row.sent_by, row.received_at)
        return _by_learner(newest)


def _by_learner(newest: Mapping[tuple[str, ...], Told]) -> dict[LearnerId, tuple[Told, ...]]:
    told: defaultdict[LearnerId, list[Told]] = defaultdict(list)
    for (learner, *_), each in newest.items():
        told[LearnerId(learner)].append(each)
    return {learner: tuple(each) for learner, each in told.items()}


class IntakeSecrets:
    """What signs session records, within one transaction; encrypted at rest."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def make(self, platform: PlatformId, secret: str, *, now: datetime, old_ends_at: datetime) -> None:
        """Keep a new secret; those before it end at ``old_ends_at``."""
        self.end(platform, old_ends_at)
        row = {"id": uuid4().hex, "platform_id": platform, "secret": self._vault.lock(secret), "created_at": now}
        self._connection.execute(insert(intake_secrets).values(**row))

    def end(self, platform: PlatformId, at: datetime) -> None:
        """Let no secret of the platform live longer than until ``at``."""
        columns = intake_secrets.c
        longer = and_(columns.platform_id == platform, or_(columns.ends_at.is_(None), columns.ends_at > at))
        self._connection.execute(update(intake_secrets).where(longer).values(ends_at=at))

    def of(self, platform: PlatformId, now: datetime) -> tuple[str, ...]:
        """Return the secrets in force."""
        columns = intake_secrets.c
        live = and_(columns.platform_id == platform, or_(columns.ends_at.is_(None), columns.ends_at > now))
        return tuple(
            self._vault.unlock(row.secret) for row in self._connection.execute(select(columns.secret).where(live))
        )
