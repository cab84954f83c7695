"""The platform's own id of a course, where launches name it by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("course_services", sa.Column("own_id", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("course_services", "own_id")
