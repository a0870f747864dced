"""The two official layouts of the timesheet: their heads, columns and signatures. Pure.

Sources: form C01a-HD (decision 19/2006/QĐ-BTC) for public bodies, form 01a-LĐTL (circular 200/2014/TT-BTC) for
enterprises. Newer circulars leave the sheet to each office, which keeps one of these. Headings are in English here and
in Vietnamese, as the forms print them, in the catalogue.
"""

from dataclasses import dataclass
from enum import StrEnum

from central.rules.symbols import Symbol


class Pay(StrEnum):
    """Who pays a half-day; a column of a form takes some of these."""

    TIME = "time"
    """Worked, by time."""
    FULL = "full"
    """Not worked, with full pay: leave, holidays, compensatory days."""
    PART = "part"
    """Stoppage, with a part of the pay."""
    INSURED = "insured"
    """Paid by social insurance."""
    UNPAID = "unpaid"
    OTHER = "other"
    """A sign of which nobody said who pays it."""


_SIGNS = {
    "P": Pay.FULL, "VR": Pay.FULL, "L": Pay.FULL, "NB": Pay.FULL, "Nb": Pay.FULL, "LĐ": Pay.FULL, "Lđ": Pay.FULL,
    "Ô": Pay.INSURED, "CÔ": Pay.INSURED, "Cô": Pay.INSURED, "TS": Pay.INSURED, "Ts": Pay.INSURED, "T": Pay.INSURED,
    "KL": Pay.UNPAID, "No": Pay.UNPAID, "V": Pay.UNPAID, "KP": Pay.UNPAID,
    "N": Pay.PART,
}  # fmt: skip
"""The signs of the forms, and those that offices commonly add."""


def pay_of(sign: str, meaning: Symbol | None) -> Pay:
    """Who pays what a sign stands for: as its meaning says where it counts as worked or as absence, else as the forms
    say."""
    if meaning is not None and meaning.counts_as_worked:
        return Pay.TIME
    if meaning is not None and meaning.kind == "absent":
        return Pay.UNPAID
    return _SIGNS.get(sign, Pay.OTHER)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of totals: its number on the form, its heading, and which half-days it counts."""

    number: str
    title: str
    pays: frozenset[Pay] = frozenset()


@dataclass(frozen=True, slots=True)
class Form:
    """An official layout. number and authority: printed as they are; heads: the lines at its upper left, of which the
    first is the office above and the second the unit; rest: the heading of the column for what no other one counts,
    shown where there is any."""

    number: str
    authority: str
    heads: tuple[str, ...]
    position: str
    columns: tuple[Column, ...]
    rest: str

    def columns_for(self, pays: frozenset[Pay]) -> tuple[Column, ...]:
        """The form's columns, and one more where some half-days would stand in none of them."""
        taken = frozenset[Pay]().union(*(column.pays for column in self.columns))
        if pays <= taken:
            return self.columns
        following = str(int(self.columns[-1].number) + 1)
        return (*self.columns, Column(following, self.rest, frozenset(Pay) - taken))


FORMS = {
    "c01a": Form(
        "C01a-HD",
        "QĐ 19/2006/QĐ-BTC",
        ("Organisation", "Section", "Code with the State budget"),
        "Grade or position",
        (
            Column("32", "Days paid by time", frozenset({Pay.TIME, Pay.FULL})),
            Column("33", "Days off without pay", frozenset({Pay.UNPAID})),
            Column("34", "Days paid by social insurance", frozenset({Pay.INSURED})),
        ),
        "Other days",
    ),
    "01a": Form(
        "01a-LĐTL",
        "TT 200/2014/TT-BTC",
        ("Organisation", "Section"),
        "Grade or position",
        (
            Column("32", "Days paid by product"),
            Column("33", "Days paid by time", frozenset({Pay.TIME})),
            Column("34", "Days off or of stoppage, 100 % paid", frozenset({Pay.FULL})),
            Column("35", "Days off or of stoppage, …% paid", frozenset({Pay.PART})),
            Column("36", "Days paid by social insurance", frozenset({Pay.INSURED})),
        ),
        "Days without pay, and others",
    ),
}
"""The layouts by the names that pages and commands give them."""
SIGNATURES = ("Timekeeper", "Head of section", "Approver")
"""Who signs, from left to right, on both forms."""
