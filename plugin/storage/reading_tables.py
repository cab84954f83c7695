"""Tables of what reading platforms needs: session records, secrets and tokens, and what launches told of a course."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table

from plugin.storage.columns import json_value, key, locked, metadata, moment, text

session_records = Table(
    "session_records",
    metadata,
    Column("seq", Integer, autoincrement=True, nullable=False),
    key("platform_id"),
    key("course_id"),
    key("learner_id"),
    key("activity_id"),
    key("sitting"),
    json_value("evidence"),
    text("sent_by"),
    moment("received_at"),
    PrimaryKeyConstraint("seq"),
    Index("ix_session_records_course", "platform_id", "course_id"),
)

intake_secrets = Table(
    "intake_secrets",
    metadata,
    key("id"),
    key("platform_id"),
    locked("secret", null=False),
    moment("created_at"),
    moment("ends_at", null=True),
    PrimaryKeyConstraint("id"),
    Index("ix_intake_secrets_platform_id", "platform_id"),
)

course_services = Table(
    "course_services",
    metadata,
    key("platform_id"),
    key("course_id"),
    text("members"),
    text("line_items"),
    text("own_id", default=""),
    moment("seen_at"),
    PrimaryKeyConstraint("platform_id", "course_id"),
)

known_people = Table(
    "known_people",
    metadata,
    key("platform_id"),
    key("user_id"),
    key("learner_id"),
    PrimaryKeyConstraint("platform_id", "user_id"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    key("id"),
    locked("value"),
    moment("expires_at", null=True),
    text("lease_token", default=""),
    moment("lease_until", null=True),
    PrimaryKeyConstraint("id"),
)

authorizations = Table(
    "authorizations",
    metadata,
    key("state_digest"),
    key("platform_id"),
    locked("verifier", null=False),
    moment("expires_at"),
    moment("spent_at", null=True),
    PrimaryKeyConstraint("state_digest"),
)
