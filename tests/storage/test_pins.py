"""PINs: only hashes are kept, and they follow the directory."""

from dataclasses import replace

from sqlalchemy import select

from bot.domain.people_file import PersonRow
from storage import people, pins, tables
from storage.database import Database
from storage.people_import import apply_import
from tests.storage.given import ADAMS, BAKER, COLE, NOW


def import_(database: Database, *rows: PersonRow) -> None:
    hashes = pins.hashes(rows)
    database.run(lambda c: apply_import(c, rows, NOW, hashes))


def is_right(database: Database, name: str, digits: str) -> bool:
    (who,) = (p.id for p in database.look(people.everybody) if p.name == name)
    return database.look(lambda c: pins.is_pin_of(c, who, digits))


def with_pin(row: PersonRow, pin: str | None) -> PersonRow:
    return replace(row, pin=pin)


def test_a_pin_is_known_again_and_stands_nowhere(clinic: Database) -> None:
    import_(clinic, with_pin(ADAMS, "271828"), with_pin(BAKER, "271828"), COLE)
    assert is_right(clinic, ADAMS.name, "271828")
    assert not is_right(clinic, ADAMS.name, "271829")
    assert not is_right(clinic, COLE.name, "271828"), "who has none can type none"
    kept = clinic.look(lambda c: c.execute(select(tables.pins.c.hashed)).scalars().all())
    assert len(set(kept)) == 2, "the same PIN of two people does not look the same"
    assert not any("271828" in each for each in kept)
    assert "271828" not in repr(with_pin(ADAMS, "271828"))


def test_a_file_without_pins_leaves_them_and_an_empty_cell_takes_them_away(
    clinic: Database,
) -> None:
    import_(clinic, with_pin(ADAMS, "2718"), BAKER, COLE)
    import_(clinic, ADAMS, BAKER, COLE)
    assert is_right(clinic, ADAMS.name, "2718")
    import_(clinic, with_pin(ADAMS, ""), BAKER, COLE)
    assert not is_right(clinic, ADAMS.name, "2718")


def test_whoever_leaves_has_no_pin_any_more(clinic: Database) -> None:
    import_(clinic, ADAMS, BAKER, with_pin(COLE, "2718"))
    import_(clinic, ADAMS, BAKER)
    assert not clinic.look(lambda c: c.execute(select(tables.pins)).all())
