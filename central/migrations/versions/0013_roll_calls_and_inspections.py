"""roll calls and inspections that are taken here

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ADD_ONLY = ("roll_call_time", "seen_round", "seen_person", "seen_word", "seen_end", "seen_minutes")


def upgrade() -> None:
    """Rounds, what was seen, their ends and minutes get tables; so do the times."""
    _rounds()
    _words()
    for table in ADD_ONLY:
        for verb in ("UPDATE", "DELETE"):
            refusal = (
                f"BEGIN SELECT RAISE(ABORT, '{table}: rows are only added'); END"
                if _sqlite()
                else "FOR EACH ROW EXECUTE FUNCTION add_only()"
            )
            op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refusal}")


def _rounds() -> None:
    op.create_table(
        "roll_call_time",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("times", sa.String(40), nullable=False),
        sa.Column("doc_no", sa.String(80), nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_roll_call_time_unit", "roll_call_time", ["unit"])
    op.create_table(
        "seen_round",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(80), nullable=False),
        sa.Column("open_key", sa.String(64), nullable=False, unique=True),
        sa.Column("team", sa.String(300), nullable=False),
        sa.Column("decision_no", sa.String(80), nullable=False),
        sa.Column("letterhead", sa.String(8), nullable=False),
        sa.Column("issuer", sa.String(120), nullable=False),
    )
    op.create_index("ix_seen_round_unit", "seen_round", ["unit"])
    op.create_index("ix_seen_round_date", "seen_round", ["date"])
    op.create_table(
        "seen_person",
        sa.Column("round_id", sa.Integer(), sa.ForeignKey("seen_round.id"), primary_key=True, nullable=False),
        sa.Column("staff", sa.String(40), sa.ForeignKey("staff.code"), primary_key=True, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("position", sa.String(120), nullable=False),
        sa.Column("room", sa.String(40), nullable=False),
        sa.Column("room_name", sa.String(120), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=True),
        sa.Column("door", sa.String(40), nullable=False),
        sa.Column("age_s", sa.Integer(), nullable=True),
    )


def _words() -> None:
    op.create_table(
        "seen_word",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("round_id", sa.Integer(), sa.ForeignKey("seen_round.id"), nullable=False),
        sa.Column("staff", sa.String(40), sa.ForeignKey("staff.code"), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("findings", sa.String(120), nullable=False),
        sa.Column("evidence", sa.String(400), nullable=False),
        sa.Column("said_ms", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.UniqueConstraint("round_id", "staff", "key", name="seen_word_once"),
    )
    op.create_index("ix_seen_word_round_id", "seen_word", ["round_id"])
    op.create_index("ix_seen_word_staff", "seen_word", ["staff"])
    op.create_table(
        "seen_end",
        sa.Column("round_id", sa.Integer(), sa.ForeignKey("seen_round.id"), primary_key=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "seen_minutes",
        sa.Column("round_id", sa.Integer(), sa.ForeignKey("seen_round.id"), primary_key=True, nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """What people saw is lost; punches, plans and verdicts never rested on it."""
    for table in ADD_ONLY:
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{verb}" + ("" if _sqlite() else f" ON {table}"))
    for table in ("seen_minutes", "seen_end", "seen_word", "seen_person", "seen_round"):
        op.drop_table(table)
    op.drop_table("roll_call_time")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
