"""docs/interop.md says what today's reader does."""

from pathlib import Path

from tests.interop_table import BEGINS, DOCUMENT, ENDS, tables, written


def test_the_tables_of_the_document_are_those_of_today(shared: Path) -> None:
    document = DOCUMENT.read_text("utf-8")
    assert document == written(document, tables(shared)), "python -m tests.interop_table --write"


def test_what_stands_around_the_tables_stays() -> None:
    assert written(f"a\n{BEGINS}\nold\n{ENDS}\nb\n", "new") == f"a\n{BEGINS}\n\nnew\n\n{ENDS}\nb\n"
