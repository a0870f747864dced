"""thresholds, cases and their history

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "office_threshold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
        sa.Column("window", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("end_doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "office_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("window_start", sa.Date(), nullable=False),
        sa.Column("window_end", sa.Date(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("decision_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("decided_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.code"]),
        sa.ForeignKeyConstraint(["threshold"], ["office_threshold.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("staff", "threshold", "window_start", name="case_identity"),
    )
    with op.batch_alter_table("office_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_office_case_staff"), ["staff"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_case_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_office_case_threshold"), ["threshold"], unique=False)
    op.create_table(
        "case_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("case_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_event_case_id"), ["case_id"], unique=False)
    for verb in ("UPDATE", "DELETE"):
        refusal = (
            "BEGIN SELECT RAISE(ABORT, 'case_event: rows are only added'); END"
            if _sqlite()
            else "FOR EACH ROW EXECUTE FUNCTION add_only()"  # of 0003
        )
        op.execute(f"CREATE TRIGGER case_event_no_{verb.lower()} BEFORE {verb} ON case_event {refusal}")


def downgrade() -> None:
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER case_event_no_{verb}" + ("" if _sqlite() else " ON case_event"))
    op.drop_table("case_event")
    op.drop_table("office_case")
    op.drop_table("office_threshold")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
