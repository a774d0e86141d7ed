"""Which order some numbers name: the rules, one by one."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.matching import Match, match, may_be_copied, names_another, with_copies
from bot.domain.numbers import Order, distinct
from bot.domain.report import Identifier, KeyKind, OrderNumber, Patient
from tests.domain.orders import JANET, OTHER, OWN, THEN, accession, filler, order, placer


def named(
    *numbers: OrderNumber, known: tuple[Order, ...], who: tuple[Identifier, ...] = ()
) -> Order | None:
    return match(OWN, numbers, Patient(identifiers=who), known).order


def test_the_same_kind_value_and_authority_name_the_order() -> None:
    ours = order(accession("A"))
    assert named(accession("A"), known=(ours,)) == ours
    assert named(filler("A"), known=(ours,)) == ours
    assert named(accession("A", "EAST"), known=(ours,)) is None
    assert named(placer("A"), known=(ours,)) is None


def test_a_placers_number_is_not_imagings_own_of_the_same_value_and_authority() -> None:
    asked = replace(placer("A"), authority="RIS")
    assert named(asked, known=(order(accession("A")),)) is None
    assert named(accession("A"), known=(order(asked),)) is None


def test_a_number_without_an_authority_is_that_of_the_only_order_that_has_it() -> None:
    ours, theirs = order(accession("A")), order(accession("A", "EAST"))
    bare = accession("A", "FACILITY", stated=False)
    assert named(bare, known=(ours,)) == ours
    assert named(bare, known=(ours, theirs)) is None


def test_two_facilities_that_state_no_authority_agree_only_about_the_same_patient() -> None:
    ours = order(accession("A", "ONE", stated=False), who=JANET)
    bare = accession("A", "TWO", stated=False)
    assert named(bare, known=(ours,)) is None
    assert named(bare, known=(ours,), who=JANET) == ours


def test_an_assumed_authority_is_not_enough_where_both_name_a_patient() -> None:
    ours = order(accession("A"), who=JANET)
    bare = accession("A", "FACILITY", stated=False)
    assert named(bare, known=(ours,), who=(Identifier("1", "EAST"),)) is None
    assert named(bare, known=(ours,), who=(Identifier("1", ""),)) == ours


def corrects(ours: Order, *numbers: OrderNumber) -> bool:
    """Whether another patient under the key of this order is a correction of its patient."""
    who = Patient(identifiers=OTHER)
    return match(ours.key, numbers, who, (ours,), corrects=True).order is ours


def test_another_patient_is_another_order_but_under_the_same_numbers_a_correction() -> None:
    ours = order(accession("A"), filler("F"), who=JANET)
    assert named(filler("F"), known=(ours,), who=OTHER) is None
    assert corrects(ours, accession("A"), filler("F"))
    visit = (Identifier("2", "MAIN", "VN"),)
    assert named(filler("F"), known=(ours,), who=visit) == ours


def test_an_accession_alone_never_makes_two_patients_one() -> None:
    ours = order(accession("5551234"), filler("F1"), placer("P"), who=JANET)
    assert not corrects(ours, accession("5551234"), filler("F2"))
    assert not corrects(ours, accession("5551234"))
    assert not corrects(ours, accession("5551234"), filler("F1"), placer("P2"))
    every = (accession("5551234"), filler("F1"), placer("P"))
    assert corrects(ours, *every)
    final = match(ours.key, every, Patient(identifiers=OTHER), (ours,))
    assert final.order is None
    assert match(OWN, every, Patient(identifiers=OTHER), (ours,), corrects=True).order is None
    assert names_another(Patient(identifiers=OTHER), ours)
    assert not names_another(Patient(), ours)


def test_the_resource_of_a_server_may_be_corrected_to_another_patient() -> None:
    place = OrderNumber(KeyKind.PLACE, "DiagnosticReport/1", "ehr")
    assert corrects(order(accession("A"), place, who=JANET), accession("A"), place)
    elsewhere = replace(place, value="DiagnosticReport/2")
    ours = order(accession("A"), filler("1"), elsewhere, who=JANET)
    assert not corrects(ours, accession("A"), filler("1"), place)


def test_a_resource_is_the_same_whatever_numbers_its_versions_bring() -> None:
    place = OrderNumber(KeyKind.PLACE, "DiagnosticReport/1", "ehr")
    ours = order(accession("A"), filler("F"), place)
    assert named(accession("B"), filler("G"), place, known=(ours,)) == ours
    assert distinct([place, placer("P")])[0] == placer("P")


def test_patients_of_two_authorities_are_not_joined_by_what_may_be_no_accession() -> None:
    room = accession("ROOM1234", stated=False)
    ours = order(room, filler("F1"), who=JANET)
    stranger = (Identifier("9", "EAST"),)
    assert named(room, filler("F2"), known=(ours,), who=stranger) is None
    assert named(room, filler("F1"), known=(ours,), who=stranger) == ours
    assert named(room, known=(ours,), who=stranger) == ours
    sure = order(accession("A"), filler("F1"), who=JANET)
    assert named(accession("A"), filler("F2"), known=(sure,), who=stranger) == sure


def test_where_two_patients_have_the_same_number_a_version_without_one_is_neithers() -> None:
    ours = order(accession("A"), filler("F1"), who=JANET)
    theirs = replace(order(accession("A"), filler("F2"), who=OTHER), key=OWN)
    assert named(accession("A"), known=(ours, theirs)) is None
    assert named(accession("A"), filler("F2"), known=(ours, theirs)) == theirs
    nobodys = replace(order(accession("A")), key=replace(OWN, value="A/1"))
    assert named(accession("A"), known=(ours, theirs, nobodys)) == nobodys


def test_the_patients_own_order_goes_before_a_correction_of_another_ones() -> None:
    ours = order(accession("A"), filler("F"), who=JANET)
    theirs = order(filler("F"), who=OTHER)
    told = (accession("A"), filler("F"))
    who = Patient(identifiers=OTHER)
    found = match(ours.key, told, who, (ours, theirs), corrects=True)
    assert (found.order, found.same) == (theirs, ())


def test_a_lower_number_does_not_join_what_a_higher_one_tells_apart() -> None:
    chest = order(accession("A1"), filler("F1"), placer("P"))
    assert named(accession("A2"), placer("P"), known=(chest,)) is None
    assert named(filler("F2"), placer("P"), known=(chest,)) is None
    assert named(accession("A2"), filler("F1"), known=(chest,)) is None
    assert named(placer("P"), known=(chest,)) == chest
    assert named(accession("A1"), filler("F2"), known=(chest,)) == chest


def test_orders_that_a_version_shows_to_be_one_are_that_of_the_oldest_alert() -> None:
    older = order(accession("A"), alert="older")
    newer = replace(order(filler("F"), alert="newer"), opened_at=THEN + timedelta(hours=1))
    both = (accession("A"), filler("F"))
    for ended in (older, replace(older, is_open=False)):
        found = match(OWN, both, Patient(), (newer, ended))
        assert (found.order, found.same, found.others) == (ended, (newer,), ())
    quiet = order(filler("F"))
    assert match(OWN, both, Patient(), (quiet, older)).same == (quiet,)
    assert match(OWN, both, Patient(), (order(accession("A")), quiet)).same == (quiet,)


def test_an_alert_for_which_people_are_paged_goes_on_and_not_an_older_one_of_shadow() -> None:
    older = replace(order(accession("A"), alert="older"), in_shadow=True, is_open=False)
    newer = replace(order(filler("F"), alert="newer"), opened_at=THEN + timedelta(hours=1))
    both = (accession("A"), filler("F"))
    assert match(OWN, both, Patient(), (older, newer)) == Match(newer, (older,))
    assert match(OWN, both, Patient(), (older, order(filler("F")))).order == older


def test_what_a_higher_number_or_the_patient_tells_apart_is_not_joined() -> None:
    place = OrderNumber(KeyKind.PLACE, "DiagnosticReport/1", "ehr")
    ours, theirs = order(accession("A"), filler("F")), order(accession("B"), place, alert="b")
    found = match(OWN, (filler("F"), place), Patient(), (ours, theirs))
    assert (found.order, found.same, found.others) == (ours, (), (theirs,))
    mine, another = order(accession("A"), who=JANET), order(filler("F"), who=OTHER)
    assert match(OWN, (accession("A"), filler("F")), Patient(), (mine, another)).same == ()


def test_a_placers_number_joins_what_nothing_tells_apart() -> None:
    """The same report once by its accession and once by nothing else: whichever comes last."""
    ours, theirs = order(accession("A"), who=JANET), order(placer("P"), who=JANET, alert="theirs")
    who = Patient(identifiers=JANET)
    found = match(OWN, (accession("A"), placer("P")), who, (theirs, ours))
    assert (found.order, found.same, found.others) == (theirs, (ours,), ())
    assert match(OWN, (filler("F"), placer("P")), who, (theirs, order(filler("F")))).same
    by_filler, by_accession = order(filler("F")), order(accession("A"), placer("P"))
    assert match(OWN, (filler("F"), placer("P")), who, (by_filler, by_accession)).same


def test_a_placers_number_joins_neither_two_patients_nor_two_authorities() -> None:
    ours = order(accession("A"), who=JANET, alert="ours")
    linking = (accession("A"), placer("P"))
    theirs = order(placer("P"), who=OTHER, alert="theirs")
    assert match(OWN, linking, Patient(), (ours, theirs)).same == ()
    elsewhere = order(OrderNumber(KeyKind.PLACER, "P", "EAST"), who=JANET)
    assert match(OWN, linking, Patient(identifiers=JANET), (ours, elsewhere)).same == ()


def test_two_fillers_numbers_are_not_joined_by_less_than_imagings_own_of_sure_authority() -> None:
    ours = order(accession("A"), filler("F1"), who=JANET, alert="ours")
    asked = order(placer("P"), filler("F2"), who=JANET)
    bare = order(accession("A", "FACILITY", stated=False), filler("F2"), who=JANET)
    who = Patient(identifiers=JANET)
    for other in (asked, bare):
        found = match(OWN, (accession("A"), placer("P")), who, (ours, other))
        assert (found.order, found.same) == (ours, ())


def test_a_placers_number_that_two_exams_share_tells_neither() -> None:
    chest = order(accession("A1"), placer("P"), alert="chest")
    abdomen = order(accession("A2"), placer("P"), alert="abdomen")
    alone = order(placer("P"), alert="alone")
    assert named(placer("P"), known=(chest, abdomen)) is None
    assert named(placer("P"), known=(chest, abdomen, alone)) == alone
    assert named(filler("F3"), placer("P"), known=(chest, abdomen)) is None
    found = match(OWN, (accession("A1"), placer("P")), Patient(), (chest, abdomen, alone))
    assert (found.order, found.same, found.others) == (chest, (), (alone,))
    brief = order(accession("A1"))
    found = match(OWN, (accession("A1"), placer("P")), Patient(), (brief, abdomen, alone))
    assert (found.order, found.same) == (brief, ())
    stranger = order(accession("A2"), placer("P"), who=OTHER)
    who = Patient(identifiers=JANET)
    assert match(OWN, (placer("P"),), who, (chest, stranger)).order == chest


def test_orders_by_numbers_of_assumed_authority_are_one_where_the_patient_is_the_same() -> None:
    here = order(accession("A", "HERE", stated=False), who=JANET)
    there = order(OrderNumber(KeyKind.PLACER, "P", "HERE", stated=False), who=JANET)
    both = (accession("A"), placer("P"))
    who = Patient(identifiers=JANET)
    found = match(OWN, both, who, (here, there))
    assert {found.order, *found.same} == {here, there}
    assert match(OWN, both, Patient(), (here, there)).order is None
    sure = order(accession("A"), who=JANET)
    assert match(OWN, both, who, (sure, there)).same == (there,)
    nobodys = replace(there, patients=())
    assert match(OWN, both, who, (sure, nobodys)).same == ()
    apart = (
        order(*one.numbers, filler(value), who=JANET) for one, value in ((here, "1"), (there, "2"))
    )
    assert match(OWN, both, who, tuple(apart)).order is None


def test_the_same_bytes_leave_no_doubt() -> None:
    content = OrderNumber(KeyKind.MESSAGE, "digest")
    stand_in = order(content, alert="stand-in")
    assert named(accession("A"), content, known=(stand_in,)) == stand_in


def test_a_report_for_two_accessions_shows_their_orders_to_be_one() -> None:
    first, second = order(accession("A1"), alert="1"), order(accession("A2"))
    both = match(OWN, (accession("A1"), accession("A2")), Patient(), (first, second))
    assert (both.order, both.same) == (first, (second,))
    beside = order(accession("A2"), filler("F"))
    assert match(OWN, (accession("A1"), filler("F")), Patient(), (first, beside)).same == ()


def test_another_filler_may_send_the_same_report_for_a_placers_order_and_patient() -> None:
    here, janet = (filler("F1"), placer("P")), Patient(identifiers=JANET)
    assert may_be_copied(here, janet, order(filler("F2"), placer("P"), who=JANET))
    for other in (
        order(filler("F1"), placer("P"), who=JANET),
        order(filler("F2"), placer("P"), who=OTHER),
        order(filler("F2"), placer("P")),
        order(filler("F2"), placer("P2"), who=JANET),
        order(filler("P"), who=JANET),
    ):
        assert not may_be_copied(here, janet, other)
    on_one = (accession("A"), filler("F1"))
    assert not may_be_copied(on_one, janet, order(accession("A"), filler("F2"), who=JANET))
    exam = order(accession("A2"), placer("P"), filler("F2"), who=JANET)
    assert may_be_copied(here, janet, exam)
    assert not may_be_copied((accession("A1"), *here), janet, exam)


def test_of_orders_with_the_same_report_the_oldest_alert_goes_on() -> None:
    ours, theirs = order(filler("F1")), order(filler("F2"), alert="theirs")
    assert with_copies(Match(None), [ours]) == Match(ours)
    found = with_copies(Match(ours, others=(theirs,)), [theirs, ours])
    assert found == Match(theirs, (ours,))
    joined = order(filler("F3"))
    assert set(with_copies(Match(ours, (joined,)), [theirs]).same) == {ours, joined}


@given(st.permutations([order(accession("A"), alert="1"), order(filler("F"), alert="2"),
                        order(placer("P"), alert="3")]))  # fmt: skip
def test_the_choice_does_not_depend_on_what_the_database_names_first(known: list[Order]) -> None:
    every = (accession("A"), filler("F"), placer("P"))
    assert match(OWN, every, Patient(), known).order == order(accession("A"), alert="1")
