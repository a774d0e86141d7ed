"""`readback quarantine`: what could not be used, why, and another try."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.flags import Command, Group
from bot.cli.opening import ConfigFile, clock_for, database_of, operator, settings_from
from bot.cli.shown import (
    FOUND_PROBLEMS,
    AsJson,
    count,
    gone,
    local,
    out,
    print_json,
    say,
    stop,
    table,
    utc,
)
from bot.domain.wording import short_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from bot.settings import Settings
    from storage.database import Database
    from storage.quarantine import Quarantined

app = typer.Typer(
    help="Look at what could not be used, replay it or dismiss it.",
    no_args_is_help=True,
    cls=Group,
)


@app.callback()
def _quarantine() -> None:
    """Look at what could not be used, replay it or dismiss it."""


@app.command("list", cls=Command)
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also what waits no longer.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List what waits, the oldest first."""
    from storage import quarantine

    settings = settings_from(config)
    with database_of(settings) as database:
        entries = database.look(lambda c: quarantine.listing(c, waiting_only=not every))
    if as_json:
        print_json([_facts(entry) for entry in entries])
    elif entries:
        _show_groups(entries, settings, with_state=every)
    else:
        say("Nothing waits in quarantine.")


@app.command(cls=Command)
def show(
    entry: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the end of it.")],
    reveal: Annotated[
        bool,
        typer.Option(
            "--reveal",
            help="Print the message itself. It holds PHI: the audit trail records it.",
        ),
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Say why one message could not be used, and what to do."""
    settings = settings_from(config)
    with database_of(settings) as database:
        (found,) = _chosen(database, [entry])
        days = settings.retention.routine_days
        facts = {**_facts(found), **_dismissal(database, found), **_bytes(database, found, days)}
        there = reveal and not facts["removed"]
        data = _revealed(database, found, clock_for(settings).now()) if there else None
    if as_json:
        import base64

        shown = {} if data is None else {"data_base64": base64.b64encode(data).decode()}
        print_json({**facts, **shown})
        return
    for name, value in facts.items():
        if value:
            out.print(f"{name:<15} {value}", markup=False, soft_wrap=True)
    if data is not None:
        typer.echo(f"\n{_legible(data)}")


@app.command(cls=Command)
def replay(
    entries: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Their ids, or the ends of them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that waits.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Read kept messages again with today's reader. A running Readback takes it from there."""
    from bot.cli.replaying import replay_each

    if every == bool(entries):
        stop("Name the entries to replay, or --all (`readback quarantine list` has their ids).")
    settings = settings_from(config)
    with database_of(settings) as database:
        results = replay_each(database, settings, _chosen(database, entries or []), operator())
    if as_json:
        print_json([{"id": r.entry_id, "ok": r.ok, "outcome": r.outcome} for r in results])
    elif not results:
        say("Nothing waits in quarantine.")
    else:
        table("", ("id", "outcome"), ((short_id(r.entry_id), r.outcome) for r in results))
        say(f"{count(sum(r.ok for r in results), 'message')} of {len(results)} can be used now.")
    if not all(r.ok for r in results):
        raise typer.Exit(FOUND_PROBLEMS)


@app.command(cls=Command)
def dismiss(
    entries: Annotated[list[str], typer.Argument(metavar="ID", help="Their ids, or the ends.")],
    reason: Annotated[
        str, typer.Option(help="Why nothing has to be done. Name no patient: it is on record.")
    ],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Let messages wait no longer. They are kept; who did it and why is in the audit trail."""
    if not reason.strip():
        stop('Say why nothing has to be done: --reason "a test of the interface"')
    settings = settings_from(config)
    with database_of(settings) as database:
        chosen = _chosen(database, entries)
        now = clock_for(settings).now()
        results = [(one, _dismissed(database, one, reason.strip(), now)) for one in chosen]
    if as_json:
        print_json([{"id": one.id, "ok": done} for one, done in results])
    else:
        said = {True: "dismissed", False: "did not wait any more"}
        table("", ("id", "outcome"), ((short_id(one.id), said[done]) for one, done in results))
        if any(one.unusable.flags for one, _ in results):
            say("What is flagged has opened an alert: it goes on until somebody answers it.")
    if not all(done for _, done in results):
        raise typer.Exit(FOUND_PROBLEMS)


def _dismissed(database: "Database", entry: "Quarantined", reason: str, now: datetime) -> bool:
    from bot.domain.effects import Record
    from storage import audit, quarantine

    data = {"message": entry.message_id, "entry": entry.id, "reason": reason}
    record = Record("quarantine_dismissed", operator(), data)

    def unit(c: "Connection") -> bool:
        if not quarantine.dismissed(c, entry.id, now):
            return False
        audit.append(c, audit.ADMIN, [record], now)
        return True

    return database.run(unit)


def _chosen(database: "Database", wanted: "Sequence[str]") -> "list[Quarantined]":
    """The entries whose ids end so; without any, all that wait. Ids of one process begin alike."""
    from storage import quarantine

    entries = database.look(lambda c: quarantine.listing(c, waiting_only=not wanted))
    return [_one(entries, end) for end in wanted] if wanted else entries


def _one(entries: "list[Quarantined]", end: str) -> "Quarantined":
    found = [entry for entry in entries if end and entry.id.endswith(end)]
    if not found:
        stop(f"There is no entry {end}. `readback quarantine list --all` has them.")
    if len(found) > 1:
        stop(f"{len(found)} entries end in {end}: write more of it.")
    return found[0]


def _revealed(database: "Database", entry: "Quarantined", now: datetime) -> bytes:
    """The bytes, once it is on record who asked for them."""
    from bot.domain.effects import Record
    from storage import audit, messages

    record = Record("quarantine_revealed", operator(), {"message": entry.message_id})

    def unit(c: "Connection") -> bytes:
        audit.append(c, audit.ADMIN, [record], now)
        return messages.load(c, entry.message_id).data

    return database.run(unit)


def _legible(data: bytes) -> str:
    """A segment a line; whatever could steer a terminal is written out."""
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c == "\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _facts(entry: "Quarantined") -> dict[str, str | int | None]:
    return {
        "id": entry.id,
        "state": _state(entry),
        "flagged": bool(entry.unusable.flags),
        "reason": entry.unusable.reason,
        "detail": entry.unusable.detail,
        "location": entry.unusable.location or None,
        "source": entry.source,
        "sender": entry.sender,
        "control_id": entry.control_id,
        "size": entry.size,
        "quarantined_at": utc(entry.quarantined_at),
        "replayed_at": utc(entry.replayed_at),
        "dismissed_at": utc(entry.dismissed_at),
    }


def _dismissal(database: "Database", entry: "Quarantined") -> dict[str, str | None]:
    """Who has let it wait no longer, and why: only the audit trail knows."""
    from storage import audit

    if entry.dismissed_at is None:
        return {"dismissed_by": None, "dismissed_for": None}
    told = database.look(lambda c: audit.of_a_kind(c, audit.ADMIN, "quarantine_dismissed"))
    mine = next((one for one in told if one.data.get("entry") == entry.id), None)
    return {
        "dismissed_by": mine.actor if mine else None,
        "dismissed_for": str(mine.data["reason"]) if mine else None,
    }


def _bytes(database: "Database", entry: "Quarantined", days: int) -> dict[str, str | None]:
    from storage import messages

    stored = database.look(lambda c: messages.load(c, entry.message_id))
    return {"removed": gone(days) if stored.is_removed else None}


def _state(entry: "Quarantined") -> str:
    if entry.dismissed_at:
        return "dismissed"
    return "replayed" if entry.replayed_at else "waiting"


def _show_groups(
    entries: "list[Quarantined]", settings: "Settings", *, with_state: bool = False
) -> None:
    """A table for each reason, those with the most first: like cases have the same cure."""
    groups: dict[str, list[Quarantined]] = {}
    for entry in entries:
        groups.setdefault(entry.unusable.reason, []).append(entry)
    zone = settings.site.timezone
    for reason, group in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        table(
            f"{reason}: {count(len(group), 'message')}. {group[-1].unusable.detail}",
            ("id", "since", "sender", "flagged", *(("state",) if with_state else ())),
            (
                (
                    short_id(entry.id),
                    local(entry.quarantined_at, zone),
                    entry.sender,
                    "yes" if entry.unusable.flags else "",
                    *((_state(entry),) if with_state else ()),
                )
                for entry in group
            ),
        )
