"""Decoys in status lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward; lists that are there already go on without decoys."""
    op.add_column("status_lists", sa.Column("decoys", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("status_lists", "decoys")
