"""Session records, secrets and tokens of reading, addresses of courses, ids of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=255), nullable=False)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _moment(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "session_records",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        *map(_key, ("platform_id", "course_id", "learner_id", "activity_id", "sitting")),
        sa.Column("evidence", sa.JSON(), nullable=False),
        _text("sent_by"),
        _moment("received_at"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_session_records")),
    )
    op.create_index("ix_session_records_course", "session_records", ["platform_id", "course_id"])
    op.create_table(
        "intake_secrets",
        *map(_key, ("id", "platform_id")),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        _moment("created_at"),
        _moment("ends_at", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_secrets")),
    )
    op.create_index("ix_intake_secrets_platform_id", "intake_secrets", ["platform_id"])
    op.create_table(
        "course_services",
        *map(_key, ("platform_id", "course_id")),
        *map(_text, ("members", "line_items")),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("platform_id", "course_id", name=op.f("pk_course_services")),
    )
    op.create_table(
        "known_people",
        *map(_key, ("platform_id", "user_id", "learner_id")),
        sa.PrimaryKeyConstraint("platform_id", "user_id", name=op.f("pk_known_people")),
    )
    op.create_table(
        "access_tokens",
        _key("id"),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        _moment("expires_at", null=True),
        _text("lease_token", ""),
        _moment("lease_until", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_tokens")),
    )
    op.create_table(
        "authorizations",
        *map(_key, ("state_digest", "platform_id")),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        _moment("expires_at"),
        _moment("spent_at", null=True),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_authorizations")),
    )


def downgrade() -> None:
    """Take the schema back."""
    for table in (
        *("authorizations", "access_tokens", "known_people"),
        *("course_services", "intake_secrets", "session_records"),
    ):
        op.drop_table(table)
