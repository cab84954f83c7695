"""Drafts of course profiles: what a teacher has stated so far, before anything is awarded by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from mappings import snapshot
from mappings.assessment import CourseId, PlatformId
from mappings.profile import CourseProfile, Issuer
from plugin.storage.page_tables import drafts
from plugin.storage.tables import issuers
from plugin.storage.writing import insert_if_absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The draft of one course. ``origins`` says by field who stated it; ``copied_from`` is a course id or empty."""

    profile: CourseProfile
    origins: Mapping[str, str]
    saved_by: str
    saved_at: datetime
    copied_from: str = ""


class Drafts:
    """Drafts within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, platform: PlatformId, course: CourseId) -> Draft | None:
        """Return the draft of a course, None where there is none."""
        query = select(drafts).where(drafts.c.platform_id == platform, drafts.c.course_id == course)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Draft(
            profile=snapshot.load(CourseProfile, row.body),
            origins=dict(row.origins),
            saved_by=row.saved_by,
            saved_at=row.saved_at,
            copied_from=row.copied_from,
        )

    def save(self, platform: PlatformId, course: CourseId, draft: Draft) -> None:
        """Keep ``draft`` in place of the one before."""
        key = {"platform_id": platform, "course_id": course}
        said: dict[str, object] = {"body": snapshot.dump(draft.profile), "origins": dict(draft.origins)}
        said |= {"saved_by": draft.saved_by, "saved_at": draft.saved_at, "copied_from": draft.copied_from}
        if not insert_if_absent(self._connection, drafts, {**key, **said}):
            same = (drafts.c.platform_id == platform, drafts.c.course_id == course)
            self._connection.execute(update(drafts).where(*same).values(**said))

    def institutions(self) -> tuple[Issuer, ...]:
        """Return the newest version of every institution profile, the one that was stated last first."""
        newest = select(issuers.c.id, func.max(issuers.c.version).label("version")).group_by(issuers.c.id).subquery()
        is_newest = (issuers.c.id == newest.c.id) & (issuers.c.version == newest.c.version)
        query = select(issuers.c.body).join(newest, is_newest).order_by(issuers.c.created_at.desc())
        return tuple(snapshot.load(Issuer, body) for (body,) in self._connection.execute(query))
