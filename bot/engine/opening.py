"""A new alert: its reference, its first event, and everything that this puts out."""

from dataclasses import replace

from sqlalchemy import Connection

from bot.domain.alert import Alert, advance
from bot.domain.effects import Record
from bot.domain.events import Opened
from bot.domain.refs import ref_from
from bot.domain.triage import Triage
from bot.engine.alerts import keep
from bot.engine.context import Engine
from storage import alerts
from storage.loaded import AlertFacts


def open_alert(
    c: Connection,
    engine: Engine,
    start: Alert,
    facts: AlertFacts,
    event: Opened,
    found: Triage,
) -> None:
    """Store it as its first event leaves it; ``start`` is the alert before that."""
    now = engine.clock.now()
    alert = replace(alerts.with_roster(c, start, facts), shadow=engine.shadow is not None)
    after, effects = advance(alert, event, now)
    alerts.insert(c, after, facts)
    known = Record("triaged", data={"rule": found.rule, "note": start.note or None})
    keep(c, engine, after, after, [known, *effects], now)


def free_ref(c: Connection, engine: Engine) -> str:
    """A reference that no alert has: four characters, or more where they run out."""
    draws = ((engine.random.getrandbits(40), length) for length in (4, 4, 4, 5, 5, 6, 6, 7, 8))
    return alerts.free_ref(c, (ref_from(number, length) for number, length in draws))
