"""Which alerts are due, open, or of one person, and in which order."""

from dataclasses import replace

from sqlalchemy import ClauseElement, Connection

from bot.domain.alert import Acknowledgment, State
from bot.domain.events import ReadBack
from bot.domain.ladder import Planned
from bot.domain.page import Notice
from storage import alert_lists, alerts, looks
from storage.database import Database
from storage.people_import import apply_import
from tests.storage import given as our


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


def test_what_an_sms_may_answer_is_asked_of_a_few_alerts_and_not_of_all_pages(
    sqlite_database: Database,
) -> None:
    plan = plan_of(sqlite_database, looks._LAST_SMS.params(channel="sms", since=our.NOW))
    assert {"ix_alerts_due", "ix_alerts_ended_at", "ix_pages_alert_id"} <= set(plan.split())
    assert plan.count("SEARCH pages USING INDEX ix_pages_alert_id") == 2


def test_the_open_alerts_are_found_among_many_that_ended_and_their_pages(
    sqlite_database: Database,
) -> None:
    for statement in (alert_lists._OPEN_BY_DUE, alert_lists._OPEN_OF):
        plan = plan_of(sqlite_database, statement)
        assert "SCAN alerts USING INDEX ix_alerts_due" in plan
        assert "SCAN pages" not in plan


def plan_of(database: Database, statement: ClauseElement) -> str:
    def explain(c: Connection) -> str:
        sql = str(statement.compile(c.engine, compile_kwargs={"render_postcompile": True}))
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
