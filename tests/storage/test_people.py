"""The directory: found by identifier and never by name, and known to every process once changed."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Calls, NoSms, Person
from bot.domain.people_file import PersonRow
from bot.domain.report import Identifier
from storage import people, people_import, pins
from storage.database import Database
from tests.storage import given
from tests.storage.given import ADAMS, BAKER, NOW


def who(database: Database, *identifiers: Identifier) -> str | None:
    found = database.look(lambda c: people.by_identifiers(c, identifiers))
    return found.name if found else None


@pytest.mark.parametrize(
    "identifier",
    [
        Identifier("1234567893", "NPI"),
        Identifier("1234567893", "", "NPI"),
        Identifier("1234567893", "2.16.840.1.113883.4.6"),
        Identifier("1234567893", "&2.16.840.1.113883.4.6&ISO"),
        Identifier("1234567893", "http://hl7.org/fhir/sid/us-npi"),
        Identifier("1234567893", "CMS", "npi"),
        Identifier("77", "LAKESIDE"),
        Identifier("77", "lakeside"),
        Identifier(" 77 ", " Lakeside&1.2.3&ISO"),
        Identifier("77", "LAKESIDE", "NPI"),
    ],
)
def test_a_person_is_found_by_each_of_their_identifiers(
    clinic: Database, identifier: Identifier
) -> None:
    """A number that is typed "NPI" is known by its authority, too, where it has not the ten digits:
    Australia types its practitioners' numbers so, in HL7 v2 and in FHIR."""
    assert who(clinic, identifier) == "Dr. Adams"


@pytest.mark.parametrize(
    "identifier",
    [
        Identifier("77"),
        Identifier("77", "", "EI"),
        Identifier("77", "NPI"),
        Identifier("77", "ELSEWHERE"),
        Identifier("1234567893", "LAKESIDE"),
        Identifier("1234567893"),
        Identifier("", ""),
        Identifier("\0", "LAKE\ud800SIDE"),
    ],
)
def test_an_identifier_without_its_own_authority_names_nobody(
    clinic: Database, identifier: Identifier
) -> None:
    assert who(clinic, identifier) is None


def test_the_first_identifier_that_is_known_decides(clinic: Database) -> None:
    assert who(clinic, Identifier("9", "X"), Identifier("C1", "LAKESIDE")) == "Cole"
    assert who(clinic) is None


def test_a_person_is_found_by_slack_account_with_its_workspace(clinic: Database) -> None:
    found = clinic.look(lambda c: people.by_slack(c, "T1", "U2"))
    assert found is not None
    assert found.name == "Dr. Baker"
    assert clinic.look(lambda c: people.by_slack(c, "T2", "U2")) is None


def test_a_number_finds_all_who_share_it(clinic: Database) -> None:
    assert [p.name for p in clinic.look(lambda c: people.by_mobile(c, ADAMS.mobile))] == [
        "Dr. Adams"
    ]
    assert clinic.look(lambda c: people.by_mobile(c, "")) == []


def test_who_opted_out_is_reached_by_slack_alone_until_they_opt_in_again(clinic: Database) -> None:
    (adams,) = clinic.run(lambda c: people.opt_out(c, ADAMS.mobile, NOW))
    assert adams.channels == ("slack",)
    (adams,) = clinic.run(lambda c: people.opt_out(c, ADAMS.mobile, NOW, out=False))
    assert adams.channels == ("slack", "sms")


def test_an_opt_out_survives_an_import_but_not_a_new_number(clinic: Database) -> None:
    clinic.run(lambda c: people.opt_out(c, ADAMS.mobile, NOW))
    clinic.run(lambda c: people_import.apply_import(c, given.EVERYBODY, NOW))
    assert adams_of(clinic).channels == ("slack",)
    renumbered = replace(ADAMS, mobile="+13125550199")
    rows = (renumbered, BAKER, given.COLE)
    clinic.run(lambda c: people_import.apply_import(c, rows, NOW))
    assert adams_of(clinic).channels == ("slack", "sms")


def test_a_number_that_was_taken_away_and_comes_back_has_still_opted_out(clinic: Database) -> None:
    def imported(*rows: PersonRow) -> Person:
        clinic.run(lambda c: people_import.apply_import(c, rows, NOW))
        return adams_of(clinic)

    moved = replace(ADAMS, mobile="+13125550199")
    clinic.run(lambda c: people.opt_out(c, ADAMS.mobile, NOW))
    assert imported(moved, BAKER, given.COLE).no_sms is None
    assert imported(*given.EVERYBODY).no_sms is NoSms.STOPPED
    handed_on = replace(BAKER, mobile=ADAMS.mobile)
    assert imported(moved, handed_on, given.COLE).no_sms is None
    (baker,) = clinic.look(lambda c: people.by_mobile(c, ADAMS.mobile))
    assert (baker.name, baker.no_sms) == ("Dr. Baker", NoSms.STOPPED)
    clinic.run(lambda c: people.forget_stop(c, ADAMS.mobile))
    assert imported(*given.EVERYBODY).no_sms is None


def adams_of(database: Database) -> Person:
    return next(p for p in database.look(people.everybody) if p.name == "Dr. Adams")


def test_everything_of_the_file_is_in_the_person(clinic: Database) -> None:
    adams = adams_of(clinic)
    assert adams == Person(
        id=adams.id,
        name="Dr. Adams",
        timezone="America/Chicago",
        channels=("slack", "sms"),
        mobile="+13125550101",
        slack=("T1", "U1"),
        email="adams@example.org",
        roles=(),
    )
    assert clinic.look(lambda c: people.load(c, adams.id)) == adams
    assert clinic.look(lambda c: people.load(c, "nobody")) is None
    designee = clinic.look(lambda c: people.designee(c, adams.id))
    assert designee is not None
    assert designee.name == "Dr. Baker"


def test_a_roster_names_each_role_and_nobody_twice_among_the_others(clinic: Database) -> None:
    adams, baker, cole = (person.id for person in clinic.look(people.everybody))
    roster = clinic.look(lambda c: people.roster(c, baker, adams, [cole, adams, baker, adams]))
    assert roster.ordering is not None
    assert (roster.ordering.id, roster.designee) == (baker, None)
    assert [person.id for person in roster.coordinators] == [cole]
    assert roster.others == ()
    unknown = clinic.look(lambda c: people.roster(c, None, None, [adams, "gone", adams]))
    assert (unknown.ordering, unknown.designee, unknown.radiologist) == (None, None, None)
    assert [person.id for person in unknown.others] == [adams]


def test_another_process_sees_an_import_with_its_next_unit(
    clinic: Database, database_url: str
) -> None:
    other = Database(database_url)
    assert len(other.look(people.everybody)) == 3
    clinic.run(lambda c: people_import.apply_import(c, (BAKER, given.COLE), NOW))
    assert [p.name for p in other.look(people.everybody)] == ["Dr. Baker", "Cole"]
    other.close()


def test_whoever_has_a_mobile_can_be_called_where_the_site_can_ring_phones(
    clinic: Database, database_url: str
) -> None:
    mobile = next(p.mobile for p in clinic.look(people.everybody) if p.mobile)
    clinic.run(lambda c: people.opt_out(c, mobile, given.NOW))
    ringing = Database(database_url, calls=Calls.KEYS)
    try:
        found = {p.id: p.channels for p in ringing.look(people.everybody)}
    finally:
        ringing.close()
    quiet = clinic.look(people.everybody)
    for person in quiet:
        assert found[person.id] == (*person.channels, *(["voice"] if person.mobile else []))
    assert any("voice" in channels and "sms" not in channels for channels in found.values())


@pytest.mark.parametrize(
    ("calls", "pin", "channels"),
    [
        (Calls.KEYS, True, ("voice",)),
        (Calls.KEYS, False, ()),
        (Calls.ANNOUNCE, True, ()),
        (Calls.NONE, True, ()),
    ],
)
@pytest.mark.parametrize("no_sms", [NoSms.STOPPED, NoSms.LANDLINE])
def test_whom_only_a_call_reaches_can_be_paged_if_they_have_a_pin_for_it(
    clinic: Database,
    database_url: str,
    calls: Calls,
    pin: bool,
    channels: tuple[str, ...],
    no_sms: NoSms,
) -> None:
    alone = replace(ADAMS, slack=None, pin="271828" if pin else "")
    rows = (alone, *given.EVERYBODY[1:])
    clinic.run(lambda c: people_import.apply_import(c, rows, NOW, pins.hashes(rows)))
    out = people.opt_out if no_sms is NoSms.STOPPED else people.landline
    clinic.run(lambda c: out(c, alone.mobile, NOW))
    site = Database(database_url, calls=calls)
    try:
        (found,) = site.look(lambda c: people.by_mobile(c, alone.mobile))
    finally:
        site.close()
    assert (found.channels, found.no_sms) == (channels, no_sms)
    assert found.only_hears is (calls is not Calls.NONE and not channels)


def test_a_landline_takes_no_sms_until_start_or_another_number(clinic: Database) -> None:
    def channels() -> tuple[str, ...]:
        return next(p for p in clinic.look(people.everybody) if p.name == "Dr. Adams").channels

    clinic.run(lambda c: people.landline(c, ADAMS.mobile, NOW))
    assert channels() == ("slack",)
    clinic.run(lambda c: people.opt_out(c, ADAMS.mobile, NOW, out=False))
    assert channels() == ("slack", "sms")
    clinic.run(lambda c: people.landline(c, ADAMS.mobile, NOW))
    clinic.run(lambda c: people.landline(c, "+13125550177", NOW))
    moved = (replace(ADAMS, mobile="+13125550177"), *given.EVERYBODY[1:])
    clinic.run(lambda c: people_import.apply_import(c, moved, NOW))
    assert channels() == ("slack", "sms"), "an admin has entered it"


def test_a_wrong_number_is_not_called_either(clinic: Database, database_url: str) -> None:
    person = next(p for p in clinic.look(people.everybody) if p.mobile)
    clinic.run(lambda c: people.wrong_number(c, person.mobile, given.NOW))
    ringing = Database(database_url, calls=Calls.KEYS)
    try:
        found = ringing.look(lambda c: people.load(c, person.id))
    finally:
        ringing.close()
    assert found is not None
    assert not {"voice", "sms"} & set(found.channels)
