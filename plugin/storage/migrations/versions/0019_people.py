"""Who seems to be whom, and whose accounts are one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "person_marks",
        *(_key(name) for name in ("platform_id", "mark", "learner_id", "evidence")),
        sa.PrimaryKeyConstraint("platform_id", "mark", "learner_id", name=op.f("pk_person_marks")),
    )
    op.create_index("ix_person_marks_learner", "person_marks", ["platform_id", "learner_id"], unique=False)
    op.create_table(
        "person_cases",
        *(_key(name) for name in ("platform_id", "old_id", "new_id")),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in _DECIDED),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("platform_id", "old_id", "new_id", name=op.f("pk_person_cases")),
    )
    op.create_table(
        "person_ids",
        *(_key(name) for name in ("platform_id", "learner_id", "person_id")),
        sa.PrimaryKeyConstraint("platform_id", "learner_id", name=op.f("pk_person_ids")),
    )
    op.create_index("ix_person_ids_person", "person_ids", ["platform_id", "person_id"], unique=False)


_DECIDED = ("decision", "decided_by", "decided_reason")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=255), nullable=False)


def downgrade() -> None:
    """Take the schema back."""
    for table in ("person_ids", "person_cases", "person_marks"):
        op.drop_table(table)
