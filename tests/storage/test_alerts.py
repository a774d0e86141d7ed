"""Alerts come back as they were saved, and only whoever loaded one may save it."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ClauseElement, Connection
from sqlalchemy.exc import IntegrityError

from bot.domain.alert import Acknowledgment, Alert, Reach, State
from bot.domain.coverage import Role
from bot.domain.events import ReadBack
from bot.domain.ladder import Planned
from bot.domain.page import Notice
from bot.domain.policy import CategoryPolicy, Step
from bot.domain.report import KeyKind, OrderNumber, ReportKey
from storage import alert_lists, alerts, orders, tables
from storage.alerts import AlertFacts, ConflictError
from storage.columns import EPOCH, MICROSECOND
from storage.database import Database
from storage.ids import new_id
from storage.people_import import apply_import
from tests.storage import given as our

instants = st.integers(0, 7 * 10**15).map(lambda n: EPOCH + n * MICROSECOND)
# Half a surrogate pair cannot be stored, nor NUL in a plain column: see test_columns.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
seconds = st.integers(0, 10**7).map(lambda n: timedelta(seconds=n))
ids = st.uuids().map(lambda number: number.hex)
many_ids = st.lists(ids, max_size=3).map(tuple)
steps = st.builds(
    Step, seconds, st.sampled_from(Role), st.lists(words, max_size=2).map(tuple), st.booleans()
)
policies = st.builds(
    CategoryPolicy,
    name=plain,
    severity=st.integers(0, 9),
    window=seconds,
    least_gap=seconds,
    stale_after=seconds,
    steps=st.lists(steps, max_size=4).map(tuple),
    repeat_every=seconds,
    repeat_channels=st.lists(words, max_size=2).map(tuple),
)
acknowledgments = st.builds(
    Acknowledgment,
    by=words,
    channel=words,
    at=instants,
    version=st.integers(1, 99),
    recorded_by=words,
)
planned = st.lists(st.builds(Planned, instants, st.integers(-2, 9)), min_size=1, max_size=3)
reached = st.lists(st.from_type(Reach), max_size=3).map(tuple)


@st.composite
def any_alert(draw: st.DrawFn) -> Alert:
    """Whatever the state machine could leave behind, and more."""
    own = new_id()
    state = draw(st.sampled_from(State))
    return Alert(
        id=own,
        ref=own,
        key=ReportKey(draw(plain), draw(st.sampled_from(KeyKind)), own),
        policy=draw(policies),
        window_opens_at=draw(instants),
        due_at=draw(instants),
        opened_at=draw(instants),
        report_id="",
        finding_hash=draw(words),
        review=draw(words),
        note=draw(words),
        state=state,
        cycle=draw(st.integers(1, 99)),
        version=draw(st.integers(1, 99)),
        material_version=draw(st.integers(1, 99)),
        owner_role=draw(st.sampled_from(Role)),
        round=draw(st.integers(0, 99)),
        stale=draw(st.booleans()),
        plan=tuple(draw(planned)),
        reach=draw(reached),
        paged=draw(many_ids),
        declined=draw(many_ids),
        no_access=draw(many_ids),
        expired_at=draw(st.none() | instants),
        withdrawn_at=draw(st.none() | instants),
        acknowledgment=draw(
            acknowledgments if state is State.ACKNOWLEDGED else st.none() | acknowledgments
        ),
    )


@pytest.mark.no_cover
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=any_alert(), then=any_alert())
def test_what_is_loaded_is_what_was_saved(clinic: Database, first: Alert, then: Alert) -> None:
    later = replace(then, id=first.id, ref=first.ref, key=first.key, opened_at=first.opened_at)

    def there_and_back(c: Connection) -> tuple[Alert, Alert]:
        alerts.insert(c, first, AlertFacts())
        inserted = alerts.load(c, first.id)
        alerts.save(c, later, inserted, our.NOW)
        return inserted, alerts.load(c, first.id)

    inserted, saved = clinic.run(there_and_back)
    read = clinic.look(lambda c: alerts.load(c, first.id))
    assert replace(inserted, roster=first.roster) == first
    assert replace(saved, roster=later.roster) == later
    assert read == saved


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


def test_what_is_due_comes_in_the_order_of_its_time_and_ended_alerts_never(
    clinic: Database,
) -> None:
    def planned_in(minutes: int, **changes: object) -> str:
        at = our.NOW + minutes * our.MINUTE
        return our.opened(clinic, plan=(Planned(at, 1),), **changes).id

    later, sooner, far = planned_in(20), planned_in(10), planned_in(40)
    planned_in(5, state=State.WITHDRAWN)
    now = our.NOW + 20 * our.MINUTE
    assert clinic.look(lambda c: alerts.due(c, now)) == [sooner, later]
    assert clinic.look(lambda c: alerts.due(c, now, limit=1)) == [sooner]
    assert clinic.look(alerts.next_due_at) == our.NOW + 10 * our.MINUTE
    for alert_id in (sooner, later, far):
        our.changed(clinic, alert_id, state=State.DOWNGRADED, plan=())
    assert clinic.look(alerts.next_due_at) is None
    assert clinic.look(lambda c: alerts.due(c, our.NOW + our.DAY)) == []


def test_the_sweep_reads_what_is_due_and_not_what_exists(sqlite_database: Database) -> None:
    for statement in (alerts._DUE, alerts.NEXT_DUE):
        plan = plan_of(sqlite_database, statement)
        assert "USING COVERING INDEX ix_alerts_due" in plan or "USING INDEX ix_alerts_due" in plan
        assert "TEMP B-TREE" not in plan


def plan_of(database: Database, statement: ClauseElement) -> str:
    def explain(c: Connection) -> str:
        sql = str(statement.compile(c.engine))
        found = c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (0,) * sql.count("?"))
        return " ".join(row[3] for row in found)

    return database.look(explain)


def test_open_alerts_are_listed_by_the_end_of_their_window(clinic: Database) -> None:
    adams = clinic.look(lambda c: our.person_named(c, "Dr. Adams"))
    second = our.opened(clinic, due_at=our.NOW + 2 * our.HOUR, owner=adams)
    first = our.opened(clinic)
    ended = our.opened(clinic, opened_at=our.NOW + our.DAY)
    given = Acknowledgment(adams, "slack", our.NOW, 1, ReadBack.VIEWED)
    our.changed(clinic, ended.id, state=State.ACKNOWLEDGED, acknowledgment=given, plan=())
    listed = clinic.look(alert_lists.listing)
    assert [row.id for row in listed] == [first.id, second.id]
    assert (listed[0].owner, listed[0].owner_name) == ("", "")
    assert (listed[1].owner, listed[1].owner_name) == (adams, "Dr. Adams")
    everything = clinic.look(lambda c: alert_lists.listing(c, ("open", "acknowledged"), limit=1))
    assert [(row.id, row.acknowledged_at) for row in everything] == [(ended.id, our.NOW)]


def test_a_persons_open_alerts_are_listed_however_many_more_urgent_ones_there_are(
    clinic: Database,
) -> None:
    adams = clinic.look(lambda c: our.person_named(c, "Dr. Adams"))
    baker = clinic.look(lambda c: our.person_named(c, "Dr. Baker"))
    theirs = [our.opened(clinic, due_at=our.NOW + n * our.MINUTE) for n in range(3)]
    for alert in theirs:
        our.put_page(clinic, alert, baker)
    mine = our.opened(clinic, due_at=our.NOW + our.DAY)
    our.put_page(clinic, mine, adams)
    our.put_page(clinic, theirs[0], adams, notice=Notice.ACKNOWLEDGED)
    listed = clinic.look(lambda c: alert_lists.open_of(c, adams, 2))
    assert [row.id for row in listed] == [mine.id]


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


def test_open_alerts_whose_owner_cannot_be_paged_are_found(clinic: Database) -> None:
    adams = clinic.look(lambda c: our.person_named(c, "Dr. Adams"))
    baker = clinic.look(lambda c: our.person_named(c, "Dr. Baker"))
    nobodys, theirs = our.opened(clinic), our.opened(clinic, owner=baker)
    ended = our.opened(clinic, owner=baker)
    given = Acknowledgment(baker, "slack", our.NOW, 1, ReadBack.VIEWED)
    our.changed(clinic, ended.id, state=State.ACKNOWLEDGED, acknowledgment=given, plan=())
    our.opened(clinic, owner=adams)
    assert clinic.look(alerts.out_of_reach) == [nobodys.id]
    alone = [replace(our.ADAMS, designee_npi="")]
    clinic.run(lambda c: apply_import(c, alone, our.NOW))
    assert set(clinic.look(alerts.out_of_reach)) == {nobodys.id, theirs.id}
