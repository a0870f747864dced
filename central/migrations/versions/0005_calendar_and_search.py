"""calendar proposals and search keys

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Names of days and given names may be said; proposals and decisions get tables."""
    op.add_column("calendar_day", sa.Column("name", sa.String(120), nullable=True))
    op.add_column("staff", sa.Column("given", sa.String(60), nullable=True))
    op.create_table(
        "calendar_proposal",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("session", sa.String(16), nullable=True),
        sa.Column("for_date", sa.Date(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_calendar_proposal_year", "calendar_proposal", ["year"])
    op.create_table(
        "calendar_decision",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("day_id", sa.Integer(), sa.ForeignKey("calendar_day.id"), nullable=True),
        sa.Column("proposal_id", sa.Integer(), sa.ForeignKey("calendar_proposal.id"), nullable=True),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("day_id", "action", name="uq_calendar_decision_day_action"),
    )
    op.create_index("ix_calendar_decision_day_id", "calendar_decision", ["day_id"])
    op.create_index("ix_calendar_decision_proposal_id", "calendar_decision", ["proposal_id"])


def downgrade() -> None:
    """What was decided is lost; the days that stand stay, withdrawn ones go."""
    withdrawn = op.get_bind().execute(sa.text("SELECT day_id FROM calendar_decision WHERE action = 'withdrawn'"))
    days = [row.day_id for row in withdrawn]
    op.drop_table("calendar_decision")
    for day in days:
        op.get_bind().execute(sa.text("DELETE FROM calendar_day WHERE id = :id"), {"id": day})
    op.drop_table("calendar_proposal")
    # Not in a batch: copying a table would drop the one that other tables' rows refer to.
    op.drop_column("staff", "given")
    op.drop_column("calendar_day", "name")
