"""Quarantined messages read again with today's reader, one transaction each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.app.feeds import known_of, origin
from bot.cli.engines import engine_for
from bot.cli.shown import gone
from bot.domain.effects import Record
from bot.domain.message import RawMessage
from bot.domain.policy import Policy
from bot.domain.site_codes import knowing
from bot.engine.context import Engine
from bot.engine.intake import replay_in
from bot.settings import Settings
from bot.sources import files
from bot.sources.fhir import reader as fhir
from bot.sources.hl7 import reader as hl7
from bot.sources.refused import cut_off
from storage import audit, messages, quarantine
from storage.database import Database
from storage.messages import Stored
from storage.quarantine import Quarantined

_TOO_LARGE = "too large: only its beginning was kept, it has to be sent again, smaller"
_CUT_OFF = (
    "broke off: its end never came, and a flag may stand there. It has to be sent again; once it "
    "was, dismiss this"
)
Read = Callable[[bytes, datetime], tuple[RawMessage, ...]]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one entry; ``ok`` where it waits no longer."""

    entry_id: str
    ok: bool
    outcome: str


def replay_each(
    database: Database, settings: Settings, entries: Iterable[Quarantined], who: str
) -> list[Replayed]:
    """Replay in the given order. ``who`` stands in the audit trail."""
    engine = engine_for(database, settings)

    def one(entry: Quarantined) -> Replayed:
        stored = database.look(lambda c: messages.load(c, entry.message_id))
        # Before the transaction: a document may take a minute, and the pages would wait for it.
        again = _read_again(entry, stored, settings, engine.policy)
        return database.run(lambda c: _replay(c, engine, entry.id, stored, again, who))

    return [one(entry) for entry in entries]


def _reader(stored: Stored, settings: Settings, policy: Policy) -> Read | None:
    """How to read what this source brought; None where no source of that name exists here."""
    if stored.source == hl7.SOURCE:
        zone, feeds = (
            settings.hl7.timezone or settings.site.timezone,
            knowing(settings.hl7.feeds(), policy),
        )
        return lambda data, now: hl7.read_all(
            data, source=hl7.SOURCE, timezone=zone, now=now, feeds=feeds
        )
    for folder in settings.folder:
        if folder.source == stored.source:
            written = known_of(folder, settings, policy)
            return lambda data, now: tuple(files.read_all(data, written, now))
    servers = (server for server in settings.fhir if server.name == stored.sender)
    if stored.source == fhir.SOURCE and (server := next(servers, None)):
        known = origin(server, settings, policy)
        return lambda data, now: (fhir.read(data, origin=known, now=now),)
    return None


def _content(stored: Stored) -> str:
    """By which what stood in for it is known: as the reader of its kind gives it."""
    is_hl7 = stored.source == hl7.SOURCE or (
        stored.source != fhir.SOURCE and not files.is_json(stored.data)
    )
    return hl7.content(stored.data) if is_hl7 else stored.digest


def _read_again(
    entry: Quarantined, stored: Stored, settings: Settings, policy: Policy
) -> tuple[RawMessage, ...] | str:
    """What today's reader makes of it, or why it cannot be read at all. Of a frame that broke off
    the bytes may look whole; what is a file tells by itself whether it does."""
    if stored.is_removed:
        return gone(settings.retention.routine_days)
    if len(stored.data) < stored.size:
        return _TOO_LARGE
    if stored.source == hl7.SOURCE and entry.unusable.reason == cut_off().reason:
        return _CUT_OFF
    read = _reader(stored, settings, policy)
    if read is None:
        return f"nothing here reads {stored.source}"
    # As of its receipt: of a time that came twice it tells which of the two was meant.
    return read(stored.data, stored.received_at)


def _replay(
    c: Connection,
    engine: Engine,
    entry_id: str,
    stored: Stored,
    again: tuple[RawMessage, ...] | str,
    who: str,
) -> Replayed:
    entry, now = quarantine.show(c, entry_id), engine.clock.now()
    if entry.replayed_at:
        return Replayed(entry_id, ok=True, outcome="was replayed before")
    if entry.dismissed_at:
        return Replayed(entry_id, ok=False, outcome="was dismissed: it waits no longer")
    if isinstance(again, str):
        return Replayed(entry_id, ok=False, outcome=again)
    content = _content(stored)
    receipts = [replay_in(c, engine, raw, stored.id, content) for raw in again]
    for receipt in receipts:
        if receipt.quarantined:
            told = f"{receipt.quarantined}: {receipt.detail}"
            return Replayed(entry_id, ok=False, outcome=f"still cannot be used: {told}")
    quarantine.replayed(c, entry_id, now)
    record = Record("quarantine_replayed", who, {"message": stored.id, "entry": entry_id})
    audit.append(c, audit.ADMIN, [record], now)
    aside = {receipt.set_aside for receipt in receipts}
    outcome = f"set aside: {', '.join(sorted(aside))}" if all(aside) else "used"
    return Replayed(entry_id, ok=True, outcome=outcome)
