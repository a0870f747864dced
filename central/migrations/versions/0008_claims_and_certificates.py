"""claims of stations, and their certificates

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Claims and certificates get tables."""
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("door", sa.String(40), nullable=False),
        sa.Column("unit", sa.String(40), nullable=True),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(40), nullable=True),
        sa.Column("key", sa.String(64), nullable=True),
        sa.Column("begun_ms", sa.BigInteger(), nullable=True),
        sa.Column("wrong_digits", sa.Integer(), nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.String(40), nullable=False),
    )
    op.create_index("ix_claim_door", "claim", ["door"])
    op.create_table(
        "certificate",
        sa.Column("serial", sa.String(40), primary_key=True, nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_certificate_device", "certificate", ["device"])


def downgrade() -> None:
    """Stations that have a certificate keep it; which ones were revoked is forgotten."""
    op.drop_table("certificate")
    op.drop_table("claim")
