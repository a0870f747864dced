"""What the plans, entries and observations of an office folder must be to each other. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from central.lunar import tet_problem
from central.roster.reading import Line, Office
from central.rules.policy import POLICY_NAMES, policy_from
from central.workdays import Unit, UnitTree, WorkdayError

ONE = timedelta(days=1)


def _pairs(lines: list[Line], *columns: str) -> Iterator[tuple[Line, Line]]:
    seen: dict[tuple[object, ...], Line] = {}
    for line in lines:
        key = tuple(line[column] for column in columns)
        if key in seen:
            yield line, seen[key]
        seen[key] = line


def _calendar(office: Office) -> None:
    for line in office.of("calendar"):
        if (line["kind"] == "make_up") != (line["for_date"] is not None):
            problem = "is given for make_up days, and only for them"
            office.complain("calendar", line, "for_date", problem)
        elif line["for_date"] == line["date"]:
            office.complain("calendar", line, "for_date", "is the day itself; name the day off that it is worked for")
    for line, other in _pairs(office.of("calendar"), "unit", "date", "session"):
        if line["kind"] != other["kind"]:
            problem = f"the day is {other['kind']} already (line {other.number}); leave one line out"
            office.complain("calendar", line, "kind", problem)


def _tet(office: Office) -> None:
    """No holiday at a Chinese New Year that is not the Vietnamese one."""
    tree = UnitTree(Unit(u["code"], u["parent"] or None, u["valid_from"], u["valid_to"]) for u in office.of("units"))
    holidays = [line for line in office.of("calendar") if line["kind"] == "holiday"]
    dates: dict[str, set[date]] = defaultdict(set)
    for line in holidays:
        dates[line["unit"]].add(line["date"])
    for line in holidays:
        try:
            path = tree.path(line["unit"], line["date"])
        except WorkdayError:
            continue  # the tree is reported by its own rule
        known = {on for unit in {line["unit"], *path} for on in dates[unit]}
        name = line["name"] or line["doc_no"]
        if problem := tet_problem(line["date"], name, known):
            office.complain("calendar", line, "date", problem)


def _leave(office: Office) -> None:
    held: dict[str, list[Line]] = defaultdict(list)
    for line in office.of("leave"):
        for other in held[line["staff"]]:
            if other["symbol"] != line["symbol"] and _both(line, other):
                problem = f"says {line['symbol']!r} where line {other.number} says {other['symbol']!r}; leave one out"
                office.complain("leave", line, "symbol", problem)
        held[line["staff"]].append(line)


def _both(one: Line, other: Line) -> bool:
    """Whether two leaves share a half-day."""
    same_half = None in (one["half"], other["half"]) or one["half"] == other["half"]
    return bool(same_half and one["from"] <= other["to"] and other["from"] <= one["to"])


def _field(office: Office) -> None:
    places = {line["code"] for line in office.of("hamlets")}
    for line in office.of("field"):
        if places and line["place"] and line["place"] not in places:
            office.notes.append(f"field.csv:{line.number}: {line['place']!r} is no place of hamlets.csv; kept as it is")


def _duty(office: Office) -> None:
    for line in office.of("duty"):
        if line["end"] <= line["start"]:
            office.complain("duty", line, "end", "is not after start; write HH:MM+1 for the next day")
        for column in ("stand_in", "swapped_with"):
            if line[column] == line["staff"]:
                office.complain("duty", line, column, "is the person who has to come; name another, or nobody")
    for line, other in _pairs(office.of("duty"), "staff", "date", "start", "end", "kind"):
        office.complain("duty", line, "staff", f"has this slot already (line {other.number}); leave one line out")


def _manual(office: Office) -> None:
    for line in office.of("manual"):
        if line["approved_by"] == line["entered_by"]:
            problem = f"{line['approved_by']!r} entered it; somebody else has to approve it, or nobody yet (empty)"
            office.complain("manual", line, "approved_by", problem)
        if line["in"] is None and line["out"] is None:
            office.complain("manual", line, "in", "and out are both empty; say at least one of them")
        elif line["in"] is not None and line["out"] is not None and line["out"] <= line["in"]:
            office.complain("manual", line, "out", "is not after in; write HH:MM+1 for the next day")


def _entered(office: Office) -> None:
    names = {line["session"] for line in office.of("schedules")} | {"AM", "PM"}
    for line in office.of("manual"):
        if line["session"] not in names:
            known = ", ".join(sorted(names))
            office.complain("manual", line, "session", f"{line['session']!r} is no session of schedules.csv ({known})")
    approved = [line for line in office.of("manual") if line["approved_by"]]
    for line, other in _pairs(approved, "staff", "date", "session"):
        if (line["in"], line["out"]) != (other["in"], other["out"]):
            problem = f"says otherwise than line {other.number}, and both are approved; leave one out"
            office.complain("manual", line, "session", problem)


def _seen(office: Office) -> None:
    for name, place, said in (("rollcalls", "room", "status"), ("inspection", "unit", "status")):
        for line, other in _pairs(office.of(name), "date", "time", place, "staff"):
            office.complain(name, line, said, f"was noted in line {other.number} already; leave one line out")
    for line, other in _pairs(office.of("rollcalls"), "date", "time", "room"):
        if line["by"] != other["by"]:
            office.complain("rollcalls", line, "by", f"is another than in line {other.number} of the same roll call")
    for line, other in _pairs(office.of("inspection"), "date", "time", "unit"):
        if line["decision_no"] != other["decision_no"]:
            office.complain("inspection", line, "decision_no", f"is another than in line {other.number}; write one")


def _policies(office: Office) -> None:
    for line in office.of("policies"):
        if line["name"] not in POLICY_NAMES:
            known = ", ".join(sorted(POLICY_NAMES))
            office.complain("policies", line, "name", f"{line['name']!r} is no policy; write one of {known}")
            continue
        try:
            policy_from({line["name"]: line["value"]})
        except ValueError as error:
            office.complain("policies", line, "value", str(error))


def _symbols(office: Office) -> None:
    for line, other in _pairs(office.of("symbols"), "unit", "symbol"):
        office.complain("symbols", line, "symbol", f"is described in line {other.number} already; leave one line out")


RULES = (_calendar, _tet, _leave, _field, _duty, _manual, _entered, _seen, _policies, _symbols)
