"""the two partial indexes of events are partial on PostgreSQL too

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOTABLE = sa.text("kind <> 'punch'")
WITH_BADGE = sa.text("badge IS NOT NULL")


def upgrade() -> None:
    """SQLite has had them so from the first schema on; elsewhere what tells of a door meant reading all its punches."""
    if op.get_bind().dialect.name == "sqlite":
        return
    _without_them()
    op.create_index("event_badge_time", "event", ["badge", "time_ms"], postgresql_where=WITH_BADGE)
    op.create_index("event_notable", "event", ["journal_id", "kind"], postgresql_where=NOTABLE)


def downgrade() -> None:
    """Whole indexes again."""
    if op.get_bind().dialect.name == "sqlite":
        return
    _without_them()
    op.create_index("event_badge_time", "event", ["badge", "time_ms"])
    op.create_index("event_notable", "event", ["journal_id", "kind"])


def _without_them() -> None:
    for name in ("event_badge_time", "event_notable"):
        op.drop_index(name, "event")
