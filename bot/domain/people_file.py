"""The directory as a CSV file, row by row, with every problem by line and column."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bot.domain import person_fields
from bot.domain.identity import is_npi
from bot.domain.nearest import did_you_mean
from bot.domain.report import Identifier

COLUMNS = (
    "npi",
    "local_ids",
    "name",
    "email",
    "mobile",
    "slack_user_id",
    "timezone",
    "roles",
    "designee_npi",
)
OPTIONAL = ("pin",)
"""Columns that a file may leave out: without it everybody keeps the PIN that they have."""
_KNOWN = (*COLUMNS, *OPTIONAL)
Value = TypeVar("Value")
_DELIMITERS = ",;\t"
_EXCELS_LINE = re.compile(r'\s*"?sep=([,;\t])"?[,;\t ]*(?:\r\n?|\n|$)', re.IGNORECASE)
"""What Excel reads before the columns' names: it names the delimiter."""
_SAVE_AS = 'Save it from the spreadsheet as "CSV UTF-8".'


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the file. ``slack`` is (team id, user id), the team empty where not told.

    ``pin`` is what they type to answer a call: "" for none, None where the file does not say.
    ``line`` counts from 1 and is where the row begins.
    """

    line: int
    npi: str
    local_ids: tuple[Identifier, ...]
    name: str
    email: str
    mobile: str
    slack: tuple[str, str] | None
    timezone: str
    roles: tuple[str, ...]
    designee_npi: str
    pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, order=True)
class RowProblem:
    """What is wrong in which line and column (empty: the whole line), and what to do."""

    line: int
    column: str
    what: str
    cure: str

    def __str__(self) -> str:
        place = f"line {self.line}, {self.column}" if self.column else f"line {self.line}"
        return f"{place}: {self.what}. {self.cure}"


class BadPeople(Exception):
    """The file cannot be used. ``problems`` are all there are, in the order of the lines."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def read_rows(data: bytes, timezone: str) -> tuple[list[PersonRow], list[RowProblem]]:
    """The rows in their order, and what is wrong with any of them; a cell that is wrong is empty.

    ``timezone`` is for people who have none in the file. Separated by commas, semicolons or
    tabs, with or without a byte order mark and Excel's ``sep=;`` above. Raises
    BadPeople where no row can be told at all.
    """
    records = list(_records(_decoded(data)))
    if not records:
        raise BadPeople([RowProblem(1, "", "the file is empty", _heading_cure())])
    heading = _heading(*records[0])
    problems: list[RowProblem] = []
    rows = [_row(line, heading, cells, timezone, problems) for line, cells in records[1:]]
    return [row for row in rows if row], problems


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadPeople([RowProblem(1, "", "the file is UTF-16", _SAVE_AS)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadPeople([RowProblem(line, "", "a letter is not UTF-8", _SAVE_AS)]) from None


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on; blank ones are left out."""
    delimiter, above, body = _separated(text)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    line = above + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = above + reader.line_num + 1
    except csv.Error as error:
        cure = 'Each quote that opens has to close; a quote inside is written twice ("").'
        raise BadPeople([RowProblem(line, "", f"cannot be read: {error}", cure)]) from None


def _separated(text: str) -> tuple[str, int, str]:
    """The delimiter, how many lines stand above the columns' names for Excel, and the rest."""
    if named := _EXCELS_LINE.match(text):
        return named[1], len(named[0].splitlines()), text[named.end() :]
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=first.count), 0, text


def _heading(line: int, cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    names = [cell.casefold().replace(" ", "_") for cell in cells]
    problems = [
        RowProblem(line, cell, "no such column", did_you_mean(name, _KNOWN) or _heading_cure())
        for cell, name in zip(cells, names, strict=True)
        if name not in _KNOWN
    ]
    problems += [
        RowProblem(line, name, "the column is there twice", "Keep one of them.")
        for name in _KNOWN
        if names.count(name) > 1
    ]
    missing = [name for name in COLUMNS if name not in names]
    if missing and not problems:
        problems = [
            RowProblem(line, name, "the column is missing", "Add it; it may stay empty.")
            for name in missing
        ]
    if problems:
        raise BadPeople(problems)
    return names


def _heading_cure() -> str:
    return f"The first line is {','.join(COLUMNS)}; pin may follow."


def _row(
    line: int, heading: list[str], cells: list[str], timezone: str, problems: list[RowProblem]
) -> PersonRow | None:
    while len(cells) > len(heading) and not cells[-1]:
        cells.pop()
    if len(cells) != len(heading):
        values = "1 value" if len(cells) == 1 else f"{len(cells)} values"
        what = f"{values} for {len(heading)} columns"
        cure = "Quote a value that holds the separator."
        problems.append(RowProblem(line, "", what, cure))
        return None
    row = _Row(line, dict(zip(heading, cells, strict=True)), problems)
    return row.person(timezone)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line while it is read: what its cells say, and where problems are noted."""

    line: int
    cells: dict[str, str]
    problems: list[RowProblem]

    def person(self, timezone: str) -> PersonRow:
        self._require_name_and_identifier()
        npi, local_ids = self._identifiers()
        return PersonRow(
            line=self.line,
            npi=npi,
            local_ids=local_ids,
            name=self._cell("name", person_fields.name, ""),
            email=self._cell("email", person_fields.email, ""),
            mobile=self._cell("mobile", person_fields.mobile, ""),
            slack=self._cell("slack_user_id", person_fields.slack, None),
            timezone=self._cell("timezone", person_fields.timezone, timezone),
            roles=self._cell("roles", person_fields.roles, ()),
            designee_npi=self._cell("designee_npi", person_fields.npi, ""),
            pin=self._cell("pin", person_fields.pin, "") if "pin" in self.cells else None,
        )

    def _identifiers(self) -> tuple[str, tuple[Identifier, ...]]:
        """An NPI written among the local ids is the person's NPI, and nobody's local id."""
        npi = self._cell("npi", person_fields.npi, "")
        nothing: tuple[Identifier, ...] = ()
        listed = self._cell("local_ids", person_fields.local_ids, nothing)
        npis = list(dict.fromkeys(i.value for i in listed if is_npi(i)))
        if len({*npis, npi} - {""}) > 1:
            cure = "A person has one NPI: keep the right one, in the column npi."
            what = "holds another NPI than the column npi" if npi else "holds two NPIs"
            self.problems.append(RowProblem(self.line, "local_ids", what, cure))
        return npi or next(iter(npis), ""), tuple(i for i in listed if not is_npi(i))

    def _cell(self, column: str, read: Callable[[str], Value], empty: Value) -> Value:
        text = self.cells[column]
        if not text:
            return empty
        try:
            return read(text if column == "name" else person_fields.readable(text))
        except ValueError as error:
            what, cure = error.args
            self.problems.append(RowProblem(self.line, column, what, cure))
            return empty

    def _require_name_and_identifier(self) -> None:
        if not self.cells["name"]:
            cure = "Write the name that people read in pages."
            self.problems.append(RowProblem(self.line, "name", "is empty", cure))
        if not (self.cells["npi"] or self.cells["local_ids"]):
            cure = "Fill in the NPI, or AUTHORITY:ID in local_ids."
            self.problems.append(RowProblem(self.line, "npi", "nothing identifies them", cure))
