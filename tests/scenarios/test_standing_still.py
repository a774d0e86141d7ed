"""Several copies on one PostgreSQL: which of them counts as dead."""

import time
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text

from bot.app import presence as app_presence
from bot.sandbox.hospital import Hospital
from storage import presence
from storage.database import Database


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds after which whoever has not looked counts as dead: 2 instead of 20."""
    monkeypatch.setattr(presence, "UNSEEN_SECONDS", 2.0)
    monkeypatch.setattr(app_presence, "EVERY_SECONDS", 0.1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_copy_whose_dispatcher_waits_for_a_table_counts_as_alive(
    hospital: Hospital, database_url: str
) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with closing(Database(database_url)) as other, engine.begin() as connection:
        connection.execute(text("LOCK TABLE pages IN ACCESS EXCLUSIVE MODE"))
        until = time.monotonic() + 2 * presence.UNSEEN_SECONDS
        while time.monotonic() < until:
            assert len(other.alive()) == 1
            time.sleep(0.1)
    engine.dispose()
    hospital.settle()
