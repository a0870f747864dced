"""What is said beside a list that is empty: on standard error, so that the list itself stays as machines expect it."""

import sys

import sqlalchemy as sa


def note(db: sa.Connection, count: int, nothing: str) -> None:
    """Say `nothing` where a list has no row, and that nobody is known yet where that is why."""
    if count:
        return
    from central.store import roster

    why = (
        "" if roster.every_code(db) else "; nobody is known in this database yet, `import DIR` brings people and hours"
    )
    sys.stderr.write(f"note: {nothing}{why}\n")
