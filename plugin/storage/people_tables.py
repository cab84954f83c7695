"""Tables of who is whom: by what a person is known, who seems to be whom, and whose accounts are one. No behaviour."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from plugin.storage.columns import key, metadata, moment, text

person_marks = Table(
    "person_marks",
    metadata,
    key("platform_id"),
    key("mark"),
    key("learner_id"),
    key("evidence"),
    PrimaryKeyConstraint("platform_id", "mark", "learner_id"),
    Index("ix_person_marks_learner", "platform_id", "learner_id"),
)

person_cases = Table(
    "person_cases",
    metadata,
    key("platform_id"),
    key("old_id"),
    key("new_id"),
    text("evidence"),
    moment("opened_at"),
    text("decision", default=""),
    text("decided_by", default=""),
    text("decided_reason", default=""),
    moment("decided_at", null=True),
    PrimaryKeyConstraint("platform_id", "old_id", "new_id"),
)

person_ids = Table(
    "person_ids",
    metadata,
    key("platform_id"),
    key("learner_id"),
    key("person_id"),
    PrimaryKeyConstraint("platform_id", "learner_id"),
    Index("ix_person_ids_person", "platform_id", "person_id"),
)
