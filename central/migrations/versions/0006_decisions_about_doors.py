"""decisions about doors, results of commands, runs by their time

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Decisions and results get tables; the runs of a door can be found by their time."""
    op.create_table(
        "door_decision",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.Column("doc_no", sa.String(80), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_door_decision_device", "door_decision", ["device"])
    op.create_table(
        "command_result",
        sa.Column("device", sa.String(40), primary_key=True, nullable=False),
        sa.Column("command", sa.String(64), primary_key=True, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("journal_first_time", "journal", ["device", "first_time_ms"])


def downgrade() -> None:
    """What was decided is lost; what it changed stays."""
    op.drop_index("journal_first_time", "journal")
    op.drop_table("command_result")
    op.drop_table("door_decision")
