"""how long records are kept, and who was made nameless

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "privacy_decision"


def upgrade() -> None:
    """Decisions about records get a table whose rows are only added."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("doc_no", sa.String(80), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_privacy_decision_kind", TABLE, ["kind"])
    for verb in ("UPDATE", "DELETE"):
        refusal = (
            f"BEGIN SELECT RAISE(ABORT, '{TABLE}: rows are only added'); END"
            if _sqlite()
            else "FOR EACH ROW EXECUTE FUNCTION add_only()"
        )
        op.execute(f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} {refusal}")


def downgrade() -> None:
    """What was decided is forgotten; what was taken away does not come back."""
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER {TABLE}_no_{verb}" + ("" if _sqlite() else f" ON {TABLE}"))
    op.drop_index("ix_privacy_decision_kind", TABLE)
    op.drop_table(TABLE)


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
