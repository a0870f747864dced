"""the office's facts: plans, entries, observations, policies

Revision ID: 0002
Revises: 0001
"""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IMPORTED = ("assignment", "badge", "field_duty", "leave", "schedule_row", "unit")
"""Tables of the first schema whose rows say from now on where they came from."""
NEW = (
    "work_assignment",
    "unit_site",
    "roll_call_line",
    "manual_entry",
    "inspection_line",
    "duty_slot",
    "site",
    "roll_call",
    "office_policy",
    "leave_symbol",
    "inspection",
    "hamlet",
    "former_fact",
)
"""In the order in which they can be dropped."""


def _source() -> sa.Column[Any]:
    return sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=16), server_default="import", nullable=False)


def upgrade() -> None:
    op.create_table(
        "former_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("noun", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("former_fact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_fact_noun"), ["noun"], unique=False)

    op.create_table(
        "hamlet",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("commune", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("type", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    with op.batch_alter_table("hamlet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hamlet_commune"), ["commune"], unique=False)

    op.create_table(
        "inspection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("at_min", sa.Integer(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("decision_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        _source(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("date", "at_min", "unit", name="inspection_once"),
    )
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspection_date"), ["date"], unique=False)

    op.create_table(
        "leave_symbol",
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("symbol", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("name_vi", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("counts_as_worked", sa.Boolean(), nullable=False),
        sa.Column("public_label", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        _source(),
        sa.PrimaryKeyConstraint("unit", "symbol"),
    )
    op.create_table(
        "office_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        _source(),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("office_policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_office_policy_unit"), ["unit"], unique=False)

    op.create_table(
        "roll_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("at_min", sa.Integer(), nullable=False),
        sa.Column("room", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("taken_by", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        _source(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("date", "at_min", "room", name="roll_call_once"),
    )
    with op.batch_alter_table("roll_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roll_call_date"), ["date"], unique=False)

    op.create_table(
        "site",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("former_name", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "duty_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("swapped_with", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("stand_in", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("deputy", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("credit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        _source(),
        sa.CheckConstraint("end_min > start_min", name="duty_slot_ends_after_it_begins"),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("staff", "date", "start_min", "end_min", "kind", name="duty_slot_once"),
    )
    with op.batch_alter_table("duty_slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_slot_date"), ["date"], unique=False)
        batch_op.create_index(batch_op.f("ix_duty_slot_stand_in"), ["stand_in"], unique=False)

    op.create_table(
        "inspection_line",
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
        sa.Column("finding", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["inspection.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.code"],
        ),
        sa.PrimaryKeyConstraint("inspection_id", "staff"),
    )
    with op.batch_alter_table("inspection_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspection_line_staff"), ["staff"], unique=False)

    op.create_table(
        "manual_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("session", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("in_s", sa.Integer(), nullable=True),
        sa.Column("out_s", sa.Integer(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("evidence", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("entered_by", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("entered_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("approved_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        _source(),
        sa.CheckConstraint("approved_by <> entered_by", name="manual_entry_approved_by_another"),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("manual_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_manual_entry_date"), ["date"], unique=False)
        batch_op.create_index(batch_op.f("ix_manual_entry_staff"), ["staff"], unique=False)

    op.create_table(
        "roll_call_line",
        sa.Column("roll_call_id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["roll_call_id"],
            ["roll_call.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.code"],
        ),
        sa.PrimaryKeyConstraint("roll_call_id", "staff"),
    )
    with op.batch_alter_table("roll_call_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roll_call_line_staff"), ["staff"], unique=False)

    op.create_table(
        "unit_site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("site", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        _source(),
        sa.ForeignKeyConstraint(
            ["site"],
            ["site.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("unit_site", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_site_unit"), ["unit"], unique=False)

    op.create_table(
        "work_assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("doc_no", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        _source(),
        sa.ForeignKeyConstraint(
            ["staff"],
            ["staff.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("work_assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_assignment_staff"), ["staff"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_assignment_unit"), ["unit"], unique=False)

    for table in IMPORTED:
        op.add_column(table, _source())


def downgrade() -> None:
    # Not in a batch: copying a table would drop the one that other tables' rows refer to.
    for table in IMPORTED:
        op.drop_column(table, "source")
    for table in NEW:
        op.drop_table(table)
