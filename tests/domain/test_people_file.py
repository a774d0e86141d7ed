"""The directory as people export it, and what it gets where it is wrong."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.people_file import COLUMNS, BadPeople, PersonRow, RowProblem, read_rows
from bot.domain.report import Identifier

HEAD = ",".join(COLUMNS)
ADA = (
    '1234567893,RIS:a1;EHR:77,"Lovelace, Ada",ada@example.org,312-555-0111,'
    "T01/U0ADA,America/New_York,coordinator,1245319599"
)
BOB = "1245319599,,Bob,,,,,,"


def read_people(data: bytes) -> list[PersonRow]:
    rows, problems = read_rows(data, "America/Chicago")
    if problems:
        raise BadPeople(problems)
    return rows


def read(*lines: str, head: str = HEAD, end: str = "\n") -> list[PersonRow]:
    return read_people(end.join((head, *lines, "")).encode())


def problems(*lines: str, head: str = HEAD) -> list[str]:
    with pytest.raises(BadPeople) as caught:
        read(*lines, head=head)
    return [str(problem) for problem in caught.value.problems]


def test_a_row_is_read_with_every_column() -> None:
    assert read(ADA, BOB) == [
        PersonRow(
            line=2,
            npi="1234567893",
            local_ids=(Identifier("a1", "RIS"), Identifier("77", "EHR")),
            name="Lovelace, Ada",
            email="ada@example.org",
            mobile="+13125550111",
            slack=("T01", "U0ADA"),
            timezone="America/New_York",
            roles=("coordinator",),
            designee_npi="1245319599",
        ),
        PersonRow(3, "1245319599", (), "Bob", "", "", None, "America/Chicago", (), ""),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(end: str) -> None:
    assert [row.name for row in read(ADA, BOB, end=end)] == ["Lovelace, Ada", "Bob"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_excels_own_separators_are_read(delimiter: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(csv.reader([HEAD, ADA, BOB]))
    assert read_people(file.getvalue().encode()) == read(ADA, BOB)


@pytest.mark.parametrize("above", ["sep=;\r\n", '\ufeff"sep=;"\n', "\n\nSEP=;;;;\r"])
def test_the_line_above_that_tells_excel_the_delimiter_is_no_heading(above: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=";").writerows(csv.reader([HEAD, ADA, BOB]))
    there = read_people((above + file.getvalue()).encode())
    more = len(above.splitlines())
    assert there == [replace(row, line=row.line + more) for row in read(ADA, BOB)]


@pytest.mark.parametrize(
    "told",
    [
        "coordinator;radiologist",
        '"Coordinator, radiologist"',
        "coordinator / radiologist",
        "coordinator radiologist ",
    ],
)
def test_roles_are_told_apart_however_people_write_lists(told: str) -> None:
    row = f"1234567893,,Ada,,,,,{told},"
    assert read(row)[0].roles == ("coordinator", "radiologist")


def test_a_byte_order_mark_blank_lines_and_empty_last_columns_are_tolerated() -> None:
    text = f"\ufeff\n{HEAD},,\n\n{ADA},,\n,,,,,,,,\n   \n{BOB},,\n"
    rows = read_people(text.encode())
    assert [(row.line, row.name) for row in rows] == [(4, "Lovelace, Ada"), (7, "Bob")]


def test_a_heading_may_be_spelled_with_capitals_and_spaces_in_any_order() -> None:
    names = [name.replace("_", " ").title() for name in reversed(COLUMNS)]
    assert read(",,,,,,Bob,,1245319599", head=",".join(names))[0].name == "Bob"


def test_a_quoted_value_may_span_lines_and_the_next_row_keeps_its_number() -> None:
    rows = read('1234567893,,"Ada\n Lovelace",,,,,,', BOB)
    assert [(row.line, row.name) for row in rows] == [(2, "Ada Lovelace"), (4, "Bob")]


def test_a_wrong_column_gets_the_nearest_and_no_row_is_judged_under_it() -> None:
    assert problems("x", head=HEAD.replace("mobile", "mobil")) == [
        'line 1, mobil: no such column. Did you mean "mobile"?'
    ]
    assert problems(head=HEAD + ",salary")[0].endswith(f"The first line is {HEAD}; pin may follow.")


def test_a_file_may_tell_pins_and_without_the_column_it_says_nothing_of_them() -> None:
    told = read(f"{ADA},2718", f"{BOB},", head=f"{HEAD},PIN")
    assert [row.pin for row in told] == ["2718", ""]
    assert read(ADA)[0].pin is None
    assert problems(f"{ADA},12", head=f"{HEAD},pin") == [
        "line 2, pin: is not four to eight digits. Format the column as text first."
    ]


def test_a_column_that_is_missing_or_there_twice_is_named() -> None:
    assert problems(head=HEAD.replace(",roles", "")) == [
        "line 1, roles: the column is missing. Add it; it may stay empty."
    ]
    assert problems(head=HEAD + ",npi") == [
        "line 1, npi: the column is there twice. Keep one of them."
    ]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("npi", "123456789", "is not ten digits"),
        ("npi", "1.23457E+09", "format the column as text"),
        ("npi", "١٢٣٤٥٦٧٨٩٣", "is not ten digits"),
        ("npi", "1234567890", "has a wrong check digit"),
        ("local_ids", "a1", "has an id without its authority"),
        ("local_ids", "RIS:", "has an id without its authority"),
        ("local_ids", "NPI:1234567890", "has a wrong check digit"),
        ("local_ids", f"NPI:{BOB[:10]}", "holds another NPI than the column npi"),
        ("name", "", "is empty"),
        ("email", "ada", "is no e-mail address"),
        ("mobile", "555-0100", "is no mobile number"),
        ("mobile", "030 123 4567", "is no mobile number"),
        ("mobile", "+1312555010", "is no mobile number"),
        ("mobile", "+1 112 555 0100", "is no mobile number"),
        ("mobile", "+1 900 555 0100", "is no mobile number"),
        ("mobile", "911 555 0100", "is no mobile number"),
        ("mobile", "312-555-0100 x12", "is no mobile number"),
        ("slack_user_id", "@ada", "is no Slack member ID"),
        ("timezone", "America/Chicgo", 'Did you mean "America/Chicago"?'),
        ("timezone", "CST6", "is no time zone"),
        ("timezone", "GMT+1", 'Write a name such as "America/Chicago".'),
        ("timezone", "CST", 'Write a name such as "America/Chicago".'),
        ("roles", "cordinator", 'Did you mean "coordinator"?'),
        ("roles", "nurse", "Leave it empty for somebody who orders exams."),
        ("designee_npi", "1", "is not ten digits"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column_with_the_cure(
    column: str, value: str, told: str
) -> None:
    cells = dict(zip(COLUMNS, ["1234567893", "", "Ada", "", "", "", "", "", ""], strict=True))
    (found,) = problems(BOB, ",".join((cells | {column: value}).values()))
    assert found.startswith(f"line 3, {column}: ")
    assert told in found


def test_an_npi_among_the_local_ids_is_the_persons_npi() -> None:
    assert read("1234567893,NPI:1234567893;RIS:7,Ada,,,,,,") == read("1234567893,RIS:7,Ada,,,,,,")
    two = ",NPI:1234567893;NPI:1245319599,Ada,,,,,,"
    assert "local_ids: holds two NPIs." in problems(two)[0]


def test_somebody_without_any_identifier_is_refused() -> None:
    assert "nothing identifies them" in problems(",,Ada,,,,,,")[0]


def test_all_problems_of_all_rows_are_told_at_once() -> None:
    found = problems("1,,,x,,,,,", "too,short", "1234567893,,Ada,,,,Mars,,")
    assert [line.split(":")[0] for line in found] == [
        "line 2, email",
        "line 2, name",
        "line 2, npi",
        "line 3",
        "line 4, timezone",
    ]


def test_a_row_with_too_many_or_too_few_values_says_how_many() -> None:
    assert problems("1,2") == [
        "line 2: 2 values for 9 columns. Quote a value that holds the separator."
    ]


def test_a_quote_that_never_closes_is_told_with_its_line() -> None:
    assert problems(BOB, '1,"Ada')[0].startswith("line 3: cannot be read: ")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "line 1: the file is empty."),
        (b"\n \n", "line 1: the file is empty."),
        ("npi".encode("utf-16"), "line 1: the file is UTF-16."),
        (HEAD.encode() + "\n\n1,Jörg".encode("cp1252"), "line 3: a letter is not UTF-8."),
    ],
)
def test_a_file_that_is_no_csv_in_utf8_is_told_how_to_save_it(data: bytes, told: str) -> None:
    with pytest.raises(BadPeople) as caught:
        read_people(data)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    "spelling",
    [
        "+13125550100",
        "(312) 555-0100",
        "312.555.0100",
        "1-312-555-0100",
        "+1 312 555 0100",
        "312 555 0100",
        "312‑555‑0100",
    ],
)
def test_a_north_american_number_may_be_spelled_as_people_do(spelling: str) -> None:
    (row,) = read(f"1234567893,,Ada,,{spelling},,,,")
    assert row.mobile == "+13125550100"


def test_an_authority_may_hold_colons_itself() -> None:
    (row,) = read(",urn:oid:1.2.3:77,Ada,,,,,,")
    assert row.local_ids == (Identifier("77", "urn:oid:1.2.3"),)


def test_a_slack_member_without_a_workspace_leaves_it_open() -> None:
    assert read("1234567893,,Ada,,,U0ADA,,,")[0].slack == ("", "U0ADA")
    assert read("1234567893,,Ada,,,T01:W0ADA,,,")[0].slack == ("T01", "W0ADA")


def described(data: bytes) -> list[RowProblem]:
    try:
        return read_rows(data, "America/Chicago")[1]
    except BadPeople as bad:
        return list(bad.problems)


@settings(deadline=None)  # the names of all time zones are read from as many files, once
@given(st.binary())
def test_whatever_speaks_against_any_bytes_has_a_line_and_a_cure(data: bytes) -> None:
    assert all(problem.line >= 1 and problem.cure for problem in described(data))


@settings(deadline=None)  # as above
@given(st.lists(st.lists(st.text(max_size=12), min_size=9, max_size=9), max_size=4))
def test_whatever_speaks_against_any_cells_has_a_line_and_a_cure(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([COLUMNS, *rows])
    found = described(file.getvalue().encode("utf-8", "surrogatepass"))
    assert all(problem.line >= 1 and problem.cure for problem in found)


UNSEEN = ("\x00", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066")


@pytest.mark.parametrize("character", UNSEEN)
@pytest.mark.parametrize("column", COLUMNS)
def test_a_character_that_cannot_be_seen_is_refused_by_line_and_column(
    column: str, character: str
) -> None:
    cells = next(csv.reader([ADA]))
    at = COLUMNS.index(column)
    cells[at] = f"{cells[at][:3]}{character}{cells[at][3:]}"
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    (problem,) = problems(BOB, line.getvalue().rstrip("\r\n"))
    assert problem.startswith(f"line 3, {column}: holds a character that cannot be seen")
    assert f"U+{ord(character):04X}" in problem


@pytest.mark.parametrize("column", COLUMNS)
def test_what_is_longer_than_any_name_is_refused_by_line_and_column(column: str) -> None:
    cells = next(csv.reader([ADA]))
    cells[COLUMNS.index(column)] = "X" * 201
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    assert problems(BOB, line.getvalue().rstrip("\r\n")) == [
        f"line 3, {column}: is longer than 200 characters. Shorten it."
    ]


def test_many_ids_of_one_person_may_be_long_together_and_a_name_may_stand_on_two_lines() -> None:
    ids = ";".join(f"AUTHORITY{n}:1" for n in range(40))
    (row,) = read(f'1245319599,{ids},"Bob\nBuilder",,,,,,')
    assert len(row.local_ids) == 40
    assert row.name == "Bob Builder"
