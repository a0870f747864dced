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
PURE_CENTRAL = {
    "central.timing",
    "central.workdays",
    "central.coverage",
    "central.presence",
    "central.names",
    "central.lunar",
    "central.sheets",
    "central.counting",
    "central.observed",
}

# file or folder -> what it may import besides the standard library; the longest match holds
MAY_IMPORT: dict[str, set[str]] = {
    "edge/wire": {"edge.wire"},
    "edge/badges.py": set(),
    "edge/terminals.py": {"edge.badges"},
    "edge/readers": {"edge.readers", "edge.badges"},
    "edge/phrases.py": set(),
    "edge/outings.py": {"edge.wire"},
    "edge/displays/oled.py": {"edge", "luma", "PIL"},
    "edge/door.py": {"edge.badges", "edge.phrases", "edge.readers", "edge.wire"},
    "edge/sending.py": {"edge.wire", "edge.journal.spans"},
    "edge/uplink.py": {"edge", "paho"},
    "edge/ports/serial_line.py": {"edge", "serial"},
    "edge/identity.py": {"edge", "cryptography"},
    "edge": {"edge"},
    "central/rules": PURE_RULES,
    "central/timing.py": {"central.errors"},
    "central/names.py": set(),
    "central/lunar.py": set(),
    "central/sheets.py": set(),
    "central/recorded.py": {"central.errors", "central.timing"},
    "central/terminals/holdings.py": set(),
    "central/terminals/punches.py": {"central.timing", "edge.terminals"},
    "central/moments.py": {"central.rules"},
    "central/case_format.py": PURE_RULES,
    "central/workdays.py": PURE_RULES,
    "central/coverage.py": {*PURE_RULES, "central.moments"},
    "central/presence.py": {*PURE_RULES, "central.moments"},
    "central/patience.py": {"central.presence", "central.timing"},
    "central/silence.py": {*PURE_RULES, "central.coverage", "central.moments", "central.presence"},
    "central/clock.py": set(),
    "central/errors.py": set(),
    "central/networks.py": set(),
    "central/settings.py": {"central.clock", "central.errors", "central.hints", "central.networks"},
    "central/tables": {"sqlalchemy", "sqlmodel", "central.tables"},
    "central/migrations": {*SQL, "central.tables"},
    "central/store": {*UNDER_STORE, *PURE_CENTRAL, *SQL, *WIRE, "central.tables"},
    "central/keys.py": {"central.errors", "cryptography", *WIRE},
    "central/intake.py": {"central", "paho", *WIRE},
    "central/trust": {"central", "cryptography", "sqlalchemy", *WIRE},
    "central/counting": {*PURE_RULES, "central.counting"},
    "central/hints.py": {"central.moments"},
    "central/explaining": {*PURE_RULES, "central.explaining", "central.hints", "central.moments"},
    "central/calendars/proposing.py": {"central", "holidays"},
    "central/commands/enrol.py": {"central", *WIRE, "segno"},
    "central/permits.py": set(),
    "central/observed.py": {"central.presence"},
    "central/minutes.py": {"central.moments", "central.observed"},
    "central/reports/minutes_pdf.py": {"reportlab"},
    "central/passwords.py": {"central", "argon2", "pyotp"},
    "central/backups.py": {"central", "pyrage"},
    "central/oidc.py": {"central", "authlib", "joserfc", "requests"},
    "central/reports/timesheet/cells.py": set(),
    "central/reports/timesheet/forms.py": PURE_RULES,
    "central/reports/timesheet/layout.py": {*PURE_RULES, "central.reports.timesheet"},
    "central/reports/timesheet/pdf.py": {"central", "reportlab"},
    "central/reports/timesheet/wording.py": {"central.reports.timesheet"},
    "central/reports/timesheet/xlsx.py": {"central", "xlsxwriter"},
    "central/web/qr.py": {"segno", "markupsafe"},
    "central/web": {"central", *FRAMEWORK},
    "central": {"central", "sqlalchemy", *WIRE},
}
NOBODY_UPWARDS = {"central.web", "central.processes", "central.__main__", "central.device_commands", "central.commands"}
"""Only the shell imports these."""
ONLY_IN = {
    "paho": {"edge/uplink.py", "central/intake.py"},
    "serial": {"edge/ports/serial_line.py"},
    "holidays": {"central/calendars/proposing.py"},
    "pyrage": {"central/backups.py"},
    "authlib": {"central/oidc.py"},
    "joserfc": {"central/oidc.py"},
    "requests": {"central/oidc.py"},
    "reportlab": {"central/reports/minutes_pdf.py", "central/reports/timesheet/pdf.py"},
    "xlsxwriter": {"central/reports/timesheet/xlsx.py"},
    "segno": {"central/commands/enrol.py", "central/web/qr.py"},
}
CLOCKS = {"edge/clock.py", "central/clock.py"}
DEMONSTRATION = {"edge/simulate.py", "edge/script.py", "edge/relay.py"}
"""The players of the fleet's hands and cables: they live in real time and are no part of a station."""

PURE = (
    "edge/wire", "edge/badges.py", "edge/terminals.py", "edge/readers", "edge/door.py", "edge/phrases.py",
    "edge/outings.py", "edge/sending.py",
    "central/rules", "central/timing.py", "central/workdays.py", "central/coverage.py", "central/presence.py",
    "central/networks.py", "central/patience.py", "central/silence.py", "central/case_format.py",
    "central/moments.py", "central/errors.py", "central/lunar.py", "central/names.py",
    "central/sheets.py",
    "central/recorded.py", "central/terminals/holdings.py", "central/terminals/punches.py", "central/counting",
    "central/explaining", "central/hints.py",
    "central/recorded.py", "central/terminals/punches.py", "central/counting", "central/explaining", "central/hints.py",
    "central/permits.py",
    "central/reports/timesheet/cells.py", "central/reports/timesheet/forms.py", "central/reports/timesheet/layout.py",
    "central/reports/timesheet/wording.py",
    "central/permits.py", "central/observed.py", "central/minutes.py",
)  # fmt: skip
"""Pure by design, files that do not exist yet among them."""
PURE_MODULES = frozenset(
    {
        "__future__", "base64", "binascii", "bisect", "calendar", "collections", "contextlib", "copy", "csv",
        "dataclasses", "datetime", "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "ipaddress",
        "itertools", "json", "math", "operator", "re", "statistics", "string", "struct", "types", "typing",
        "unicodedata", "zlib", "zoneinfo",
    }
)  # fmt: skip
"""Of the standard library, what reaches neither clock, disk, network, settings, log nor chance."""
OUTWARD_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}

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
    shell = name.startswith(("central/web/", "central/commands/")) or name in {
        f"{m.replace('.', '/')}.py" for m in NOBODY_UPWARDS
    }
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


def is_pure(path: Path) -> bool:
    name = name_of(path)
    return any(name == room or name.startswith(room + "/") for room in PURE)


def calls_itself_pure(path: Path) -> bool:
    return "Pure." in (ast.get_docstring(tree_of(path)) or "")


def file_of(module: str) -> Path | None:
    """The file that an imported name comes from, None where it is not ours; the name may be in the module."""
    for name in (module, module.rpartition(".")[0]):
        place = ROOT / name.replace(".", "/")
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


@pytest.mark.parametrize("path", [p for p in FILES if is_pure(p) or calls_itself_pure(p)], ids=name_of)
def test_a_pure_file_reaches_neither_clock_disk_network_nor_log(path: Path):
    theirs = {name.split(".")[0] for name in imports(path)} - {"edge", "central"}
    assert theirs <= PURE_MODULES
    calls = {n.func.id for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not calls & OUTWARD_CALLS


@pytest.mark.parametrize("path", [p for p in FILES if is_pure(p)], ids=name_of)
def test_a_pure_file_has_pure_neighbours(path: Path):
    ours = {name: file_of(name) for name in imports(path) if name.split(".")[0] in {"edge", "central"}}
    assert not {n for n, file in ours.items() if file is None or not (is_pure(file) or calls_itself_pure(file))}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_import_is_written_whole(path: Path):
    # A relative one would slip past the tests above.
    assert not [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.ImportFrom) and n.level]


@pytest.mark.parametrize("path", [p for p in FILES if name_of(p).startswith("central/")], ids=name_of)
def test_sql_is_written_in_the_store_alone(path: Path):
    if name_of(path).startswith(("central/store", "central/migrations", "central/tables")):
        return
    used = {n.attr for n in ast.walk(tree_of(path)) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "sa"}
    used |= {name.partition(".")[2] for name in imports(path) if within(name, SQL)}
    assert used <= {"", "Connection", "exc"}, "others pass a connection on and know its errors, no more"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_command_lines_print(path: Path):
    calls = [n.lineno for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call) and ast.unparse(n.func) == "print"]
    assert path.name == "__main__.py" or not calls


NAIVE = {"now": 1, "fromtimestamp": 2}
"""Methods of datetime that are naive with fewer arguments than these."""


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_datetime_is_naive(path: Path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            method = called.rpartition(".")[2]
            assert method not in {"utcnow", "utcfromtimestamp"}, node.lineno
            if called.endswith(("datetime.now", "datetime.fromtimestamp")):
                assert len(node.args) + len(node.keywords) >= NAIVE[method], node.lineno
            if called in {"datetime", "datetime.datetime", "dt.datetime"}:
                assert len(node.args) == 8 or "tzinfo" in {k.arg for k in node.keywords}, node.lineno


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_it_is(path: Path):
    assert ast.get_docstring(tree_of(path)) or not path.read_text("utf-8").strip()
