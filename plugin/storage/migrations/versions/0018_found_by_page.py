"""What the pages of learner and employer look up: awards of one person, and what replaced a credential."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("ix_awards_learner", "awards", ["platform_id", "learner_id"])
    some = sa.text("supersedes <> ''")  # hardly any credential replaces another one
    op.create_index(
        "ix_credentials_supersedes", "credentials", ["supersedes"], sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_credentials_supersedes", table_name="credentials")
    op.drop_index("ix_awards_learner", table_name="awards")
