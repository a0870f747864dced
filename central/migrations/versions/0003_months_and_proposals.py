"""signed months, adjustments, duty verdicts, overtime proposals, what could not be judged

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ADD_ONLY = ("month_line", "month_event")
"""Tables whose rows nobody changes or takes away, whoever writes to the database."""


def upgrade() -> None:
    op.create_table(
        "duty_verdict",
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("doer", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("late_min", sa.Integer(), nullable=False),
        sa.Column("recheck_ms", sa.BigInteger(), nullable=True),
        sa.Column("in_ms", sa.BigInteger(), nullable=True),
        sa.Column("evaluated_ms", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("staff", "date", "start_min", "end_min", "kind"),
    )
    with op.batch_alter_table("duty_verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_verdict_date"), ["date"], unique=False)
        batch_op.create_index(batch_op.f("ix_duty_verdict_recheck_ms"), ["recheck_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_duty_verdict_unit"), ["unit"], unique=False)

    op.create_table(
        "month_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("signed_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("signed_ms", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("unlocked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("month_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_month_sheet_month"), ["month"], unique=False)

    op.create_table(
        "overtime_proposal",
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("out_ms", sa.BigInteger(), nullable=True),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("staff", "date"),
    )
    with op.batch_alter_table("overtime_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overtime_proposal_date"), ["date"], unique=False)

    op.create_table(
        "unjudged_fact",
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "detail"),
    )
    op.create_table(
        "month_adjustment",
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("session", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("listed_in", sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
        sa.Column("before_outcome", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("before_flags", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("before_symbol", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("before_late_min", sa.Integer(), nullable=False),
        sa.Column("before_early_min", sa.Integer(), nullable=False),
        sa.Column("after_outcome", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("after_flags", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("after_symbol", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("after_late_min", sa.Integer(), nullable=False),
        sa.Column("after_early_min", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sheet_id"],
            ["month_sheet.id"],
        ),
        sa.PrimaryKeyConstraint("sheet_id", "staff", "date", "session", "listed_in"),
    )
    with op.batch_alter_table("month_adjustment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_month_adjustment_listed_in"), ["listed_in"], unique=False)

    op.create_table(
        "month_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("month", sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"],
            ["month_sheet.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("month_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_month_event_month"), ["month"], unique=False)

    op.create_table(
        "month_line",
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("session", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("flags", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("symbol", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("late_min", sa.Integer(), nullable=False),
        sa.Column("early_min", sa.Integer(), nullable=False),
        sa.Column("rests_on", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sheet_id"],
            ["month_sheet.id"],
        ),
        sa.PrimaryKeyConstraint("sheet_id", "staff", "date", "session"),
    )
    with op.batch_alter_table("month_line", schema=None) as batch_op:
        batch_op.create_index("month_line_day", ["staff", "date"], unique=False)

    with op.batch_alter_table("stale_day", schema=None) as batch_op:
        batch_op.create_index("stale_day_date", ["date"], unique=False)
    _protect()


def downgrade() -> None:
    _unprotect()
    with op.batch_alter_table("stale_day", schema=None) as batch_op:
        batch_op.drop_index("stale_day_date")

    with op.batch_alter_table("month_line", schema=None) as batch_op:
        batch_op.drop_index("month_line_day")

    op.drop_table("month_line")
    with op.batch_alter_table("month_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_month_event_month"))

    op.drop_table("month_event")
    with op.batch_alter_table("month_adjustment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_month_adjustment_listed_in"))

    op.drop_table("month_adjustment")
    op.drop_table("unjudged_fact")
    with op.batch_alter_table("overtime_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_overtime_proposal_date"))

    op.drop_table("overtime_proposal")
    with op.batch_alter_table("month_sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_month_sheet_month"))

    op.drop_table("month_sheet")
    with op.batch_alter_table("duty_verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_verdict_unit"))
        batch_op.drop_index(batch_op.f("ix_duty_verdict_recheck_ms"))
        batch_op.drop_index(batch_op.f("ix_duty_verdict_date"))

    op.drop_table("duty_verdict")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _protect() -> None:
    if not _sqlite():
        op.execute(
            "CREATE FUNCTION add_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '%: rows are only added', TG_TABLE_NAME; END $$"
        )
    for table in ADD_ONLY:
        for verb in ("UPDATE", "DELETE"):
            name = f"{table}_no_{verb.lower()}"
            refusal = (
                f"BEGIN SELECT RAISE(ABORT, '{table}: rows are only added'); END"
                if _sqlite()
                else "FOR EACH ROW EXECUTE FUNCTION add_only()"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {refusal}")


def _unprotect() -> None:
    for table in ADD_ONLY:
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{verb}" + ("" if _sqlite() else f" ON {table}"))
    if not _sqlite():
        op.execute("DROP FUNCTION add_only()")
