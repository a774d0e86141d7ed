"""Alerts come back as they were saved, and only whoever loaded one may save it."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.domain.alert import Alert, State
from bot.domain.report import KeyKind, OrderNumber
from storage import alerts, orders, tables
from storage.alerts import ConflictError
from storage.database import Database
from storage.loaded import AlertFacts
from storage.people_import import apply_import
from tests.storage import given as our


def test_a_loaded_alert_has_its_roster(clinic: Database) -> None:
    alert = our.opened(clinic)
    roster = alert.roster
    assert roster.ordering is not None
    assert roster.ordering.name == "Dr. Adams"
    assert roster.designee is not None
    assert roster.designee.name == "Dr. Baker"
    assert [person.name for person in roster.coordinators] == ["Cole"]
    assert roster.radiologist is None


def test_an_alert_is_found_by_its_key_its_reference_and_its_id(clinic: Database) -> None:
    alert = our.opened(clinic)
    assert clinic.look(lambda c: alerts.by_key(c, alert.key)) == alert
    assert clinic.look(lambda c: alerts.by_ref(c, alert.ref)) == alert
    assert clinic.look(lambda c: alerts.load(c, alert.id)) == alert
    elsewhere = replace(alert.key, authority="ANOTHER")
    assert clinic.look(lambda c: alerts.by_key(c, elsewhere)) is None
    with pytest.raises(KeyError):
        clinic.look(lambda c: alerts.load(c, "unknown"))
    with pytest.raises(KeyError):
        clinic.look(lambda c: alerts.facts(c, "unknown"))


def test_the_facts_stand_beside_the_alert(clinic: Database) -> None:
    alert = our.opened(clinic)
    facts = clinic.look(lambda c: alerts.facts(c, alert.id))
    assert (facts.exam, facts.modality, facts.accession) == ("CT HEAD", "CT", "A1")
    assert facts.ordering_person == clinic.look(lambda c: our.person_named(c, "Dr. Adams"))


def test_an_alert_is_loaded_anew_where_the_directory_has_changed_since(clinic: Database) -> None:
    alert = our.opened(clinic)

    def unit(c: Connection) -> tuple[Alert, Alert]:
        before = alerts.load(c, alert.id)
        apply_import(c, [replace(our.ADAMS, designee_npi="")], our.NOW)
        return before, alerts.load(c, alert.id)

    before, after = clinic.run(unit)
    assert before.roster.designee
    assert after.roster.designee is None


def test_an_alert_that_was_only_looked_at_may_be_saved_once_it_is_loaded_for_that(
    clinic: Database,
) -> None:
    alert = our.opened(clinic)

    def unit(c: Connection) -> None:
        seen = alerts.load(c, alert.id, for_update=False)
        before = alerts.load(c, alert.id)
        assert before == seen
        alerts.save(c, replace(before, round=7), before, our.NOW)
        assert alerts.load(c, alert.id).round == 7

    clinic.run(unit)


def test_one_order_has_one_alert_whoever_tries(clinic: Database) -> None:
    alert = our.opened(clinic)
    with pytest.raises(IntegrityError):
        our.opened(clinic, key=alert.key)


def test_an_alert_that_was_not_loaded_in_the_unit_cannot_be_saved(clinic: Database) -> None:
    alert = our.opened(clinic)
    with pytest.raises(ConflictError):
        clinic.run(lambda c: alerts.save(c, replace(alert, version=2), alert, our.NOW))


def test_a_save_after_somebody_elses_is_refused(clinic: Database) -> None:
    alert = our.opened(clinic)

    def overtaken(c: Connection) -> None:
        before = alerts.load(c, alert.id)
        c.execute(tables.alerts.update().values(revision=tables.alerts.c.revision + 1))
        alerts.save(c, replace(before, version=2), before, our.NOW)

    with pytest.raises(ConflictError):
        clinic.run(overtaken)


def test_changes_made_at_once_by_many_all_count(clinic: Database) -> None:
    alert = our.opened(clinic)

    def one_more(c: Connection) -> None:
        before = alerts.load(c, alert.id)
        alerts.save(c, replace(before, round=before.round + 1), before, our.NOW)

    futures = [clinic.submit(one_more) for _ in range(40)]
    for future in futures:
        future.result(20)
    assert clinic.look(lambda c: alerts.load(c, alert.id)).round == 40


def test_two_messages_of_one_order_at_once_open_one_alert(clinic: Database) -> None:
    key = our.KEY
    numbers = [OrderNumber(key.kind, key.value), OrderNumber(KeyKind.PLACER, "P1")]
    together = threading.Barrier(2, timeout=10) if clinic.dialect == "postgresql" else None

    def open_or_find(c: Connection) -> str:
        if together and not together.broken:
            together.wait()
        orders.lock(c, numbers)
        found = alerts.by_key(c, key)
        if found is None:
            found = our.alert(key=key)
            alerts.insert(c, found, AlertFacts())
        return found.id

    one, two = clinic.submit(open_or_find), clinic.submit(open_or_find)
    assert one.result(20) == two.result(20)


def test_the_first_free_reference_is_taken(clinic: Database) -> None:
    alert = our.opened(clinic)
    offered = iter([alert.ref, "K7QX", "never asked for"])
    assert clinic.look(lambda c: alerts.free_ref(c, offered)) == "K7QX"
    assert next(offered) == "never asked for"
    with pytest.raises(LookupError):
        clinic.look(lambda c: alerts.free_ref(c, [alert.ref]))


def test_an_open_alert_that_waits_for_nothing_cannot_be_stored(clinic: Database) -> None:
    alert = our.opened(clinic)
    for change in ({"next_action_at": None}, {"state": "waiting"}, {"ended_at": our.NOW}):
        statement = tables.alerts.update().values(change)
        with pytest.raises(IntegrityError):
            clinic.run(our.executing(statement))
    assert clinic.look(lambda c: alerts.load(c, alert.id)) == alert


def test_a_policy_whose_alert_was_rolled_back_is_stored_with_the_next(clinic: Database) -> None:
    def insert_and_fail(c: Connection) -> None:
        alerts.insert(c, our.alert(), AlertFacts())
        raise LookupError

    with pytest.raises(LookupError):
        clinic.run(insert_and_fail)
    alert = our.opened(clinic)
    assert clinic.look(lambda c: alerts.load(c, alert.id)).policy == our.CRITICAL
    assert clinic.look(our.table_count(tables.policies)) == 1


def test_the_facts_beside_an_alert_are_corrected_at_once_and_for_good(clinic: Database) -> None:
    alert = our.opened(clinic)
    adams = clinic.look(lambda c: our.person_named(c, "Dr. Adams"))
    new = AlertFacts("CT NECK", "CT", "A9", adams, None)

    def correct(c: Connection) -> tuple[AlertFacts, AlertFacts]:
        alerts.load(c, alert.id)
        before = alerts.facts(c, alert.id)
        alerts.correct(c, alert.id, new)
        alerts.correct(c, alert.id, new)
        return before, alerts.facts(c, alert.id)

    before, after = clinic.run(correct)
    assert before != after == new == clinic.look(lambda c: alerts.facts(c, alert.id))
    loaded = clinic.look(lambda c: alerts.load(c, alert.id))
    assert loaded.roster.ordering
    assert loaded.roster.ordering.id == adams


@pytest.mark.parametrize("at_once", [1, 10_000])
def test_open_alerts_are_found_by_their_owners_and_nobodys_too_the_next_to_act_first(
    clinic: Database, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(alerts, "_OWNERS_AT_ONCE", at_once)
    adams = clinic.look(lambda c: our.person_named(c, "Dr. Adams"))
    baker = clinic.look(lambda c: our.person_named(c, "Dr. Baker"))
    later, sooner, nobodys, bakers, ended = (our.opened(clinic) for _ in range(5))
    for one, owner, minutes in (
        (later, adams, 30),
        (sooner, adams, 10),
        (nobodys, "", 20),
        (bakers, baker, 5),
    ):
        due = our.NOW + timedelta(minutes=minutes)
        our.changed(clinic, one.id, owner=owner, due_at=due, plan=())
    our.changed(clinic, ended.id, owner=adams, state=State.WITHDRAWN)
    assert clinic.look(lambda c: alerts.owned_by(c, [adams, ""])) == [
        (sooner.id, adams),
        (nobodys.id, ""),
        (later.id, adams),
    ]
    assert clinic.look(alerts.out_of_reach) == [nobodys.id]
