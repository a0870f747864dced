"""Folders of CSV files -> their lines with every value read, or a list of everything wrong with them.

A file is read whole before anything is stored; every bad value is reported with file, line, column and remedy, so that
one pass over the list mends the folder. A value stands on one line: a quote that is opened and not closed is reported
where it is opened.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from central.errors import ImportRefusedError
from central.roster.codings import old_coding
from central.roster.values import BadValue, Reader

MAX_FILE_BYTES = 64 * 1024 * 1024
CODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SAVE_AGAIN = "save it again as CSV UTF-8"


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad value. line counts from 1 (the header); column is the header's word, "" for the whole line."""

    file: str
    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file with its values read, by column."""

    number: int
    values: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass(frozen=True, slots=True)
class Office:
    """What a folder says: file name (without .csv) -> its lines; everything that is wrong; and remarks about what
    changes nothing. What could be read of bad lines saves others from being called unknown."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Files of which nothing could be read, or that are missing."""
    half_read: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By file: the codes of lines that another fault keeps out."""

    def complain(self, file: str, line: Line | None, column: str, problem: str) -> None:
        """Note something wrong with a line, or (None) with the whole file."""
        self.problems.append(Problem(f"{file}.csv", line.number if line else 1, column, problem))

    def of(self, name: str) -> list[Line]:
        """The lines of a file, none of one that is not there."""
        return self.lines.get(name, [])


Columns = Mapping[str, Reader]


def need_folder(folder: Path, holds: str) -> None:
    """Raises ImportRefusedError where there is no such folder; `holds` names a file that the right one has."""
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise ImportRefusedError(f"folder {folder} {what}; name the folder that holds {holds}")


def read_files(
    folder: Path,
    files: Mapping[str, Columns],
    needed: Sequence[str],
    purpose: str,
    may_have: Mapping[str, Columns] | None = None,
) -> Office:
    """Read those of `files` (name without .csv -> its columns) that are in `folder`; `needed` ones must be there.

    may_have: columns that a file may do without; an absent one is as if it were empty on every line.
    """
    office = Office()
    for name, columns in files.items():
        path = folder / f"{name}.csv"
        if path.exists():
            office.lines[name] = list(_File(office, path, name, columns, (may_have or {}).get(name, {})).lines())
        elif name in needed:
            *others, last = needed
            every = f"{', '.join(others)} and {last}" if others else last
            office.unread.add(name)
            office.complain(name, None, "", f"is missing; {purpose} needs {every}")
    return office


class _Elsewhere(BadValue):
    """A file that cannot be read from a certain place on."""

    def __init__(self, number: int, column: str, problem: str) -> None:
        super().__init__(problem)
        self.number, self.column = number, column


class _File:
    """One file of a folder."""

    def __init__(self, office: Office, path: Path, name: str, columns: Columns, may_have: Columns) -> None:
        self._office, self._path, self._name = office, path, name
        self._columns, self._may_have = columns, may_have

    def lines(self) -> Iterator[Line]:
        """Its lines without a fault; the faults of the others stand in `office.problems`."""
        try:
            rows = _rows(self._text())
            header = _cells(next(rows, (1, ""))[1])
            if absent := [column for column in self._columns if column not in header]:
                raise BadValue(f"has no column {absent[0]}; its header must hold {','.join(self._columns)}")
            if twice := [column for column in header if column and header.count(column) > 1]:
                raise BadValue(f"has the column {twice[0]} twice; leave one out")
            for number, row in rows:
                yield from self._line(header, row, number)
        except _Elsewhere as error:
            self._office.unread.add(self._name)
            self._office.complain(self._name, Line(error.number, {}), error.column, str(error))
        except (OSError, BadValue) as error:
            self._office.unread.add(self._name)
            self._office.complain(self._name, None, "", str(error))

    def _text(self) -> str:
        if self._path.stat().st_size > MAX_FILE_BYTES:
            raise BadValue(f"is larger than {MAX_FILE_BYTES} bytes; split it")
        raw = self._path.read_bytes()
        if raw[:2] in CODINGS:
            raise BadValue(f"is UTF-16; {SAVE_AGAIN}")
        raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            return unicodedata.normalize("NFC", raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise self._not_utf8(raw, error.start) from error

    def _not_utf8(self, raw: bytes, at: int) -> "_Elsewhere":
        """Where the first byte stands that is not UTF-8, and what the file may be instead."""
        begins = raw.rfind(b"\n", 0, at) + 1
        number = raw.count(b"\n", 0, at) + 1
        header, before, row = (
            _cells(part.decode("latin-1"), strict=False)
            for part in (raw.split(b"\n", 1)[0], raw[begins:at] + b".", raw[begins:].split(b"\n", 1)[0])
        )
        place = len(before) - 1
        column = header[place] if 0 <= place < len(header) else ""
        old = old_coding(row[place]) if 0 <= place < len(row) else None
        if old is not None:
            said = f"it is in {old.name}, where {row[place]!r} means {old.reads!r}; convert it to Unicode"
        else:
            said = "it may be in Windows-1258, TCVN3 or VNI; open it in the program that wrote it"
        return _Elsewhere(number, column, f"is not UTF-8: {said} and {SAVE_AGAIN}")

    def _line(self, header: list[str], row: str, number: int) -> Iterator[Line]:
        line = Line(number, {})
        try:
            cells = _cells(row)
        except BadValue as error:
            column = header[min(_stray_quote(row) or 0, len(header) - 1)]
            self._office.complain(self._name, line, column, str(error))
            return
        if not any(cells):
            return
        if len(cells) != len(header):
            self._office.complain(self._name, line, "", f"has {len(cells)} values, the header has {len(header)}")
            return
        found = dict(zip(header, cells, strict=True))
        before = len(self._office.problems)
        for column, read in (*self._columns.items(), *self._may_have.items()):
            self._value(line, column, read, found.get(column, "").strip())
        if len(self._office.problems) == before:
            yield line
        else:
            self._office.half_read[self._name].add(str(line.values.get("code", "")))

    def _value(self, line: Line, column: str, read: Reader, said: str) -> None:
        if not said.isascii() and (old := old_coding(said)):
            problem = f"{said!r} is in {old.name} and means {old.reads!r}; convert the file to Unicode and {SAVE_AGAIN}"
            self._office.complain(self._name, line, column, problem)
            return
        if unreadable := [c for c in said if unicodedata.category(c) in ("Cc", "Cs", "Co") or c == "\ufffd"]:
            problem = f"holds U+{ord(unreadable[0]):04X}, which no text needs; type it again"
            self._office.complain(self._name, line, column, problem)
            return
        try:
            line.values[column] = read(said)
        except BadValue as error:
            self._office.complain(self._name, line, column, str(error))


def _rows(content: str) -> Iterator[tuple[int, str]]:
    """The physical lines with their numbers, from 1."""
    for number, row in enumerate(content.split("\n"), 1):
        yield number, row.removesuffix("\r")


_CELL = re.compile(r'"(?:[^"]|"")*"|[^",]*')


def _cells(row: str, *, strict: bool = True) -> list[str]:
    """The cells of a line. Raises BadValue where a quote neither surrounds a cell nor is doubled inside one."""
    if strict and _stray_quote(row) is not None:
        raise BadValue('has a stray quote; double a quote inside a value (""), and keep each value on one line')
    return next(csv.reader([row]), [])


def _stray_quote(row: str) -> int | None:
    """The number of the first cell, from 0, with a quote that has no business there."""
    at = cell = 0
    while '"' in row[at:]:
        found = _CELL.match(row, at)
        at = found.end() if found else at
        if at < len(row) and row[at] != ",":
            return cell
        at, cell = at + 1, cell + 1
    return None
