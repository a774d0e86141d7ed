"""What has to hold between people: designees, shared phones, a coordinator who can be paged."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.people_file import COLUMNS, BadPeople, PersonRow
from bot.domain.people_rules import read_people

ADA, BOB, COR = "1234567893", "1245319599", "1000000004"
COORDINATOR = {"npi": COR, "roles": "coordinator", "mobile": "+13125550100"}


def read(*people: dict[str, str]) -> tuple[PersonRow, ...]:
    lines = [",".join(({"name": "X"} | cells).get(c, "") for c in COLUMNS) for cells in people]
    return read_people("\n".join((",".join(COLUMNS), *lines)).encode(), "America/Chicago")


def problems(*people: dict[str, str]) -> list[str]:
    with pytest.raises(BadPeople) as caught:
        read(*people)
    return [str(problem) for problem in caught.value.problems]


def test_people_with_designees_and_phones_of_their_own_are_accepted() -> None:
    assert read(
        COORDINATOR,
        {"npi": ADA, "mobile": "+13125550101", "designee_npi": BOB},
        {"npi": BOB, "mobile": "+13125550102", "designee_npi": ADA},
    )


def test_nobody_is_their_own_designee() -> None:
    assert problems(COORDINATOR, {"npi": ADA, "designee_npi": ADA}) == [
        "line 3, designee_npi: is their own. Name somebody else, or nobody."
    ]


def test_a_designee_is_in_the_file() -> None:
    (found,) = problems(COORDINATOR, {"npi": ADA, "designee_npi": BOB})
    assert found.startswith("line 3, designee_npi: nobody in this file has it.")


def test_a_mobile_shared_with_ones_designee_is_refused_whichever_line_comes_first() -> None:
    ada = {"npi": ADA, "mobile": "312-555-0101", "designee_npi": BOB}
    bob = {"npi": BOB, "mobile": "+13125550101"}
    told = "line 4, mobile: is that of line 3 as well, on the same ladder."
    assert problems(COORDINATOR, ada, bob)[0].startswith(told)
    assert problems(COORDINATOR, bob, ada)[0].startswith(told)


def test_a_mobile_shared_with_a_coordinator_is_refused() -> None:
    (found,) = problems(COORDINATOR, {"npi": ADA, "mobile": "+13125550100"})
    assert found.startswith("line 3, mobile: is that of line 2 as well")


def test_a_clinics_phone_shared_by_people_of_different_ladders_is_accepted() -> None:
    ada, bob = {"npi": ADA, "mobile": "+13125550101"}, {"npi": BOB, "mobile": "+13125550101"}
    assert read(COORDINATOR, ada, bob)


@given(st.data())
def test_of_many_who_share_a_mobile_each_is_told_the_first_on_their_ladder(
    data: st.DataObject,
) -> None:
    """As asking each about each would find it."""
    npi = st.sampled_from(["", ADA, BOB, COR])
    cells = st.fixed_dictionaries(
        {"npi": npi, "designee_npi": npi, "roles": st.sampled_from(["", "", "coordinator"])}
    )
    people = data.draw(st.lists(cells, max_size=8))
    for n, person in enumerate(people):
        person |= {"local_ids": f"RIS:{n}", "mobile": "+13125550101"}
    try:
        read(*people)
        told = set[tuple[int, str]]()
    except BadPeople as bad:
        told = {(p.line, p.what) for p in bad.problems if p.column == "mobile"}
    assert told == {
        (n + 2, f"is that of line {min(met) + 2} as well, on the same ladder")
        for n, row in enumerate(people)
        if (met := [m for m, other in enumerate(people[:n]) if on_one_ladder(row, other)])
    }


def on_one_ladder(a: dict[str, str], b: dict[str, str]) -> bool:
    each = ((a, b), (b, a))
    stands_in = any(one["npi"] and one["npi"] == two["designee_npi"] for one, two in each)
    return stands_in or "coordinator" in {a["roles"], b["roles"]}


def test_a_switchboards_number_of_twenty_thousand_is_looked_at_once_for_each() -> None:
    crowd = [{"local_ids": f"RIS:{n}", "mobile": "+13125550101"} for n in range(20_000)]
    began = process_time()
    assert len(read(COORDINATOR, *crowd)) == 20_001
    assert process_time() - began < 30, "asking each about each other takes minutes"


def test_people_without_an_npi_are_not_taken_for_each_others_designees() -> None:
    shared = {"mobile": "+13125550101"}
    assert read(COORDINATOR, {"local_ids": "RIS:1"} | shared, {"local_ids": "RIS:2"} | shared)


@pytest.mark.parametrize(
    ("column", "value"),
    [("npi", ADA), ("slack_user_id", "T01/U01"), ("local_ids", "RIS:7")],
)
def test_an_identifier_belongs_to_one_person(column: str, value: str) -> None:
    ada, bob = ({"local_ids": f"EHR:{n}", column: value} for n in (1, 2))
    (found,) = problems(COORDINATOR, ada, bob)
    assert found == f"line 4, {column}: is that of line 3 as well. Each belongs to one person."


def test_an_e_mail_address_is_no_mailbox_of_two() -> None:
    told = "line 4, email: is that of line 3 as well. Give each their own, or leave a shared"
    ada, bob = {"npi": ADA, "email": "er@example.org"}, {"npi": BOB, "email": "ER@example.org"}
    assert problems(COORDINATOR, ada, bob)[0].startswith(told)


@pytest.mark.parametrize(
    "authority", ["NPI", "npi", "2.16.840.1.113883.4.6", "urn:oid:2.16.840.1.113883.4.6"]
)
def test_an_npi_among_the_local_ids_belongs_to_one_person_too(authority: str) -> None:
    ada, hidden = {"npi": ADA}, {"local_ids": f"{authority}:{ADA}"}
    assert problems(COORDINATOR, ada, hidden) == [
        "line 4, npi: is that of line 3 as well. Each belongs to one person."
    ]
    assert read(COORDINATOR, hidden)[1].npi == ADA


def test_a_local_id_counts_with_its_authority_in_any_case() -> None:
    assert problems(COORDINATOR, {"local_ids": "RIS:7"}, {"local_ids": "ris:7"})
    assert read(COORDINATOR, {"local_ids": "RIS:7"}, {"local_ids": "EHR:7"})


@pytest.mark.parametrize("lacking", ["mobile", "roles"])
def test_the_last_coordinator_who_can_be_paged_stays(lacking: str) -> None:
    (found,) = problems(COORDINATOR | {lacking: ""})
    assert "nobody would be a coordinator who can be paged" in found


def test_a_coordinator_on_slack_alone_can_be_paged() -> None:
    assert read(COORDINATOR | {"mobile": "", "slack_user_id": "U01"})


def test_rows_and_what_lies_between_them_are_told_at_once() -> None:
    ada = {"npi": ADA, "designee_npi": ADA, "timezone": "Mars"}
    assert [line.split(":")[0] for line in problems(COORDINATOR, ada)] == [
        "line 3, designee_npi",
        "line 3, timezone",
    ]


def test_a_cell_that_cannot_be_read_is_not_held_against_another_row() -> None:
    mistyped = {"npi": BOB[:-1], "roles": "cordinator", "mobile": "+13125550101"}
    found = problems(mistyped, {"npi": ADA, "designee_npi": BOB})
    assert [line.split(":")[0] for line in found] == ["line 2, npi", "line 2, roles"]
