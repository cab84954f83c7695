"""An index that says which credentials of a status list have ended, without reading what they say."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_credentials_standing", "credentials", ["status_list_id", "status", "status_index"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_credentials_standing", "credentials")
