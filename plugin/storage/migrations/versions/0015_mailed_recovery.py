"""Recovery links that are mailed, and that somebody asked for one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "recovery_requests",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("address_mark", sa.String(length=255), nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_requests")),
    )
    op.create_index("ix_recovery_requests_address", "recovery_requests", ["address_mark", "requested_at"])
    op.create_table(
        "mailed_links",
        sa.Column("token_digest", sa.String(length=255), nullable=False),
        sa.Column("platform_id", sa.String(length=255), nullable=False),
        sa.Column("learner_id", sa.String(length=255), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_mailed_links")),
    )
    op.create_index("ix_mailed_links_learner", "mailed_links", ["platform_id", "learner_id"])


def downgrade() -> None:
    """Take the schema back; the release before does not know this kind of work."""
    op.execute("DELETE FROM outbox WHERE topic = 'recover'")
    op.drop_index("ix_mailed_links_learner", table_name="mailed_links")
    op.drop_table("mailed_links")
    op.drop_index("ix_recovery_requests_address", table_name="recovery_requests")
    op.drop_table("recovery_requests")
