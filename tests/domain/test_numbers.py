"""The numbers of an order as they are compared: the rules, one by one."""

from dataclasses import replace

from bot.domain.numbers import distinct, free_key, key_of, news, numbers_of, plain
from bot.domain.report import KeyKind, OrderNumber, Patient, ReportKey
from tests.domain.orders import JANET, OTHER, OWN, accession, filler, order, placer
from tests.domain.reports import PLAIN


def test_case_and_blanks_tell_no_two_numbers_apart() -> None:
    assert plain(accession(" acc 1 ", "ris")) == accession("ACC1")


def test_a_resource_and_a_message_are_compared_as_they_are_written() -> None:
    for kind in (KeyKind.PLACE, KeyKind.MESSAGE):
        assert plain(OrderNumber(kind, "DiagnosticReport/a", "ehr")).value == "DiagnosticReport/a"


def test_each_number_counts_once_of_its_kind_and_nothing_is_no_number() -> None:
    told = [filler("A"), accession("a"), accession("A"), placer(" ")]
    assert distinct(told) == (accession("A"), filler("A"))


def test_a_report_that_tells_no_numbers_has_that_of_its_key() -> None:
    key = PLAIN.key
    assert numbers_of(PLAIN)[0].value == key.value.upper()


def test_the_best_number_makes_the_key() -> None:
    assert key_of((filler("F"), placer("P"))) == ReportKey("RIS", KeyKind.ACCESSION, "F")
    assert key_of((placer("P"),)) == ReportKey("CPOE", KeyKind.PLACER, "P")


def test_a_new_order_gets_a_key_that_no_other_has() -> None:
    ours, patient = order(accession("A"), who=JANET), Patient(identifiers=OTHER)
    told = (accession("A"),)
    assert free_key(OWN, told, patient, (ours,)) == OWN
    second = free_key(ours.key, told, patient, (ours,))
    third = free_key(ours.key, told, patient, (ours, replace(ours, key=second)))
    assert len({ours.key, second, third}) == 3
    assert second.value.startswith("A/")


def test_what_is_new_of_some_numbers_is_what_the_order_was_not_known_by() -> None:
    assert news((accession("F"), placer("P")), order(filler("F"))) == (placer("P"),)
