"""What came of ten thousand pages, counted at both ends: at the bot's, and at the providers'."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Connection, select

from bot.domain.coverage import VOICE, Role
from bot.sandbox.hospital import Hospital
from bot.sandbox.journal import Entry
from storage import tables
from storage.columns import AnyRow
from tests.storm.hospital import SENDS

Round = tuple[str, str, str, int, int, int]
"""An alert, a person, a channel, the round, and for a call which two of the round it belongs to
(those in the place of a failed page, or those that the policy has five minutes later) and whether
it is the first or the second of them: once is enough."""


@dataclass(frozen=True, slots=True)
class Count:
    """``unmarked`` are rounds in which somebody got a page twice and the second did not say so."""

    alerts: int
    acknowledged: int
    with_designee: int
    elsewhere: tuple[str, ...]
    pages: int
    calls: int
    requests: int
    failed: int
    ambiguous: int
    twice: int
    unmarked: tuple[Round, ...]
    lost: tuple[Round, ...]
    unsettled: int
    states: Counter[str]

    def __str__(self) -> str:
        settled = ", ".join(f"{many} {state}" for state, many in sorted(self.states.items()))
        return "\n".join(
            [
                f"alerts              {self.alerts}",
                f"  acknowledged      {self.acknowledged}",
                f"  with the designee {self.with_designee}",
                f"  elsewhere         {len(self.elsewhere)}",
                f"attempts at pages   {self.pages} ({settled})",
                f"  of them calls     {self.calls}",
                f"requests to them    {self.requests}, {self.failed} failed, of which "
                f"{self.ambiguous} had been processed",
                f"lost                {len(self.lost)}",
                f"came twice          {self.twice}, not marked as possible repeat: "
                f"{len(self.unmarked)}",
            ]
        )


def count(there: Hospital) -> Count:
    alerts = there.database.look(_alerts)
    pages = there.database.look(_pages)
    taken = [found for entry in there.world.log if (found := _taken(entry))]
    arrived: dict[Round, list[bool]] = defaultdict(list)
    rows = {row.id: row for row in pages}
    rounds = _rounds(pages)
    for delivery_id in taken:
        if row := rows.get(delivery_id):
            arrived[rounds[row.id]].append(row.possible_repeat)
    doubles = {key: marks for key, marks in arrived.items() if len(marks) > 1}
    faults = (there.world.slack.faults, there.world.twilio.faults)
    named = {Role.DESIGNEE: 0, **Counter(row.owner_role for row in alerts if row.state == "open")}
    return Count(
        alerts=len(alerts),
        acknowledged=sum(row.state == "acknowledged" for row in alerts),
        with_designee=named[Role.DESIGNEE],
        elsewhere=tuple(
            f"{row.ref}: {row.state}, {row.owner_role}"
            for row in alerts
            if row.state != "acknowledged" and row.owner_role != Role.DESIGNEE
        ),
        pages=len(pages),
        calls=sum(row.channel == VOICE for row in pages),
        requests=sum(_is_send(entry) for entry in there.world.log),
        failed=sum(fault.failed for fault in faults),
        ambiguous=sum(fault.ambiguous for fault in faults),
        twice=sum(len(marks) - 1 for marks in doubles.values()),
        unmarked=tuple(key for key, marks in doubles.items() if marks.count(False) > 1),
        lost=tuple({rounds[row.id] for row in pages if row.state == "sent"} - set(arrived)),
        unsettled=sum(row.state in {"waiting", "claimed"} for row in pages),
        states=Counter(row.state for row in pages),
    )


def _rounds(pages: list[AnyRow]) -> dict[str, Round]:
    """By the attempt's id. A first call that is no repeat begins two."""
    begun: Counter[tuple[str, str, int]] = Counter()
    found = {}
    for row in sorted(pages, key=lambda page: (page.created_at, page.id)):
        pair, call = (row.alert_id, row.person_id, row.round), 0
        if row.channel == VOICE:
            call = row.tries
            begun[pair] += row.tries == 1 and not row.possible_repeat
        two = begun[pair] if row.channel == VOICE else 0
        found[row.id] = (row.alert_id, row.person_id, row.channel, row.round, two, call)
    return found


def _alerts(c: Connection) -> list[AnyRow]:
    return list(c.execute(select(tables.alerts)).all())


def _pages(c: Connection) -> list[AnyRow]:
    pages = tables.pages
    return list(c.execute(select(pages).where(pages.c.notice.is_(None))).all())


def _is_send(entry: Entry) -> bool:
    return entry.method in SENDS


def _taken(entry: Entry) -> str:
    """The delivery id of a message that the provider has made, whatever it then answered."""
    if not _is_send(entry) or not entry.answer:
        return ""
    if entry.method in {"messages.create", "calls.create"}:
        made = "sid" in entry.answer
        query = urlsplit(str(entry.body.get("StatusCallback", ""))).query
        return parse_qs(query).get("d", [""])[0] if made else ""
    metadata = entry.body.get("metadata")
    return _delivery_id(metadata) if "ts" in entry.answer else ""


def _delivery_id(metadata: object) -> str:
    told = json.loads(metadata) if isinstance(metadata, str) else metadata
    return str(told["event_payload"]["delivery_id"]) if isinstance(told, dict) else ""
