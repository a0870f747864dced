"""What a sealed line says that no column repeats, asked of the database."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class holds(GenericFunction[bool]):
    """Whether these bytes occur in a line: a hint of what it says, never the reading of it."""

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, line: sa.ColumnElement[bytes], word: bytes) -> None:
        super().__init__(line, sa.literal(word, sa.LargeBinary()))


@compiles(holds, "sqlite")
def _on_sqlite(element: holds, compiler: SQLCompiler, **more: Any) -> str:
    line, word = (compiler.process(clause, **more) for clause in element.clauses)
    return f"(instr({line}, {word}) > 0)"


@compiles(holds, "postgresql")
def _on_postgresql(element: holds, compiler: SQLCompiler, **more: Any) -> str:
    line, word = (compiler.process(clause, **more) for clause in element.clauses)
    return f"(position({word} IN {line}) > 0)"
