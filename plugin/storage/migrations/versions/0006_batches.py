"""Work that may be done together, and how often a worker was lost with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward; what waits already, and what the release before still asks for, is done row by row."""
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("batch", sa.String(255), server_default="", nullable=False))
        table.add_column(sa.Column("abandoned", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE outbox SET batch = row_id")
    op.create_index("ix_outbox_batch", "outbox", ["topic", "batch", "due_at"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_outbox_batch", "outbox")
    with op.batch_alter_table("outbox") as table:
        table.drop_column("abandoned")
        table.drop_column("batch")
