"""The symbols of the timesheet: what each means, to whom, and the only word of it that a public board may show.

A reason of leave may be a matter of health, so boards show nothing but the public label. Symbols by forms C01a-HD and
01a-LĐTL where they have one, else as offices commonly write them; an office may have its own.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from central.rules.day import PlanKind

EVERYBODY = ""
"""The unit of the symbols that hold where no unit above says otherwise."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A sign of the timesheet. unit: whose it is, for it and all below it. kind: leave, trip or study for the signs of
    plans, else the outcome that prints it."""

    unit: str
    symbol: str
    kind: str
    name_vi: str
    name_en: str
    counts_as_worked: bool
    public_label: str


USUAL = (
    Symbol(EVERYBODY, "+", "present", "Có mặt, hưởng lương thời gian", "Present", True, "có mặt"),
    Symbol(EVERYBODY, "V", "absent", "Vắng không có lý do", "Absent without reason", False, "vắng"),
    Symbol(EVERYBODY, "L", "holiday", "Nghỉ lễ, Tết", "Public holiday", False, "nghỉ"),
    Symbol(EVERYBODY, "CS", "field_duty", "Đi cơ sở", "Field duty", True, "đi cơ sở"),
    Symbol(EVERYBODY, "CT", "trip", "Đi công tác", "Business trip", True, "công tác"),
    Symbol(EVERYBODY, "H", "study", "Hội nghị, học tập", "Study or conference", True, "công tác"),
    Symbol(EVERYBODY, "P", "leave", "Nghỉ phép", "Annual leave", False, "nghỉ"),
    Symbol(EVERYBODY, "VR", "leave", "Nghỉ việc riêng", "Personal leave", False, "nghỉ"),
    Symbol(EVERYBODY, "Ô", "leave", "Ốm, điều dưỡng", "Sick leave", False, "nghỉ"),
    Symbol(EVERYBODY, "CÔ", "leave", "Con ốm", "Child's sickness", False, "nghỉ"),
    Symbol(EVERYBODY, "TS", "leave", "Thai sản", "Maternity leave", False, "nghỉ"),
    Symbol(EVERYBODY, "T", "leave", "Tai nạn", "Accident", False, "nghỉ"),
    Symbol(EVERYBODY, "NB", "leave", "Nghỉ bù", "Compensatory leave", False, "nghỉ"),
    Symbol(EVERYBODY, "KL", "leave", "Nghỉ không lương", "Unpaid leave", False, "nghỉ"),
    Symbol(EVERYBODY, "N", "leave", "Ngừng việc", "Stoppage", False, "nghỉ"),
)
"""What each sign means where no office says otherwise."""

_KINDS = {kind.value: kind for kind in (PlanKind.LEAVE, PlanKind.TRIP, PlanKind.STUDY)}


class Symbols:
    """The signs of all units: the nearest unit's holds, then everybody's, at last the usual meaning."""

    def __init__(self, described: Iterable[Symbol] = ()) -> None:
        self._by_unit: dict[str, dict[str, Symbol]] = defaultdict(dict)
        for symbol in (*USUAL, *described):
            self._by_unit[symbol.unit][symbol.symbol] = symbol

    @property
    def varied(self) -> bool:
        """Whether some unit has signs of its own."""
        return len(self._by_unit) > 1

    def find(self, symbol: str, path: Iterable[str] = ()) -> Symbol | None:
        """What a sign means to a unit, given by itself and those above it; None for one that nobody described."""
        described = (self._by_unit[unit].get(symbol) for unit in (*path, EVERYBODY) if unit in self._by_unit)
        return next((found for found in described if found is not None), None)

    def kind(self, symbol: str, path: Iterable[str] = ()) -> PlanKind:
        """The plan that a leave of this sign is: a trip, study, or leave, which an unknown sign is too."""
        found = self.find(symbol, path)
        return _KINDS.get(found.kind if found else "", PlanKind.LEAVE)

    def legend(self, path: Iterable[str] = ()) -> list[Symbol]:
        """Every sign that a unit may use, as it means it."""
        path = tuple(path)
        signs = {sign for unit in (*path, EVERYBODY) for sign in self._by_unit.get(unit, ())}
        found = (self.find(sign, path) for sign in sorted(signs))
        return [one for one in found if one is not None]
