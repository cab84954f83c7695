"""Drop the number of used entries of a status list: no code reads it, the unique key of credentials knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a001"
down_revision = None
branch_labels = ("after",)
depends_on = "0003"


def upgrade() -> None:
    """Drop what no running code uses."""
    op.drop_column("status_lists", "used")


def downgrade() -> None:
    """Bring the column back; nothing was in it."""
    op.add_column("status_lists", sa.Column("used", sa.Integer(), server_default="0", nullable=False))
