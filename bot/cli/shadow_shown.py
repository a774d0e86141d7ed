"""The report of shadow mode, for people within 80 columns, and for programs a line each."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.cli.shown import count, out, print_json, say, table, utc
from bot.domain.measures import First, Lag, Miss, Opened, Spread, Unknown, in_minutes, spread

if TYPE_CHECKING:
    from storage.shadow import Counted

MOST_LISTED = 40
_WHY = {
    Miss.UNKNOWN_PROVIDER: "ordering provider is not in the directory",
    Miss.NO_PROVIDER: "no ordering provider with an identifier",
    Miss.NO_CONTACT: "ordering provider has no channel",
    Miss.REVIEW: "a person must look first",
    Miss.STALE: "too old on receipt",
    Miss.NOBODY: "nobody at all could be reached",
    Miss.ENDED: "had ended before it was received",
}


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that the report is about. ``unknown`` pairs a provider with whether the
    directory knows them by now. Of what was received before ``removed_before`` not all is there."""

    first_day: date
    last_day: date
    opened: list[Opened]
    counts: "list[Counted]"
    lags: list[Lag]
    unknown: list[tuple[Unknown, bool]]
    removed_before: datetime | None = None


# ---- for people -----------------------------------------------------------------------------


def show(found: Found, zone: ZoneInfo) -> None:
    """Totals first, then the alerts, then what could not be, the providers to add, the times."""
    out.print(f"[bold]{found.first_day} to {found.last_day}[/]")
    if found.removed_before:
        say(removed(found.removed_before, zone))
    _totals(found)
    _alerts(found, zone)
    _misses(found)
    _unknown(found)
    _lags(found.lags, zone)


def removed(before: datetime, zone: ZoneInfo) -> str:
    """Why less is counted than was received."""
    day = f"{before.astimezone(zone):%Y-%m-%d}"
    return f"What belongs to no alert and came before {day} was removed by [retention]."


def _totals(found: Found) -> None:
    counts = [(one.sender, one.category or "no flag", one.reports) for one in found.counts]
    table(
        "Final reports received",
        ("sender", "category", "reports"),
        ((sender, category, f"{number:,}") for sender, category, number in counts),
    )
    groups: dict[tuple[str, str], list[Opened]] = {}
    for one in found.opened:
        groups.setdefault((one.sender, one.category), []).append(one)
    rows = [(*key, *map(str, _numbers(groups[key]))) for key in sorted(groups)]
    table("Alerts", ("sender", "category", "opened", "would page", "paged", "nobody"), rows)


def _numbers(alerts: list[Opened]) -> tuple[int, int, int, int]:
    """Opened; with a first page that would have left; with one that did; with none at all."""
    would = sum(1 for one in alerts if one.shadow and one.first)
    paged = sum(1 for one in alerts if not one.shadow and one.first and one.first.sent)
    return len(alerts), would, paged, sum(1 for one in alerts if one.first is None)


def _alerts(found: Found, zone: ZoneInfo) -> None:
    rows = [_row(one, one.first, zone) for one in found.opened if one.first]
    if rows:
        columns = ("at", "ref", "category", "to", "by", "answer by", "")
        table("First pages", columns, rows[-MOST_LISTED:])
    if len(rows) > MOST_LISTED:
        say(f"{count(len(rows) - MOST_LISTED, 'earlier one')} left out; --json has them all.")


def _row(one: Opened, first: First, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        _short(first.at, zone),
        one.ref,
        one.category,
        first.person,
        " ".join(first.channels),
        _short(one.due_at, zone),
        "would" if one.shadow else ("paged" if first.sent else "unsent"),
    )


def _misses(found: Found) -> None:
    reasons = Counter(one.miss for one in found.opened if one.miss is not Miss.NONE)
    examples = {one.miss: one.ref for one in reversed(found.opened)}
    if reasons:
        rows = ((_WHY[why], str(n), examples[why]) for why, n in reasons.most_common())
        table("Not to the ordering provider", ("because", "alerts", "as in"), rows)


def _unknown(found: Found) -> None:
    if not found.unknown:
        return
    rows = (
        (
            "\n".join(i.value for i in one.provider.identifiers),
            "\n".join(i.authority or i.kind or "none" for i in one.provider.identifiers),
            one.provider.name,
            str(one.alerts),
            "yes" if known else "no",
        )
        for one, known in found.unknown
    )
    columns = ("identifier", "authority", "name as sent", "alerts", "known by now")
    table("Providers to add to the directory", columns, rows)


def _lags(lags: list[Lag], zone: ZoneInfo) -> None:
    if not lags:
        return
    told = _spread(lags)
    open_ = sum(1 for lag in lags if lag.final_at is None)
    out.print("[bold]From a flagged preliminary to its final[/]")
    if told:
        pairs = count(told.count, "pair")
        out.print(f"{pairs}: median {told.median:g} min, 90 % within {told.p90:g} min.")
    if open_:
        out.print(f"{count(open_, 'order')} without a final yet.")
    rows = [
        (lag.ref or "(none)", lag.sender, lag.category, *_until_final(lag, zone)) for lag in lags
    ]
    table("", ("ref", "sender", "category", "minutes", "final flagged"), rows[-MOST_LISTED:])


def _until_final(lag: Lag, zone: ZoneInfo) -> tuple[str, str]:
    """What never became final is what somebody has to look for."""
    if lag.minutes is None:
        return f"since {_short(lag.preliminary_at, zone)}", "no final"
    return f"{lag.minutes:g}", "yes" if lag.still_flagged else "no"


def _spread(lags: list[Lag]) -> Spread | None:
    return spread([lag.minutes for lag in lags if lag.minutes is not None])


def _short(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M}"


# ---- for programs ---------------------------------------------------------------------------


def print_lines(found: Found) -> None:
    """One object a line, each with ``what`` it is."""
    for line in _lines(found):
        print_json(line)


def _lines(found: Found) -> Iterator[dict[str, Any]]:
    yield from (_alert(one) for one in found.opened)
    for one, known in found.unknown:
        ids = [
            {"value": i.value, "authority": i.authority, "kind": i.kind}
            for i in one.provider.identifiers
        ]
        yield {
            "what": "unknown_provider",
            "identifiers": ids,
            "name": one.provider.name or None,
            "alerts": one.alerts,
            "known_now": known,
        }
    for counted in found.counts:
        yield {
            "what": "reports",
            "sender": counted.sender,
            "category": counted.category or None,
            "count": counted.reports,
        }
    yield from (_lag(lag) for lag in found.lags)
    yield _summary(found)


def _alert(one: Opened) -> dict[str, Any]:
    first = one.first
    return {
        "what": "alert",
        "ref": one.ref,
        "sender": one.sender,
        "category": one.category,
        "rule": one.rule or None,
        "review": one.review or None,
        "state": one.state,
        "shadow": one.shadow,
        "opened_at": utc(one.opened_at),
        "due_at": utc(one.due_at),
        "first_page": first
        and {
            "person": first.person,
            "role": first.role.value,
            "channels": list(first.channels),
            "at": utc(first.at),
            "sent": first.sent,
        },
        "not_to_provider": one.miss.value or None,
    }


def _lag(lag: Lag) -> dict[str, Any]:
    return {
        "what": "preliminary",
        "ref": lag.ref or None,
        "sender": lag.sender,
        "category": lag.category,
        "preliminary_at": utc(lag.preliminary_at),
        "final_at": utc(lag.final_at),
        "minutes": lag.minutes,
        "minutes_by_receipt": None if lag.by_receipt is None else in_minutes(lag.by_receipt),
        "final_flagged": lag.still_flagged,
    }


def _summary(found: Found) -> dict[str, Any]:
    opened, would, paged, nobody = _numbers(found.opened)
    told = _spread(found.lags)
    return {
        "what": "summary",
        "from": str(found.first_day),
        "to": str(found.last_day),
        "alerts": opened,
        "would_page": would,
        "paged": paged,
        "nobody": nobody,
        "removed_before": utc(found.removed_before),
        "preliminary_to_final": told
        and {"count": told.count, "median": told.median, "p90": told.p90},
    }
