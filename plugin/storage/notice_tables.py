"""Tables of telling learners: what went out where and how fast, where they are reached, links by mail. No behaviour."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from plugin.storage.columns import key, locked, metadata, moment, text

hand_overs = Table(
    "hand_overs",
    metadata,
    key("credential_id"),
    key("notice"),
    key("channel"),
    text("outcome", default=""),
    text("error", default=""),
    moment("begun_at"),
    moment("ended_at", null=True),
    PrimaryKeyConstraint("credential_id", "notice", "channel"),
    ForeignKeyConstraint(["credential_id"], ["credentials.id"]),
)

paces = Table(
    "paces",
    metadata,
    key("service"),
    moment("free_at"),
    PrimaryKeyConstraint("service"),
)

contacts = Table(
    "contacts",
    metadata,
    key("platform_id"),
    key("learner_id"),
    locked("address", null=False),
    key("address_mark"),
    text("locale", default=""),
    moment("confirmed_at"),
    key("mute_token"),
    moment("muted_at", null=True),
    PrimaryKeyConstraint("platform_id", "learner_id"),
    UniqueConstraint("mute_token"),
    Index("ix_contacts_address", "address_mark"),
)

recovery_requests = Table(
    "recovery_requests",
    metadata,
    key("id"),
    key("address_mark"),
    text("language", default=""),
    moment("requested_at"),
    moment("answered_at", null=True),
    PrimaryKeyConstraint("id"),
    Index("ix_recovery_requests_address", "address_mark", "requested_at"),
)

mailed_links = Table(
    "mailed_links",
    metadata,
    key("token_digest"),
    key("platform_id"),
    key("learner_id"),
    moment("ends_at"),
    moment("spent_at", null=True),
    PrimaryKeyConstraint("token_digest"),
    Index("ix_mailed_links_learner", "platform_id", "learner_id"),
)
