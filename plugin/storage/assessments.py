"""What platforms told us: the newest record per (platform, course, learner), and whether it said anything new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update

from mappings import snapshot
from mappings.assessment import AssessmentRecord, CourseId, EvidenceSource, LearnerId, PlatformId
from plugin.storage.profiles import digest
from plugin.storage.tables import assessments
from plugin.storage.writing import insert_if_absent

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Assessments:
    """Assessment records within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, record: AssessmentRecord) -> bool:
        """Keep ``record``. True where it is new or says something else; an older reading never replaces a newer."""
        key = _key(record)
        said = digest(snapshot.dump(_timeless(record)))
        stored = self._connection.execute(select(assessments.c.digest).where(_is(*key))).scalar()
        if stored is None and self._insert(record, said):
            return True
        older = and_(_is(*key), assessments.c.read_at <= record.read_at)
        if stored == said:
            self._connection.execute(update(assessments).where(older).values(read_at=record.read_at))
            return False
        values = {"record": snapshot.dump(record), "digest": said, "read_at": record.read_at}
        changed = update(assessments).where(older, assessments.c.digest != said)
        return self._connection.execute(changed.values(**values, changed_at=record.read_at)).rowcount == 1

    def record_all(self, records: Sequence[AssessmentRecord]) -> None:
        """Keep records of one course; most say what was said before, and only their times of reading are renewed."""
        said = {record.learner.id: digest(snapshot.dump(_timeless(record))) for record in records}
        stored = self._digests(records)
        for record in records:
            if stored.get(record.learner.id) != said[record.learner.id]:
                self.record(record)
        same = [each for each in records if stored.get(each.learner.id) == said[each.learner.id]]
        for read_at in sorted({each.read_at for each in same}):
            learners = [each.learner.id for each in same if each.read_at == read_at]
            read = (*_in(same[0]), assessments.c.learner_id.in_(learners), assessments.c.read_at <= read_at)
            self._connection.execute(update(assessments).where(*read).values(read_at=read_at))

    def _digests(self, records: Sequence[AssessmentRecord]) -> dict[str, str]:
        """Return what is stored of these learners of one course, by learner id."""
        if not records:
            return {}
        named = assessments.c.learner_id.in_([record.learner.id for record in records])
        query = select(assessments.c.learner_id, assessments.c.digest).where(*_in(records[0]), named)
        return {row.learner_id: row.digest for row in self._connection.execute(query)}

    def _insert(self, record: AssessmentRecord, said: str) -> bool:
        row = dict(zip(("platform_id", "course_id", "learner_id"), _key(record), strict=True))
        times = {"read_at": record.read_at, "changed_at": record.read_at}
        return insert_if_absent(
            self._connection, assessments, {**row, "record": snapshot.dump(record), "digest": said, **times}
        )

    def get(self, platform: PlatformId, course: CourseId, learner: LearnerId) -> AssessmentRecord | None:
        """Return the newest record of one learner."""
        query = select(assessments.c.record, assessments.c.read_at).where(_is(platform, course, learner))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else replace(snapshot.load(AssessmentRecord, row.record), read_at=row.read_at)

    def read_since(self, platform: PlatformId, course: CourseId, moment: datetime) -> frozenset[LearnerId]:
        """Return who of a course was read at ``moment`` or later."""
        in_course = and_(assessments.c.platform_id == platform, assessments.c.course_id == course)
        query = select(assessments.c.learner_id).where(in_course, assessments.c.read_at >= moment)
        return frozenset(map(LearnerId, self._connection.execute(query).scalars()))

    def changed_after(self, record: AssessmentRecord, moment: datetime) -> bool:
        """Whether what is kept of this learner of this course came to say something else after ``moment``."""
        query = select(assessments.c.changed_at).where(_is(*_key(record)), assessments.c.changed_at > moment)
        return self._connection.execute(query).first() is not None

    def of_course(self, platform: PlatformId, course: CourseId) -> Iterator[AssessmentRecord]:
        """Yield the newest record of every learner of a course, by learner id."""
        in_course = and_(assessments.c.platform_id == platform, assessments.c.course_id == course)
        query = select(assessments.c.record, assessments.c.read_at).where(in_course).order_by(assessments.c.learner_id)
        with self._connection.execute(query.execution_options(yield_per=200)) as result:
            for row in result:
                yield replace(snapshot.load(AssessmentRecord, row.record), read_at=row.read_at)


def _timeless(record: AssessmentRecord) -> AssessmentRecord:
    """Return the record without the times of reading: of itself, and of the settings that were read with it."""
    supervision = tuple(
        replace(each, stated_at=_NO_TIME) if each.source is EvidenceSource.PLATFORM_SETTING else each
        for each in record.supervision
    )
    return replace(record, read_at=_NO_TIME, supervision=supervision)


def _key(record: AssessmentRecord) -> tuple[PlatformId, CourseId, LearnerId]:
    return record.course.platform, record.course.id, record.learner.id


def _in(record: AssessmentRecord) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return assessments.c.platform_id == record.course.platform, assessments.c.course_id == record.course.id


def _is(platform: PlatformId, course: CourseId, learner: LearnerId) -> ColumnElement[bool]:
    return and_(
        assessments.c.platform_id == platform,
        assessments.c.course_id == course,
        assessments.c.learner_id == learner,
    )
