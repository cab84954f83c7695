"""Who set the correction rule of a course, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("offers", sa.Column("correction_by", sa.Text(), server_default="", nullable=False))
    op.add_column("offers", sa.Column("correction_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("offers", "correction_at")
    op.drop_column("offers", "correction_by")
