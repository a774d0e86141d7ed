"""The file becomes the directory, all of it or nothing, and people keep who they are."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, event

from bot.domain.people_file import PersonRow
from bot.domain.report import Identifier
from storage import people, people_import
from storage.database import Database
from storage.people_import import Change
from tests.storage.given import ADAMS, BAKER, COLE, EVERYBODY, NOW


def import_(database: Database, rows: Sequence[PersonRow]) -> Change:
    return database.run(lambda c: people_import.apply_import(c, rows, NOW))


def ids(database: Database) -> dict[str, str]:
    return {person.name: person.id for person in database.look(people.everybody)}


def test_a_first_import_adds_everybody_in_file_order(database: Database) -> None:
    names = ("Dr. Adams", "Dr. Baker", "Cole")
    assert import_(database, EVERYBODY) == Change(names, (), (), 0)
    assert tuple(ids(database)) == names


def test_the_same_file_again_changes_nothing(clinic: Database) -> None:
    before = ids(clinic)
    assert import_(clinic, EVERYBODY) == Change((), (), (), 3)
    assert ids(clinic) == before


def test_the_fields_that_changed_and_who_is_removed_are_told(clinic: Database) -> None:
    adams = replace(ADAMS, name="Dr. Adams-Lee", timezone="UTC", designee_npi="")
    changed = (("Dr. Adams-Lee", ("name", "timezone", "designee_id")),)
    assert import_(clinic, (adams, COLE)) == Change((), changed, ("Dr. Baker",), 1)


def test_a_file_with_an_unknown_designee_changes_nothing(clinic: Database) -> None:
    before = clinic.look(people.everybody)
    with pytest.raises(ValueError, match="designee_npi"):
        import_(
            clinic, (replace(BAKER, name="Somebody"), replace(ADAMS, designee_npi="9999999999"))
        )
    assert clinic.look(people.everybody) == before


@pytest.mark.parametrize(
    "row",
    [
        replace(ADAMS, name="Adams, A.", email="", mobile="", slack=None, local_ids=()),
        replace(ADAMS, npi="", email="", mobile="", slack=None),
        replace(ADAMS, npi="", local_ids=(), mobile="", slack=None, email="ADAMS@example.org"),
        replace(ADAMS, npi="", local_ids=(), mobile="", email=""),
        replace(ADAMS, npi="", local_ids=(), slack=None, email=""),
    ],
    ids=["npi", "local id", "email", "slack", "mobile"],
)
def test_a_person_stays_the_same_by_whatever_is_left_of_them(
    clinic: Database, row: PersonRow
) -> None:
    before = ids(clinic)["Dr. Adams"]
    import_(clinic, (row, BAKER, COLE))
    assert ids(clinic)[row.name] == before


def test_who_leaves_can_no_more_be_paged_and_comes_back_as_the_same_person(
    clinic: Database,
) -> None:
    before = ids(clinic)["Dr. Adams"]
    assert import_(clinic, (BAKER, COLE)).removed == ("Dr. Adams",)
    gone = clinic.look(lambda c: people.load(c, before))
    assert gone is not None
    assert gone.channels == ()
    assert clinic.look(lambda c: people.by_slack(c, "T1", "U1")) is None
    named = clinic.look(lambda c: people.by_identifiers(c, [Identifier("77", "LAKESIDE")]))
    assert named == gone
    back = import_(clinic, EVERYBODY)
    assert back.changed == (("Dr. Adams", ("active",)),)
    assert ids(clinic)["Dr. Adams"] == before
    assert import_(clinic, (BAKER, COLE)).removed == ("Dr. Adams",)


def test_an_identifier_given_to_somebody_else_names_them(clinic: Database) -> None:
    import_(
        clinic, (BAKER, replace(COLE, local_ids=(*COLE.local_ids, Identifier("77", "LAKESIDE"))))
    )
    found = clinic.look(lambda c: people.by_identifiers(c, [Identifier("77", "Lakeside")]))
    assert found is not None
    assert found.name in {"Dr. Adams", "Cole"}
    assert found.channels != ()


@pytest.mark.parametrize("kept", ["email", "slack", "mobile", "local_ids"])
def test_whoever_gets_a_doctors_things_does_not_become_that_doctor(
    clinic: Database, kept: str
) -> None:
    before = ids(clinic)["Dr. Adams"]
    own = {"email": "", "slack": None, "mobile": "", "local_ids": ()}
    things = own | {kept: getattr(ADAMS, kept)}
    successor = replace(ADAMS, npi="1245319599", name="Dr. Adams", **things)
    assert import_(clinic, (successor, BAKER, COLE)).removed == ("Dr. Adams",)
    assert ids(clinic)["Dr. Adams"] != before


def test_a_phone_passed_on_to_somebody_of_another_name_is_no_identity(clinic: Database) -> None:
    before = ids(clinic)["Cole"]
    import_(clinic, (ADAMS, BAKER, replace(COLE, name="Dunn", local_ids=(Identifier("D", "X"),))))
    assert ids(clinic)["Dunn"] != before


def test_identifiers_that_change_are_told(clinic: Database) -> None:
    rows = (
        replace(ADAMS, local_ids=(Identifier("78", "LAKESIDE"),)),
        BAKER,
        replace(COLE, npi="1245319599"),
    )
    told = (("Dr. Adams", ("local_ids",)), ("Cole", ("npi",)))
    assert import_(clinic, rows) == Change((), told, (), 1)
    assert import_(clinic, rows) == Change((), (), (), 3)


def test_a_row_is_found_by_its_npi_before_another_one_by_its_phone(clinic: Database) -> None:
    before = ids(clinic)["Dr. Adams"]
    same_phone = replace(COLE, name="Adams", local_ids=(Identifier("9", "X"),), mobile=ADAMS.mobile)
    import_(clinic, (same_phone, replace(ADAMS, mobile=""), BAKER))
    assert ids(clinic)["Dr. Adams"] == before


def test_two_people_who_swap_a_phone_stay_themselves(clinic: Database) -> None:
    before = ids(clinic)
    import_(
        clinic, (replace(ADAMS, mobile=BAKER.mobile), replace(BAKER, mobile=ADAMS.mobile), COLE)
    )
    assert ids(clinic) == before


def written_by(database: Database, rows: Sequence[PersonRow]) -> list[str]:
    """The statements by which an import changes the directory."""
    statements: list[str] = []

    def note(*what: object) -> None:
        statements.append(str(what[2]))

    def import_noted(c: Connection) -> None:
        event.listen(c, "before_cursor_execute", note)
        people_import.apply_import(c, rows, NOW)
        event.remove(c, "before_cursor_execute", note)

    database.run(import_noted)
    return [one for one in statements if _WRITES.match(one)]


_WRITES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (?:people|person_identifiers)\b")


def test_what_stays_as_it_was_is_not_written_again(clinic: Database) -> None:
    assert written_by(clinic, EVERYBODY) == []


def test_a_local_id_that_goes_to_somebody_else_is_theirs(clinic: Database) -> None:
    local = Identifier("77", "MAIN")
    import_(clinic, (replace(ADAMS, local_ids=(local,)), BAKER, COLE))
    assert named_by(clinic, local) == "Dr. Adams"
    import_(clinic, (replace(ADAMS, local_ids=()), replace(BAKER, local_ids=(local,)), COLE))
    assert named_by(clinic, local) == "Dr. Baker"
    import_(clinic, EVERYBODY)
    assert named_by(clinic, local) is None


def named_by(database: Database, identifier: Identifier) -> str | None:
    found = database.look(lambda c: people.by_identifiers(c, [identifier]))
    return found.name if found else None
