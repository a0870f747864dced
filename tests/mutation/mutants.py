"""Small faults in a Python source, one at a time.

Comparisons are shifted or turned round, `and` and `or` exchanged, `not` dropped, signs and numbers changed by one,
`min` and `max` exchanged, conditions fixed, breaks exchanged with continues, and the values of keyword arguments that
name a truth value turned. Docstrings, annotations and messages are left alone: no test has to notice those.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: where, what the source says there, what it says instead, and the whole changed source."""

    line: int
    before: str
    after: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return f"{self.before}  ->  {self.after}"


def mutants(source: str) -> Iterator[Mutant]:
    """Every fault of `source`, in its order."""
    tree = ast.parse(source)
    spots = [node for node in _walk(tree) if hasattr(node, "lineno")]
    for number, node in enumerate(spots):
        for change in range(len(_changes(node))):
            copy = deepcopy(tree)
            spot = [n for n in _walk(copy) if hasattr(n, "lineno")][number]
            wrong = _changes(spot)[change]
            before, after = ast.unparse(spot), ast.unparse(wrong)
            _put(copy, spot, wrong)
            yield Mutant(node.lineno, before, after, ast.fix_missing_locations(copy))


def names(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of every fault of `source`, without making them."""
    for node in _walk(ast.parse(source)):
        if hasattr(node, "lineno"):
            for wrong in _changes(node):
                yield node.lineno, f"{ast.unparse(node)}  ->  {ast.unparse(wrong)}"


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes in order of the source, less those that say nothing to the program."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _silent(child):
                yield child
                yield from _walk(child)


def _silent(node: ast.AST) -> bool:
    """A docstring, an import, or the message of an error."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.JoinedStr):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Compare):
        return [_compared(node, i, op()) for i, was in enumerate(node.ops) for op in COMPARISONS[type(was)]]
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return [ast.BoolOp(other, node.values), *(_without(node, i) for i in range(len(node.values)))]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        return [node.operand]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return [ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)]
    if isinstance(node, ast.If | ast.IfExp):
        return [_fixed(node, True), _fixed(node, False)]
    return _words(node)


def _words(node: ast.AST) -> list[ast.AST]:
    """The faults of a single word: a name, a number, a truth value, a jump."""
    if isinstance(node, ast.Name) and node.id in NAMES:
        return [ast.Name(NAMES[node.id], node.ctx)]
    if isinstance(node, ast.Break | ast.Continue):
        return [ast.Continue() if isinstance(node, ast.Break) else ast.Break()]
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return [ast.Constant(not node.value)]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return [ast.Constant(node.value + 1), ast.Constant(node.value - 1)]
    return []


def _compared(node: ast.Compare, i: int, op: ast.cmpop) -> ast.Compare:
    return ast.Compare(node.left, [*node.ops[:i], op, *node.ops[i + 1 :]], node.comparators)


def _without(node: ast.BoolOp, i: int) -> ast.expr:
    left = [value for k, value in enumerate(node.values) if k != i]
    return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)


def _fixed(node: ast.If | ast.IfExp, value: bool) -> ast.AST:
    copy = deepcopy(node)
    copy.test = ast.Constant(value)
    return copy


def _put(tree: ast.AST, spot: ast.AST, wrong: ast.AST) -> None:
    """Replace the node `spot` of the tree by `wrong`."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if value is spot:
                setattr(node, field, wrong)
            elif isinstance(value, list) and any(child is spot for child in value):
                setattr(node, field, [wrong if child is spot else child for child in value])
