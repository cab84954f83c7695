"""Tables: names, types and the constraints that make «exactly once» a fact of the database. No behaviour here.

Times are aware UTC, JSON is what :mod:`mappings.snapshot` dumps, ids are text. Every constraint has a name, so
that SQLite and PostgreSQL migrate alike.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would be read back as another one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Say that it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text(name: str, *, null: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=null, server_default=default)


def _key(name: str) -> Column[str]:
    return Column(name, String(255), nullable=False)


def _moment(name: str, *, null: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=null)


def _number(name: str, default: int | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=None if default is None else str(default))


def _json(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


platforms = Table(
    "platforms",
    metadata,
    _key("id"),
    _text("kind"),
    _text("base_url"),
    _text("title", default=""),
    Column("credential", LargeBinary),
    _moment("created_at"),
    PrimaryKeyConstraint("id"),
)

issuers = Table(
    "issuers",
    metadata,
    _key("id"),
    _number("version"),
    _json("body"),
    _text("digest"),
    _moment("created_at"),
    PrimaryKeyConstraint("id", "version"),
)

profiles = Table(
    "profiles",
    metadata,
    _key("id"),
    _number("version"),
    _json("body"),
    _text("digest"),
    _moment("created_at"),
    PrimaryKeyConstraint("id", "version"),
)

offers = Table(
    "offers",
    metadata,
    _key("id"),
    _key("platform_id"),
    _key("course_id"),
    _key("profile_id"),
    _number("profile_version"),
    _key("issuer_id"),
    _number("issuer_version"),
    Column("enabled", Boolean, nullable=False),
    _text("course_title", default=""),
    _moment("course_ends_at", null=True),
    _moment("synced_at", null=True),
    _moment("full_sync_at", null=True),
    _moment("created_at"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("platform_id", "course_id", "profile_id"),
    ForeignKeyConstraint(["platform_id"], ["platforms.id"]),
    ForeignKeyConstraint(["profile_id", "profile_version"], ["profiles.id", "profiles.version"]),
    ForeignKeyConstraint(["issuer_id", "issuer_version"], ["issuers.id", "issuers.version"]),
)

assessments = Table(
    "assessments",
    metadata,
    _key("platform_id"),
    _key("course_id"),
    _key("learner_id"),
    _json("record"),
    _text("digest"),
    _moment("read_at"),
    _moment("changed_at"),
    PrimaryKeyConstraint("platform_id", "course_id", "learner_id"),
)

awards = Table(
    "awards",
    metadata,
    _key("id"),
    _key("offer_id"),
    _key("platform_id"),
    _key("course_id"),
    _key("learner_id"),
    _key("profile_id"),
    _number("edition", 1),
    _key("state"),
    _json("reasons"),
    _number("version", 1),
    _text("ruling", default=""),
    _text("ruled_by", default=""),
    _text("ruling_reason", default=""),
    _json("ruled_codes"),
    _moment("created_at"),
    _moment("moved_at"),
    PrimaryKeyConstraint("id"),
    ForeignKeyConstraint(["offer_id"], ["offers.id"]),
    UniqueConstraint("platform_id", "course_id", "learner_id", "profile_id", "edition"),
    Index("ix_awards_offer_state", "offer_id", "state"),
)

status_lists = Table(
    "status_lists",
    metadata,
    _key("id"),
    _number("size"),
    _number("used", 0),
    Column("open", Boolean, nullable=False),
    _moment("created_at"),
    PrimaryKeyConstraint("id"),
)

credentials = Table(
    "credentials",
    metadata,
    _key("id"),
    _key("award_id"),
    _json("snapshot"),
    _number("profile_version"),
    _number("issuer_version"),
    _moment("valid_from"),
    _moment("valid_until", null=True),
    _text("public_url"),
    _text("issuer_url"),
    _key("status_list_id"),
    _number("status_index"),
    _text("status_list_url"),
    _text("supersedes", default=""),
    _moment("reserved_at"),
    _moment("sealed_at", null=True),
    _text("status", default="valid"),
    _text("status_reason", default=""),
    _moment("status_at", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("award_id"),
    UniqueConstraint("status_list_id", "status_index"),
    ForeignKeyConstraint(["award_id"], ["awards.id"]),
    ForeignKeyConstraint(["status_list_id"], ["status_lists.id"]),
)

documents = Table(
    "documents",
    metadata,
    _key("credential_id"),
    _key("format"),
    Column("body", LargeBinary, nullable=False),
    _text("media_type"),
    _text("key_id"),
    _text("sha256"),
    _moment("sealed_at"),
    PrimaryKeyConstraint("credential_id", "format"),
    ForeignKeyConstraint(["credential_id"], ["credentials.id"]),
)

outbox = Table(
    "outbox",
    metadata,
    _key("topic"),
    _key("row_id"),
    _number("request", 1),
    _moment("due_at"),
    _moment("requested_at"),
    _moment("rung_at", null=True),
    _moment("lease_until", null=True),
    _text("lease_token", null=True),
    _number("attempts", 0),
    _text("error", default=""),
    _moment("parked_at", null=True),
    PrimaryKeyConstraint("topic", "row_id"),
    Index("ix_outbox_due", "parked_at", "due_at"),
)

audit = Table(
    "audit",
    metadata,
    _number("seq"),
    _moment("at"),
    _text("actor"),
    _text("act"),
    _key("subject"),
    _text("before"),
    _text("after"),
    _text("detail"),
    _text("previous_hash"),
    _text("hash"),
    PrimaryKeyConstraint("seq"),
    Index("ix_audit_subject", "subject"),
)

audit_head = Table(
    "audit_head",
    metadata,
    _number("id"),
    _number("seq"),
    _text("hash"),
    PrimaryKeyConstraint("id"),
)
