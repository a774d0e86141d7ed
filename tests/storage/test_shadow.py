"""What shadow mode writes down: never claimable, told from what is real, kept by a migration."""

from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from bot.domain.alert import State
from bot.domain.effects import CancelPages, SendNotice, SendPage
from bot.domain.page import Notice
from storage import alert_lists, claims, migrating, outbox, page_history, shadow
from storage.database import Database
from storage.engines import open_engine, read_url
from tests.storage.given import DAY, NOW, changed, opened, person_named, slip

TRAP = 'the sender says "shadow":true'


def pages_for(clinic: Database) -> list[SendPage | SendNotice | CancelPages]:
    adams = clinic.look(lambda c: person_named(c, "Dr. Adams"))
    page = SendPage(slip(adams), NOW)
    return [CancelPages(), page, SendNotice(slip(adams, notice=Notice.PLEASE_PHONE), NOW)]


def test_what_is_written_down_can_never_be_claimed(clinic: Database) -> None:
    alert = opened(clinic, shadow=True)
    effects = pages_for(clinic)
    clinic.run(lambda c: outbox.write_down(c, alert.id, effects, NOW, version=1))
    assert clinic.run(lambda c: claims.claim(c, NOW + DAY, 1)) == []
    assert clinic.look(claims.next_to_leave) is None
    rows = clinic.look(lambda c: page_history.history(c, alert.id))
    assert [(row.state, row.reason, row.claimed_at) for row in rows] == [
        ("cancelled", "shadow", None)
    ] * 2


def test_nothing_to_write_down_writes_nothing(clinic: Database) -> None:
    alert = opened(clinic, shadow=True)
    clinic.run(lambda c: outbox.write_down(c, alert.id, [CancelPages()], NOW, version=1))
    assert clinic.look(lambda c: page_history.history(c, alert.id)) == []


@pytest.mark.parametrize("note", ["", "half a pair \ud800"], ids=["plain", "surrogate"])
def test_open_alerts_in_shadow_are_told_from_real_ones(clinic: Database, note: str) -> None:
    silent = opened(clinic, shadow=True, note=note)
    opened(clinic, shadow=False, note=note, review=TRAP)
    assert clinic.look(alert_lists.open_in_shadow) == [silent.id]
    assert clinic.look(alert_lists.open_and_paged) == 1
    listed = clinic.look(alert_lists.listing)
    assert {row.id: row.shadow for row in listed} == {row.id: row.id == silent.id for row in listed}
    changed(clinic, silent.id, state=State.SHADOW, plan=())
    assert clinic.look(alert_lists.open_in_shadow) == []


def test_those_opened_in_shadow_since_a_moment_are_counted(clinic: Database) -> None:
    for opened_at in (NOW - DAY, NOW, NOW + DAY):
        opened(clinic, shadow=True, opened_at=opened_at)
        opened(clinic, opened_at=opened_at)
    assert clinic.look(lambda c: shadow.opened_since(c, NOW)) == 2
    assert clinic.look(lambda c: shadow.opened_since(c, NOW + 2 * timedelta(days=1))) == 0


# ---- the migration --------------------------------------------------------------------------


def to(engine: Engine, revision: str) -> None:
    config = migrating.configuration()
    with engine.begin() as c:
        config.attributes["connection"] = c
        if c.dialect.name == "sqlite":
            c.exec_driver_sql("BEGIN IMMEDIATE")
        going = command.upgrade if revision == "head" else command.downgrade
        going(config, revision)
        if c.dialect.name == "sqlite":
            c.exec_driver_sql("COMMIT")


def before(revision: str) -> str:
    script = ScriptDirectory.from_config(migrating.configuration()).get_revision(revision)
    assert isinstance(script.down_revision, str)
    return script.down_revision


def state_of_all(c: Connection) -> list[Any]:
    return list(c.execute(text("SELECT state FROM alerts")).scalars())


def test_a_database_in_use_takes_the_state_and_gives_it_back(
    clinic: Database, database_url: str
) -> None:
    alert = opened(clinic, shadow=True)
    clinic.run(lambda c: outbox.put(c, alert.id, pages_for(clinic)[1:], NOW, version=1))
    changed(clinic, alert.id, state=State.SHADOW, plan=())
    engine = open_engine(read_url(database_url))
    try:
        to(engine, before("0005"))
        with engine.connect() as c:
            assert state_of_all(c) == ["withdrawn"]
            with pytest.raises(IntegrityError):
                c.execute(text("UPDATE alerts SET state = 'shadow'"))
        to(engine, "head")
        with engine.begin() as c:
            c.execute(text("UPDATE alerts SET state = 'shadow'"))
            with pytest.raises(IntegrityError):
                c.execute(text("UPDATE alerts SET state = 'nonsense'"))
        if engine.dialect.name == "sqlite":
            with engine.connect() as c:
                assert c.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
                assert c.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    finally:
        engine.dispose()
