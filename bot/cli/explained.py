"""How an explained message is shown: to a person with its fields and where they stood, and to a
program as one JSON object a line."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from bot.cli.explaining import Explained, Message, Waiting
from bot.cli.foretold import Asked, number, numbers
from bot.cli.shown import local, out, print_json
from bot.domain.coverage import VOICE
from bot.domain.message import SetAside
from bot.domain.report import Preliminary, Provider, Report
from bot.domain.triage import NO_FLAG, UNREAD

_REPORT = TypeAdapter(Report)
_HUES = {0: "bold red", 1: "yellow"}
_FEW_LINES = 4
_BEFORE_FINAL = {
    Preliminary.IGNORE: "ignore: a flag is recorded",
    Preliminary.NOTIFY: "notify: of a flag the reading radiologist is asked",
    Preliminary.OPEN: "open: a flag opens the alert",
}


def is_unusable(message: Message) -> bool:
    """It would wait in quarantine; what is set aside (ADT, ORM) is in order."""
    return bool(message.waiting)


# ---- for programs ---------------------------------------------------------------------------


def print_line(message: Message) -> None:
    """One object with the same keys for every message. Of several orders the report that is paged
    first stands there; in it ``more`` has the others, ``left`` what could not be used."""
    best = message.decisive
    told: dict[str, Any] = {
        "file": str(message.file),
        "index": message.index,
        "outcome": "report" if best else "refused",
        "reason": message.refusal or None,
        **(_facts(best) if best else {"report": None, **_pages(message.flagged)}),
    }
    if best:
        told["report"] |= {
            "more": [_facts(one) for one in message.reports if one is not best],
            "left": [_left(one) for one in message.waiting],
        }
        if message.flagged and not best.asked:
            told |= _pages(message.flagged)
    print_json(told)


def _facts(one: Explained) -> dict[str, Any]:
    report = _REPORT.dump_python(one.report, mode="json")
    report["status"] = one.report.status.name.lower()
    return {
        "report": {**report, "read_from": one.places},
        "category": one.triage.category,
        "rule": one.triage.rule,
        "would_page": [_step(asked) for asked in one.asked],
    }


def _left(one: Waiting) -> dict[str, Any]:
    return {
        "reason": one.bad.reason,
        "detail": one.bad.detail,
        **_pages(one if one.asked else None),
    }


def _pages(flagged: Waiting | None) -> dict[str, Any]:
    """A flagged one that cannot be used opens an alert of the worst category all the same."""
    return {
        "category": flagged.category if flagged else None,
        "rule": UNREAD if flagged else None,
        "would_page": [_step(one) for one in flagged.asked] if flagged else [],
    }


def _step(asked: Asked) -> dict[str, Any]:
    return {
        "who": asked.who.value,
        "after_minutes": asked.after.total_seconds() / 60,
        "channels": list(asked.channels),
        "call_after_minutes": asked.call_after and asked.call_after.total_seconds() / 60,
        "person": asked.person.name if asked.person else None,
        "named": asked.named or None,
        "identifiers": [number(identifier) for identifier in asked.identifiers],
        "because": asked.because or None,
    }


# ---- for people -----------------------------------------------------------------------------


def show(message: Message, zone: ZoneInfo, *, whole: bool) -> None:
    """A heading, what was read from where, and what would come of it."""
    head = message.heading
    raw = message.raw
    parts = [f"message {message.index}", raw.control_id, raw.sender, head.kind, head.charset]
    if head.profile not in {"", "standard"}:
        parts.append(f"profile {head.profile}")
    told = " · ".join(part for part in parts if part)
    file = "standard input" if message.file == Path("-") else str(message.file)
    out.print(f"\n[bold]{escape(file)}[/] [dim]{escape(told)}[/]", soft_wrap=True)
    if isinstance(raw.reading, SetAside):
        out.print(f"  [cyan]○[/] set aside: {escape(message.refusal)} carries no report")
    for one in message.reports:
        _show_report(one, zone, whole=whole)
    for left in message.waiting:
        _show_waiting(left)


def _show_waiting(one: Waiting) -> None:
    bad = one.bad
    where = f" at {bad.place}" if bad.place else ""
    out.print(f"  [bold red]✗[/] quarantine: [bold]{escape(bad.reason)}[/]{where}")
    out.print(f"    {escape(bad.detail)}", soft_wrap=True)
    for flag in bad.flags:
        out.print(f"    [red]flagged[/] {escape(flag.value)} [cyan]{flag.where}[/]")
    _show_asked(one.asked, one.nobody)


def _show_asked(asked: tuple[Asked, ...], nobody: str) -> None:
    if nobody:
        out.print(f"  pages nobody: {escape(nobody)}", soft_wrap=True)
    for one in asked:
        out.print(f"  would page {escape(_sentence(one))}", soft_wrap=True)
        if one.because:
            out.print(f"    [dim]because {escape(one.because)}[/]", soft_wrap=True)


def _show_report(one: Explained, zone: ZoneInfo, *, whole: bool) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=14)
    grid.add_column(overflow="fold")
    grid.add_column(style="cyan", overflow="fold", min_width=8)
    for name, value, place in _rows(one, zone, whole=whole):
        grid.add_row(name, escape(value), escape(place))
    out.print(f"  [green]✓[/] report [bold]{escape(one.report.key.value)}[/]")
    out.print(Padding(grid, (0, 0, 0, 4)))
    hue = _HUES.get(one.severity, "green") if one.asked else "dim"
    rule = "" if one.triage.rule == NO_FLAG else f" by {one.triage.rule}"
    review = f", for review: {one.triage.review}" if one.triage.review else ""
    category = one.triage.category or "no category"
    out.print(f"  [{hue}]{escape(category)}[/]{escape(rule + review)}", soft_wrap=True)
    _show_asked(one.asked, one.nobody)
    if one.asked and one.late:
        out.print(f"    [dim]as if it came in time: {escape(one.late)}[/]", soft_wrap=True)


def _rows(one: Explained, zone: ZoneInfo, *, whole: bool) -> Iterator[tuple[str, str, str]]:
    report, places = one.report, one.places
    key = f"{report.key.kind.value} {report.key.value} of {report.key.authority or 'nobody'}"
    told: tuple[tuple[str, str, str], ...] = (
        (
            "key",
            key,
            ", ".join(filter(None, (_at(places, "key.value"), _at(places, "key.authority")))),
        ),
        ("filler", report.filler, _at(places, "filler")),
        ("placer", report.placer, _at(places, "placer")),
        ("status", report.status.name.lower(), _at(places, "status")),
        ("before final", _BEFORE_FINAL[report.if_preliminary], ""),
        ("status since", local(report.status_at, zone), _at(places, "status_at")),
        ("finalized", local(report.finalized_at, zone), _at(places, "finalized_at")),
        ("sent", local(report.sent_at, zone), _at(places, "sent_at")),
        ("discovered", local(report.discovered_at, zone), _at(places, "discovered_at")),
        ("exam", report.exam, _at(places, "exam")),
        ("modality", report.modality, _at(places, "modality")),
        ("patient", numbers(report.patient.identifiers), _at(places, "patient.identifiers")),
        ("", report.patient.name, _at(places, "patient.name")),
        ("", _born(report), _at(places, "patient.birth_date")),
        ("class", report.patient_class, _at(places, "patient_class")),
        ("location", report.location, _at(places, "location")),
        ("ordering", _people(report.ordering), _at(places, "ordering")),
        ("attending", _people(report.attending), _at(places, "attending")),
        ("copies to", _people(report.copies_to), _at(places, "copies_to")),
        ("radiologist", _reader(report), _at(places, "radiologist")),
        ("study", report.study_uid, _at(places, "study_uid")),
        ("called", report.called, _at(places, "called")),
    )
    yield from (row for row in told if row[1])
    yield from (("", note, "") for note in report.time_notes)
    for flag in report.flags:
        yield "flag", " ".join(filter(None, (flag.value, flag.system, flag.category))), flag.where
    yield "text", _shortened(report.text, whole=whole) or "(none)", _at(places, "text")
    if report.impression:
        yield "impression", _shortened(report.impression, whole=whole), _at(places, "impression")
    for addendum in report.addenda:
        flags = "".join(f"\nflag {flag.value} {flag.where}" for flag in addendum.flags)
        yield "addendum", _shortened(addendum.text, whole=whole) + flags, _at(places, "addenda")


def _at(places: dict[str, str], name: str) -> str:
    return places.get(name, "")


def _shortened(text: str, *, whole: bool) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    if whole or len(lines) <= _FEW_LINES + 1:  # the line that says so takes as much room
        return text if whole else "\n".join(lines)
    return "\n".join([*lines[:_FEW_LINES], f"… {len(lines) - _FEW_LINES} more lines (--text)"])


def _born(report: Report) -> str:
    return ", ".join(filter(None, (report.patient.birth_date, report.patient.sex)))


def _reader(report: Report) -> str:
    name = _people((report.radiologist,)) if report.radiologist else ""
    return f"{name} (a machine)" if report.machine else name


def _people(providers: tuple[Provider, ...]) -> str:
    return "\n".join(
        f"{provider.name or 'no name'} ({numbers(provider.identifiers) or 'no identifier'})"
        for provider in providers
    )


def _sentence(asked: Asked) -> str:
    who = asked.who.value.replace("_", " ")
    ids = numbers(asked.identifiers)
    told = f"{asked.named} ({ids or 'no identifier'})" if asked.named or ids else ""
    person = f" → {asked.person.name}" if asked.person else ""
    channels = ["a call" if channel == VOICE else channel for channel in asked.channels]
    by = f" by {' and '.join(channels)}" if channels else ", who cannot be reached"
    called = f", and by a call {_when(asked.call_after)}" if asked.call_after else ""
    return f"{_when(asked.after)} the {who}{' ' + told if told else ''}{person}{by}{called}"


def _when(after: timedelta) -> str:
    minutes = int(after.total_seconds() // 60)
    if not minutes:
        return "at once"
    return f"after {minutes} min" if minutes % 60 else f"after {minutes // 60} h"
