"""Notices: which of them went out on which channel, how fast, and where a learner is reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. What went out until now told that a credential is ready."""
    op.create_table(
        "hand_overs",
        sa.Column("credential_id", sa.String(length=255), nullable=False),
        sa.Column("notice", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name=op.f("fk_hand_overs_credential_id")),
        sa.PrimaryKeyConstraint("credential_id", "notice", "channel", name=op.f("pk_hand_overs")),
    )
    op.execute(
        "INSERT INTO hand_overs (credential_id, notice, channel, outcome, error, begun_at, ended_at) "
        "SELECT credential_id, 'ready', channel, CASE WHEN outcome IN ('', 'sent') THEN outcome ELSE 'failed' END, "
        "CASE WHEN outcome IN ('', 'sent') THEN '' ELSE outcome END, begun_at, ended_at FROM deliveries"
    )
    op.create_table(
        "paces",
        sa.Column("service", sa.String(length=255), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_paces")),
    )
    _create_contacts()
    op.add_column("offers", sa.Column("notices", sa.Text(), server_default="", nullable=False))


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("platform_id", sa.String(length=255), nullable=False),
        sa.Column("learner_id", sa.String(length=255), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("address_mark", sa.String(length=255), nullable=False),
        sa.Column("locale", sa.Text(), server_default="", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mute_token", sa.String(length=255), nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("platform_id", "learner_id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("mute_token", name=op.f("uq_contacts_mute_token")),
    )
    op.create_index("ix_contacts_address", "contacts", ["address_mark"], unique=False)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("offers", "notices")
    op.drop_index("ix_contacts_address", table_name="contacts")
    op.drop_table("contacts")
    op.drop_table("paces")
    op.drop_table("hand_overs")
