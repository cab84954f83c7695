"""The report that tells who has not completed their course."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("platforms", sa.Column("completion_report", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("platforms", "completion_report")
