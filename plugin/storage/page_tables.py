"""Tables of what the pages keep: links, objections, drafts, readings. No behaviour here."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from plugin.storage.columns import Moment, metadata

shares = Table(
    "shares",
    metadata,
    Column("token", String(255), primary_key=True),
    Column("credential_id", String(255), ForeignKey("credentials.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Column("closed_at", Moment),
    Column("views", Integer, nullable=False, server_default="0"),
    Index("ix_shares_credential", "credential_id"),
)

recovery_links = Table(
    "recovery_links",
    metadata,
    Column("token_digest", String(255), primary_key=True),
    Column("platform_id", String(255), nullable=False),
    Column("learner_id", String(255), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Index("ix_recovery_links_learner", "platform_id", "learner_id"),
)

objections = Table(
    "objections",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("award_id", String(255), ForeignKey("awards.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_by", Text, nullable=False, server_default=""),
    Column("answered_at", Moment),
    Index("ix_objections_award", "award_id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("platform_id", String(255), primary_key=True),
    Column("course_id", String(255), primary_key=True),
    Column("body", JSON, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("copied_from", Text, nullable=False, server_default=""),
    Column("saved_by", Text, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

class_readings = Table(
    "class_readings",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("platform_id", String(255), nullable=False),
    Column("course_id", String(255), nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("begun_at", Moment),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("finished_at", Moment),
    Column("error", String(255), nullable=False, server_default=""),
    UniqueConstraint("platform_id", "course_id", name="uq_class_readings_course"),
)
