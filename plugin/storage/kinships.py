"""Awards of one achievement, or of one person, under several ids."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from mappings.assessment import LearnerId, PlatformId
from plugin.storage.awards import AwardRow, award_of
from plugin.storage.tables import awards


class Kinships:
    """Looking across ids within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_learner(self, award: AwardRow, learner: LearnerId) -> tuple[AwardRow, ...]:
        """Return every edition of another learner's award of the same achievement."""
        place = (awards.c.platform_id == award.platform, awards.c.course_id == award.course)
        same = (*place, awards.c.profile_id == award.profile_id, awards.c.learner_id == learner)
        return tuple(award_of(row) for row in self._connection.execute(select(awards).where(*same)))

    def of_people(self, platform: PlatformId, learners: Collection[LearnerId]) -> tuple[AwardRow, ...]:
        """Return every award of these ids, by course and profile, oldest edition first."""
        query = select(awards).where(awards.c.platform_id == platform, awards.c.learner_id.in_(learners))
        order = (awards.c.course_id, awards.c.profile_id, awards.c.edition, awards.c.created_at)
        return tuple(award_of(row) for row in self._connection.execute(query.order_by(*order)))
