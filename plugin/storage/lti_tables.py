"""Tables of the LTI side: registrations, deployments, launches, invites and the tool's own keys."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table
from sqlalchemy import UniqueConstraint as Unique

from plugin.storage.columns import json_value, key, locked, metadata, moment, text

registrations = Table(
    "registrations",
    metadata,
    key("id"),
    text("issuer"),
    text("client_id"),
    text("authorization_endpoint"),
    text("token_endpoint"),
    text("jwks_uri"),
    text("product", default=""),
    text("title", default=""),
    json_value("origins"),
    json_value("scopes"),
    moment("created_at"),
    PrimaryKeyConstraint("id"),
    Index("ix_registrations_issuer", "issuer"),
)

deployments = Table(
    "deployments",
    metadata,
    key("platform_id"),
    key("registration_id"),
    key("deployment_id"),
    Column("allowed", Boolean, nullable=False),
    moment("first_seen_at"),
    PrimaryKeyConstraint("platform_id"),
    Unique("registration_id", "deployment_id"),
    ForeignKeyConstraint(["registration_id"], ["registrations.id"]),
)

launches = Table(
    "launches",
    metadata,
    key("id"),
    key("client_id"),
    json_value("claims"),
    moment("launched_at"),
    PrimaryKeyConstraint("id"),
    Index("ix_launches_launched_at", "launched_at"),
)

invites = Table(
    "invites",
    metadata,
    key("digest"),
    moment("expires_at"),
    moment("spent_at", null=True),
    PrimaryKeyConstraint("digest"),
)

tool_keys = Table(
    "tool_keys",
    metadata,
    key("key_id"),
    locked("private_key", null=False),
    moment("created_at"),
    PrimaryKeyConstraint("key_id"),
)

administrator_sessions = Table(
    "administrator_sessions",
    metadata,
    key("digest"),
    text("name"),
    text("came_by"),
    moment("began_at"),
    moment("seen_at"),
    moment("ended_at", null=True),
    PrimaryKeyConstraint("digest"),
)

administrator_links = Table(
    "administrator_links",
    metadata,
    key("digest"),
    text("name"),
    moment("expires_at"),
    moment("spent_at", null=True),
    PrimaryKeyConstraint("digest"),
)
