"""heads of the audit log: what central signed of it, day by day

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Heads get their table; what was signed stays."""
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_audit_head_date", "audit_head", ["date"])
    for verb in ("UPDATE", "DELETE"):
        refusal = (
            "BEGIN SELECT RAISE(ABORT, 'audit_head: rows are only added'); END"
            if _sqlite()
            else "FOR EACH ROW EXECUTE FUNCTION add_only()"
        )
        op.execute(f"CREATE TRIGGER audit_head_no_{verb.lower()} BEFORE {verb} ON audit_head {refusal}")


def downgrade() -> None:
    """Central forgets what it signed; the doors do not."""
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_head_no_{verb}" + ("" if _sqlite() else " ON audit_head"))
    op.drop_index("ix_audit_head_date", "audit_head")
    op.drop_table("audit_head")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
