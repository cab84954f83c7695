"""Tables: names, types and the constraints that make «exactly once» a fact of the database. No behaviour here."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from plugin.storage.columns import json_value, key, locked, metadata, moment, number, partial_index, text

platforms = Table(
    "platforms",
    metadata,
    key("id"),
    text("kind"),
    text("base_url"),
    text("title", default=""),
    locked("credential"),
    locked("push_secret"),
    text("completion_report", default=""),
    moment("created_at"),
    PrimaryKeyConstraint("id"),
)

issuers = Table(
    "issuers",
    metadata,
    key("id"),
    number("version"),
    json_value("body"),
    text("digest"),
    moment("created_at"),
    PrimaryKeyConstraint("id", "version"),
)

profiles = Table(
    "profiles",
    metadata,
    key("id"),
    number("version"),
    json_value("body"),
    text("digest"),
    moment("created_at"),
    PrimaryKeyConstraint("id", "version"),
)

offers = Table(
    "offers",
    metadata,
    key("id"),
    key("platform_id"),
    key("course_id"),
    key("profile_id"),
    number("profile_version"),
    key("issuer_id"),
    number("issuer_version"),
    Column("enabled", Boolean, nullable=False),
    text("course_title", default=""),
    moment("course_ends_at", null=True),
    moment("synced_at", null=True),
    moment("full_sync_at", null=True),
    moment("next_sync_at", null=True),
    moment("reading_since", null=True),
    text("correction", default="ask"),
    text("correction_by", default=""),
    moment("correction_at", null=True),
    text("notices", default=""),
    moment("created_at"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("platform_id", "course_id", "profile_id"),
    ForeignKeyConstraint(["platform_id"], ["platforms.id"]),
    ForeignKeyConstraint(["profile_id", "profile_version"], ["profiles.id", "profiles.version"]),
    ForeignKeyConstraint(["issuer_id", "issuer_version"], ["issuers.id", "issuers.version"]),
)

assessments = Table(
    "assessments",
    metadata,
    key("platform_id"),
    key("course_id"),
    key("learner_id"),
    json_value("record"),
    text("digest"),
    moment("read_at"),
    moment("changed_at"),
    PrimaryKeyConstraint("platform_id", "course_id", "learner_id"),
)

awards = Table(
    "awards",
    metadata,
    key("id"),
    key("offer_id"),
    key("platform_id"),
    key("course_id"),
    key("learner_id"),
    key("profile_id"),
    number("edition", 1),
    key("state"),
    json_value("reasons"),
    number("version", 1),
    text("supersedes", default=""),
    text("ruling", default=""),
    text("ruled_by", default=""),
    text("ruling_reason", default=""),
    json_value("ruled_codes"),
    moment("created_at"),
    moment("moved_at"),
    PrimaryKeyConstraint("id"),
    ForeignKeyConstraint(["offer_id"], ["offers.id"]),
    UniqueConstraint("platform_id", "course_id", "learner_id", "profile_id", "edition"),
    Index("ix_awards_offer_state", "offer_id", "state"),
    Index("ix_awards_learner", "platform_id", "learner_id"),
)

status_lists = Table(
    "status_lists",
    metadata,
    key("id"),
    number("size"),
    Column("open", Boolean, nullable=False),
    Column("decoys", JSON, nullable=False, server_default="[]"),
    moment("created_at"),
    PrimaryKeyConstraint("id"),
)

credentials = Table(
    "credentials",
    metadata,
    key("id"),
    key("award_id"),
    json_value("snapshot"),
    number("profile_version"),
    number("issuer_version"),
    moment("valid_from"),
    moment("valid_until", null=True),
    text("public_url"),
    text("issuer_url"),
    key("status_list_id"),
    number("status_index"),
    text("status_list_url"),
    text("supersedes", default=""),
    moment("reserved_at"),
    moment("sealed_at", null=True),
    text("status", default="valid"),
    text("status_reason", default=""),
    moment("status_at", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("award_id"),
    UniqueConstraint("status_list_id", "status_index"),
    ForeignKeyConstraint(["award_id"], ["awards.id"]),
    ForeignKeyConstraint(["status_list_id"], ["status_lists.id"]),
    Index("ix_credentials_standing", "status_list_id", "status", "status_index"),
    partial_index("ix_credentials_supersedes", "supersedes", where="supersedes <> ''"),
)

documents = Table(
    "documents",
    metadata,
    key("credential_id"),
    key("format"),
    Column("body", LargeBinary, nullable=False),
    text("media_type"),
    text("key_id"),
    text("sha256"),
    moment("sealed_at"),
    PrimaryKeyConstraint("credential_id", "format"),
    ForeignKeyConstraint(["credential_id"], ["credentials.id"]),
)

cases = Table(
    "cases",
    metadata,
    key("id"),
    key("award_id"),
    key("fingerprint"),
    text("kind"),
    json_value("reasons"),
    text("remedy", default=""),
    text("decided_by", default=""),
    text("decided_reason", default=""),
    moment("opened_at"),
    moment("decided_at", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("award_id", "fingerprint"),
    ForeignKeyConstraint(["award_id"], ["awards.id"]),
)

deliveries = Table(
    "deliveries",
    metadata,
    key("credential_id"),
    key("channel"),
    text("outcome", default=""),
    moment("begun_at"),
    moment("ended_at", null=True),
    PrimaryKeyConstraint("credential_id", "channel"),
    ForeignKeyConstraint(["credential_id"], ["credentials.id"]),
)
"""Not used any more: ``hand_overs`` tells notices apart. Dropped once no release uses it."""

breakers = Table(
    "breakers",
    metadata,
    key("service"),
    number("failures", 0),
    moment("open_until", null=True),
    text("error", default=""),
    PrimaryKeyConstraint("service"),
)

hints = Table(
    "hints",
    metadata,
    key("platform_id"),
    key("event_id"),
    moment("received_at"),
    PrimaryKeyConstraint("platform_id", "event_id"),
    Index("ix_hints_received_at", "received_at"),
)

outbox = Table(
    "outbox",
    metadata,
    key("topic"),
    key("row_id"),
    Column("batch", String(255), nullable=False, server_default=""),
    number("request", 1),
    moment("due_at"),
    moment("requested_at"),
    moment("rung_at", null=True),
    moment("lease_until", null=True),
    text("lease_token", null=True),
    number("attempts", 0),
    number("abandoned", 0),
    text("error", default=""),
    moment("parked_at", null=True),
    PrimaryKeyConstraint("topic", "row_id"),
    Index("ix_outbox_due", "parked_at", "due_at"),
    Index("ix_outbox_batch", "topic", "batch", "due_at"),
)

audit = Table(
    "audit",
    metadata,
    number("seq"),
    moment("at"),
    text("actor"),
    text("act"),
    key("subject"),
    text("before"),
    text("after"),
    text("detail"),
    text("previous_hash"),
    text("hash"),
    PrimaryKeyConstraint("seq"),
    Index("ix_audit_subject", "subject"),
)

audit_head = Table(
    "audit_head",
    metadata,
    number("id"),
    number("seq"),
    text("hash"),
    PrimaryKeyConstraint("id"),
)

marks = Table(
    "marks",
    metadata,
    key("name"),
    text("value", default=""),
    moment("at"),
    PrimaryKeyConstraint("name"),
)

erasures = Table(
    "erasures",
    metadata,
    key("platform_id"),
    key("digest"),
    key("salt"),
    text("by"),
    text("reason"),
    moment("erased_at"),
    PrimaryKeyConstraint("platform_id", "digest"),
)
