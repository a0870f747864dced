"""Which room may import which. If this fails, move the code, do not edit the table."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STDLIB = frozenset(sys.stdlib_module_names)

WIRE = {"edge.wire", "edge.badges", "edge.terminals"}
PURE_RULES = {"central.rules", "central.errors"}
FRAMEWORK = {"fastapi", "starlette", "jinja2", "uvicorn", "pydantic", "babel", "prometheus_client"}
SQL = {"sqlalchemy", "sqlmodel", "alembic"}
UNDER_STORE = {"central.store", "central.errors", "central.moments", "central.clock", "central.settings", *PURE_RULES}
PURE_CENTRAL = {"central.timing", "central.workdays", "central.coverage", "central.presence", "central.names"}

# file or folder -> what it may import besides the standard library; the longest match holds
MAY_IMPORT: dict[str, set[str]] = {
    "edge/wire": {"edge.wire"},
    "edge/badges.py": set(),
    "edge/terminals.py": {"edge.badges"},
    "edge/readers": {"edge.readers", "edge.badges"},
    "edge/door.py": {"edge.badges", "edge.readers", "edge.wire"},
    "edge/sending.py": {"edge.wire", "edge.journal.spans"},
    "edge/uplink.py": {"edge", "paho"},
    "edge/panel.py": {"edge", "gpiozero", "lgpio"},
    "edge/ports.py": {"edge", "serial"},
    "edge/identity.py": {"edge", "cryptography"},
    "edge": {"edge"},
    "central/rules": PURE_RULES,
    "central/timing.py": {"central.errors"},
    "central/names.py": set(),
    "central/moments.py": {"central.rules"},
    "central/workdays.py": PURE_RULES,
    "central/coverage.py": {*PURE_RULES, "central.moments"},
    "central/presence.py": {*PURE_RULES, "central.moments"},
    "central/clock.py": set(),
    "central/errors.py": set(),
    "central/settings.py": {"central.clock", "central.errors"},
    "central/tables.py": {"sqlalchemy", "sqlmodel"},
    "central/migrations": {*SQL, "central.tables"},
    "central/store": {*UNDER_STORE, *PURE_CENTRAL, *SQL, *WIRE, "central.tables"},
    "central/keys.py": {"central.errors", "cryptography", *WIRE},
    "central/intake.py": {"central", "paho", *WIRE},
    "central/web": {"central", *FRAMEWORK},
    "central": {"central", "sqlalchemy", *WIRE},
}
NOBODY_UPWARDS = {"central.web", "central.processes", "central.__main__", "central.device_commands"}
"""Only the shell imports these."""
ONLY_IN = {
    "paho": {"edge/uplink.py", "central/intake.py"},
    "gpiozero": {"edge/panel.py"},
    "serial": {"edge/ports.py"},
}
CLOCKS = {"edge/clock.py", "central/clock.py"}
DEMONSTRATION = {"edge/simulate.py", "edge/script.py", "edge/relay.py"}
"""The players of the fleet's hands and cables: they live in real time and are no part of a station."""

FILES = sorted([*ROOT.glob("edge/**/*.py"), *ROOT.glob("central/**/*.py")])


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), path)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it; `from a import b` counts as a.b too, b may be a module."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, rooms: set[str]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def allowed(path: Path) -> set[str]:
    name = name_of(path)
    return MAY_IMPORT[max((r for r in MAY_IMPORT if name == r or name.startswith(r + "/")), key=len)]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_room_imports_only_what_it_may(path: Path):
    ok = allowed(path)
    strangers = {n for n in imports(path) if n.split(".")[0] not in STDLIB and not within(n, ok)}
    assert not strangers


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_shell_is_imported_by_the_shell_alone(path: Path):
    name = name_of(path)
    shell = name.startswith("central/web/") or name in {f"{m.replace('.', '/')}.py" for m in NOBODY_UPWARDS}
    assert shell or not {n for n in imports(path) if within(n, NOBODY_UPWARDS)}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_pages_never_touch_tables_or_sql(path: Path):
    if name_of(path).startswith("central/web/"):
        assert not {n for n in imports(path) if within(n, {"central.tables", *SQL})}


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_has_one_place(library: str):
    users = {name_of(p) for p in FILES if within(library, {n.split(".")[0] for n in imports(p)})}
    lazily = {name_of(p) for p in FILES if f'import_module("{library}' in p.read_text("utf-8")}
    assert users | lazily == ONLY_IN[library]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_time_is_read_in_one_file_a_package(path: Path):
    if name_of(path) in CLOCKS | DEMONSTRATION:
        return
    names = {n for n in imports(path) if within(n, {"time"})}
    calls = {
        node.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"} and _is_datetime(node.value)
    }
    assert not names - {"time.sleep"} and not calls


def _is_datetime(node: ast.expr) -> bool:
    shown = ast.unparse(node)
    return shown in {"datetime", "date", "dt.datetime", "dt.date", "datetime.datetime", "datetime.date"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_it_is(path: Path):
    assert ast.get_docstring(tree_of(path)) or not path.read_text("utf-8").strip()
