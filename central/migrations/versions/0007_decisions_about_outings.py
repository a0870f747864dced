"""decisions about field duty that nobody planned

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Decisions about ways to the field get a table."""
    op.create_table(
        "outing_decision",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("staff", sa.String(40), sa.ForeignKey("staff.code"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("taps", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("sessions", sa.String(120), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("doc_no", sa.String(80), nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_by", sa.String(80), nullable=True),
        sa.Column("withdrawn_reason", sa.String(200), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("NOT approved OR decided_by <> staff", name="outing_approved_by_another"),
    )
    op.create_index("ix_outing_decision_staff", "outing_decision", ["staff"])
    op.create_index("ix_outing_decision_date", "outing_decision", ["date"])


def downgrade() -> None:
    """What was decided is lost: the ways are open questions again."""
    op.drop_table("outing_decision")
