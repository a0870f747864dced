"""the audit log; events, audit rows and decisions are only added

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ADD_ONLY = ("audit", "door_decision", "calendar_decision", "former_fact", "seal", "lost_span")
"""Tables whose rows nobody changes or takes away, whoever writes to the database."""
SEALED = ("journal_id", "seq", "kind", "line", "hash", "uptime_ms", "utc_ms", "clock", "sync_age_s", "badge")
"""Columns of an event that repeat its line. The others are what central works out, and follow the facts."""


def upgrade() -> None:
    """The log gets its table; triggers refuse what must not be."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, primary_key=True, nullable=False),
        sa.Column("utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("why", sa.String(400), nullable=False),
        sa.Column("origin", sa.String(200), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_audit_utc_ms", "audit", ["utc_ms"])
    for table in ADD_ONLY:
        for verb in ("UPDATE", "DELETE"):
            _refuse(f"{table}_no_{verb.lower()}", verb, table)
    _refuse("event_no_update", f"UPDATE OF {', '.join(SEALED)}", "event")
    _refuse_sealed()


def downgrade() -> None:
    """The log is lost."""
    _allow("event_no_delete", "event")
    if not _sqlite():
        op.execute("DROP FUNCTION sealed_stays()")
    _allow("event_no_update", "event")
    for table in ADD_ONLY:
        for verb in ("update", "delete"):
            _allow(f"{table}_no_{verb}", table)
    op.drop_index("ix_audit_utc_ms", "audit")
    op.drop_table("audit")


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _refuse(name: str, verb: str, table: str) -> None:
    refusal = (
        f"BEGIN SELECT RAISE(ABORT, '{table}: rows are only added'); END"
        if _sqlite()
        else "FOR EACH ROW EXECUTE FUNCTION add_only()"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {refusal}")


def _refuse_sealed() -> None:
    """An event under a seal is not taken away; one that is not yet may turn out to contradict its seal."""
    if _sqlite():
        op.execute(
            "CREATE TRIGGER event_no_delete BEFORE DELETE ON event WHEN OLD.seq <= "
            "(SELECT sealed_seq FROM journal WHERE id = OLD.journal_id) "
            "BEGIN SELECT RAISE(ABORT, 'event: what is sealed stays'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION sealed_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.seq <= (SELECT sealed_seq FROM journal WHERE id = OLD.journal_id) THEN "
        "RAISE EXCEPTION 'event: what is sealed stays'; END IF; RETURN OLD; END $$"
    )
    op.execute("CREATE TRIGGER event_no_delete BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION sealed_stays()")


def _allow(name: str, table: str) -> None:
    op.execute(f"DROP TRIGGER {name}" + ("" if _sqlite() else f" ON {table}"))
