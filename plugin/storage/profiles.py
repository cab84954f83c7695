"""Institution and course profiles by version (immutable), and the offers that bind one to a course."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, or_, select, update

from mappings import snapshot
from mappings.assessment import CourseId, PlatformId
from mappings.profile import CourseProfile, Issuer
from plugin.errors import ProfileInUse, UnknownRow
from plugin.storage.tables import issuers, offers, profiles
from plugin.storage.writing import insert_if_absent

ASK = "ask"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a change after sealing leads to: :data:`ASK` a person, or the remedy ``supersede`` or ``keep``."""

    correction: str = ASK
    set_by: str = ""
    """Who chose it; empty where nobody did."""
    set_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One course that awards one credential: which version of which profile is in force."""

    id: str
    platform: PlatformId
    course: CourseId
    profile_id: str
    profile_version: int
    issuer_id: str
    issuer_version: int
    enabled: bool
    course_title: str = ""
    course_ends_at: datetime | None = None
    synced_at: datetime | None = None
    full_sync_at: datetime | None = None
    reading_since: datetime | None = None
    """When a reading began that is not finished yet."""
    rule: Rule = Rule()
    notices: str = ""
    """On which channels its learners are told (:class:`plugin.notices.Choice`); empty: as the institution chose."""


def digest(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of a snapshot."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """Versions that this process has read: they never change, and every award of a course needs the same two."""

    profiles: dict[tuple[str, int], CourseProfile] = field(default_factory=dict)
    issuers: dict[tuple[str, int], Issuer] = field(default_factory=dict)


class Profiles:
    """Versions of profiles within one transaction. A version once stored never changes."""

    def __init__(self, connection: Connection, known: Known) -> None:
        self._connection = connection
        self._known = known

    def keep_course_profile(self, profile: CourseProfile, now: datetime) -> bool:
        """Store a version; True where it is new. Raises :class:`ProfileInUse` where it has other content."""
        return self._keep(profiles, (profile.id, profile.version), snapshot.dump(profile), now)

    def keep_issuer(self, issuer: Issuer, now: datetime) -> bool:
        """Store a version of an institution profile, like :meth:`keep_course_profile`."""
        return self._keep(issuers, (issuer.id, issuer.version), snapshot.dump(issuer), now)

    def course_profile(self, profile_id: str, version: int) -> CourseProfile:
        """Return a stored version. Raises :class:`UnknownRow`."""
        if (profile := self._known.profiles.get((profile_id, version))) is None:
            profile = snapshot.load(CourseProfile, self._body(profiles, profile_id, version))
            self._known.profiles[profile_id, version] = profile
        return profile

    def issuer(self, issuer_id: str, version: int) -> Issuer:
        """Return a stored version. Raises :class:`UnknownRow`."""
        if (issuer := self._known.issuers.get((issuer_id, version))) is None:
            issuer = snapshot.load(Issuer, self._body(issuers, issuer_id, version))
            self._known.issuers[issuer_id, version] = issuer
        return issuer

    def _keep(self, table: Table, key: tuple[str, int], body: dict[str, Any], now: datetime) -> bool:
        row = {"id": key[0], "version": key[1], "body": body, "digest": digest(body), "created_at": now}
        if insert_if_absent(self._connection, table, row):
            return True
        stored = self._connection.execute(select(table.c.digest).where(_version(table, *key))).scalar_one()
        if stored != row["digest"]:
            raise ProfileInUse(f"version {key[1]} of profile {key[0]} is stored with other content: count it up")
        return False

    def _body(self, table: Table, row_id: str, version: int) -> dict[str, Any]:
        body = self._connection.execute(select(table.c.body).where(_version(table, row_id, version))).scalar()
        if body is None:
            raise UnknownRow(f"there is no version {version} of profile {row_id}")
        return dict(body)


class Offers:
    """Offers within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def enable(
        self, platform: PlatformId, course: CourseId, *, profile: CourseProfile, issuer: Issuer, now: datetime
    ) -> Offer:
        """Let ``course`` award by these versions from now on; both must be kept already."""
        key = {"platform_id": platform, "course_id": course, "profile_id": profile.id}
        force = {"profile_version": profile.version, "issuer_id": issuer.id, "issuer_version": issuer.version}
        row = {"id": str(uuid.uuid4()), **key, **force, "enabled": True, "created_at": now}
        if not insert_if_absent(self._connection, offers, row):
            same = and_(*(offers.c[name] == value for name, value in key.items()))
            newer = or_(*(offers.c[name] != value for name, value in force.items()))
            self._connection.execute(update(offers).where(same, newer).values(**force, full_sync_at=None))
            self._connection.execute(update(offers).where(same).values(enabled=True))
        query = select(offers).where(*(offers.c[name] == value for name, value in key.items()))
        return _offer(self._connection.execute(query).one())

    def disable(self, offer_id: str) -> None:
        """Award nothing more in this course; what is sealed stays."""
        self._connection.execute(update(offers).where(offers.c.id == offer_id).values(enabled=False))

    def get(self, offer_id: str) -> Offer:
        """Return an offer. Raises :class:`UnknownRow`."""
        row = self._connection.execute(select(offers).where(offers.c.id == offer_id)).one_or_none()
        if row is None:
            raise UnknownRow(f"there is no offer {offer_id}")
        return _offer(row)

    def enabled(self) -> tuple[Offer, ...]:
        """Return every offer that awards."""
        query = select(offers).where(offers.c.enabled).order_by(offers.c.created_at, offers.c.id)
        return tuple(_offer(row) for row in self._connection.execute(query))

    def of_course(self, platform: PlatformId, course: CourseId) -> tuple[Offer, ...]:
        """Return the offers of one course, disabled ones too."""
        query = select(offers).where(offers.c.platform_id == platform, offers.c.course_id == course)
        return tuple(_offer(row) for row in self._connection.execute(query.order_by(offers.c.created_at)))

    def due(self, now: datetime) -> tuple[Offer, ...]:
        """Return the enabled offers whose course is to be read, the longest due first."""
        due = or_(offers.c.next_sync_at.is_(None), offers.c.next_sync_at <= now)
        query = select(offers).where(offers.c.enabled, due).order_by(offers.c.next_sync_at)
        return tuple(_offer(row) for row in self._connection.execute(query))

    def schedule(self, offer: Offer, next_sync_at: datetime) -> None:
        """Have the course read again then."""
        self._connection.execute(update(offers).where(offers.c.id == offer.id).values(next_sync_at=next_sync_at))

    def adopt_issuer(self, issuer: Issuer) -> tuple[Offer, ...]:
        """Let what awards by an older version of ``issuer`` award by this one; returns those offers, paused ones too.

        Their courses are read in full the next time.
        """
        older = (offers.c.issuer_id == issuer.id, offers.c.issuer_version < issuer.version)
        force = update(offers).where(*older).values(issuer_version=issuer.version, full_sync_at=None)
        return tuple(_offer(row) for row in self._connection.execute(force.returning(offers)))

    def correct_by(self, offer_id: str, rule: Rule) -> None:
        """Keep what a change after sealing leads to from now on."""
        said = {"correction": rule.correction, "correction_by": rule.set_by, "correction_at": rule.set_at}
        self._connection.execute(update(offers).where(offers.c.id == offer_id).values(**said))

    def notify_by(self, offer_id: str, notices: str) -> None:
        """Keep on which channels learners are told; empty: as the institution chose."""
        self._connection.execute(update(offers).where(offers.c.id == offer_id).values(notices=notices))

    def note_sync(self, offer: Offer, *, at: datetime, full: bool) -> None:
        """Remember that the course was read; ``at`` is when reading began."""
        values = {"synced_at": at, "reading_since": None} | ({"full_sync_at": at} if full else {})
        self._connection.execute(update(offers).where(offers.c.id == offer.id).values(**values))

    def note_unfinished(self, offer: Offer, began: datetime) -> None:
        """Remember that reading the course has begun then and goes on with the next job."""
        self._connection.execute(update(offers).where(offers.c.id == offer.id).values(reading_since=began))

    def note_course(self, offer: Offer, title: str, ends_at: datetime | None) -> None:
        """Remember what the platform calls the course and when it ends."""
        values = {"course_title": title, "course_ends_at": ends_at}
        self._connection.execute(update(offers).where(offers.c.id == offer.id).values(**values))


def _version(table: Table, row_id: str, version: int) -> ColumnElement[bool]:
    return and_(table.c.id == row_id, table.c.version == version)


def _offer(row: Row[Any]) -> Offer:
    return Offer(
        row.id,
        PlatformId(row.platform_id),
        CourseId(row.course_id),
        row.profile_id,
        row.profile_version,
        row.issuer_id,
        row.issuer_version,
        row.enabled,
        row.course_title,
        row.course_ends_at,
        row.synced_at,
        row.full_sync_at,
        row.reading_since,
        Rule(row.correction, row.correction_by, row.correction_at),
        row.notices,
    )
