"""The listener and the intake alone, at one moment: nobody is paged."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.app import DEFAULT_POLICY
from bot.clock import SystemClock
from bot.domain.policy_file import parse_policy
from bot.engine import intake
from bot.engine.context import Engine, Site
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.hospital import EVERY_STATE
from bot.sources.mllp import server as mllp
from bot.sources.mllp.client import ask
from storage import alert_lists, alerts, reports
from storage.database import Database

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class _At(SystemClock):
    """Stands still."""

    def now(self) -> datetime:
        return NOW


@contextmanager
def intake_alone(database_url: str) -> Iterator[Engine]:
    database = Database(database_url)
    people_move_in(database, _At())
    yield Engine(
        database=database,
        clock=_At(),
        policy=parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8")),
        site=Site("General", CHICAGO, "312-555-0100"),
        wake=lambda: None,
        instance=1,
    )
    database.close()


async def play(engine: Engine, messages: Sequence[bytes]) -> list[str]:
    listener = mllp.Listener(
        lambda raw: intake.receive(engine, raw), engine.clock.now, mllp.Listening(timezone=CHICAGO)
    )
    await listener.open("127.0.0.1", 0)
    answers = [await ask("127.0.0.1", listener.port, message) for message in messages]
    await listener.stop()
    return answers


def end_of(engine: Engine, accession: str) -> tuple[str, str, str, str, bool]:
    """State, category, impression of the version that holds, review, whether time still runs."""
    rows = engine.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000))
    (row,) = [row for row in rows if row.accession == accession]
    alert = engine.database.look(lambda c: alerts.load(c, row.id, for_update=False))
    shown = engine.database.look(lambda c: reports.load(c, alert.report_id))
    return (
        row.state,
        row.category,
        f"{shown.status.name} {shown.impression}",
        alert.review,
        alert.next_action_at is not None,
    )
