"""`readback people test`: test pages over every channel that somebody has, and their results."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.opening import ConfigFile, clock_for, database_of, operator, settings_from
from bot.cli.shown import FOUND_PROBLEMS, AsJson, count, local, print_json, say, stop, table, utc

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from bot.domain.coverage import Person
    from bot.engine.drills import Drilled
    from bot.settings import Settings
    from storage.drills import Result


class Channel(StrEnum):
    """As people's channels are called."""

    SLACK = "slack"
    SMS = "sms"
    VOICE = "voice"


def send_tests(
    who: Annotated[
        str, typer.Argument(metavar="[NAME|NPI]", help="One person.", show_default=False)
    ] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Everybody in the directory.")] = False,
    channel: Annotated[
        list[Channel] | None,
        typer.Option("--channel", help="Only on this one; may be repeated.", show_default=False),
    ] = None,
    results: Annotated[
        bool, typer.Option("--results", help="Show what came of the latest tests.")
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a page marked TEST over every channel that a person has; `serve` sends it.

    It is acknowledged in the normal way, opens no alert, and is over after a day.
    """
    settings = settings_from(config)
    if results:
        _show_results(settings, as_json=as_json)
        return
    if everybody == bool(who):
        stop("Say whom: a name, an NPI, or --all. `--results` shows what came of the latest.")
    if Channel.VOICE in (channel or ()) and not settings.calls:
        stop("No phone can ring: set twilio.call_from to the number that calls come from.")
    done = _ask(settings, who, tuple(one.value for one in channel or ()))
    if as_json:
        print_json([_asked_facts(one) for one in done])
    elif not done:
        stop("Nobody is in the directory: `readback people import` fills it.", code=FOUND_PROBLEMS)
    else:
        _say(done)


def _ask(settings: "Settings", who: str, only: Sequence[str]) -> "list[Drilled]":
    from bot.cli.engines import engine_for
    from bot.engine import drills
    from storage import people

    by = operator()
    with database_of(settings) as database:
        engine = engine_for(database, settings)
        chosen = database.look(lambda c: [_the_one(c, who)] if who else people.everybody(c))
        # A unit of work for each: the locks on everybody's codes would hold up the pages.
        return [
            database.run(partial(drills.ask, engine=engine, person=person, only=only, by=by))
            for person in chosen
        ]


def _the_one(c: "Connection", who: str) -> "Person":
    """By NPI, or by words of the name that only one person has."""
    from bot.domain.coverage import having_words
    from bot.domain.identity import NPI
    from bot.domain.nearest import did_you_mean
    from bot.domain.report import Identifier
    from storage import people

    known = people.everybody(c)
    by_npi = people.by_identifiers(c, [Identifier(who.strip(), NPI, NPI)])
    found = [one for one in known if one == by_npi] or having_words(who, known)
    if not found:
        near = did_you_mean(who, [one.name for one in known])
        stop(f"Nobody in the directory is {who}. {near}".strip())
    if len(found) > 1:
        named = ", ".join(one.name for one in found[:5])
        stop(f"Several people are called so: {named}. Which one?")
    return found[0]


def _say(done: "list[Drilled]") -> None:
    rows = [
        *((one.person.name, channel, "is sent now") for one in done for channel in one.sent),
        *(
            (one.person.name, channel, "the last one still waits, not sent again yet")
            for one in done
            for channel in one.waiting
        ),
        *(
            (one.person.name, "", "no channel reaches them")
            for one in done
            if not one.sent and not one.waiting
        ),
    ]
    table("", ("name", "channel", "test"), sorted(rows))
    leaving = count(sum(len(one.sent) for one in done), "test page")
    say(f"{leaving}: `readback serve` sends them. `readback people test --results` shows more.")


def _asked_facts(one: "Drilled") -> dict[str, object]:
    return {"name": one.person.name, "sent": list(one.sent), "waiting": list(one.waiting)}


# ---- results --------------------------------------------------------------------------------


def _show_results(settings: "Settings", *, as_json: bool) -> None:
    from storage import drills, people

    def look(c: "Connection") -> "tuple[list[Result], dict[str, str]]":
        return drills.results(c), {one.id: one.name for one in people.everybody(c)}

    with database_of(settings) as database:
        found, names = database.look(look)
    here = [one for one in found if one.person_id in names]
    here.sort(key=lambda one: (names[one.person_id], one.drill.channel))
    if as_json:
        print_json([_facts(one, names[one.person_id]) for one in here])
    elif here:
        now = clock_for(settings).now()
        zone = settings.site.timezone
        columns = ("name", "channel", "asked", "sent", "delivered", "acknowledged", "after")
        table("", columns, [_row(one, names[one.person_id], zone) for one in here])
        say(f"As of {local(now, zone)}.")
    else:
        say("Nobody was sent a test yet: `readback people test --all` sends one to everybody.")


def _after(one: "Result") -> timedelta | None:
    answered = one.drill.answered_at
    return answered - one.drill.at if answered else None


def _row(one: "Result", name: str, zone: "ZoneInfo") -> tuple[str, ...]:
    from bot.domain.wording import duration

    after = _after(one)
    sent = local(one.sent_at, zone) or one.state
    return (
        name,
        one.drill.channel,
        local(one.drill.at, zone),
        f"{sent} ({one.reason})" if one.reason else sent,
        local(one.delivered_at, zone),
        local(one.drill.answered_at, zone),
        duration(after) if after is not None else "",
    )


def _facts(one: "Result", name: str) -> dict[str, object]:
    after = _after(one)
    return {
        "name": name,
        "channel": one.drill.channel,
        "asked_at": utc(one.drill.at),
        "state": one.state,
        "reason": one.reason or None,
        "sent_at": utc(one.sent_at),
        "delivered_at": utc(one.delivered_at),
        "acknowledged_at": utc(one.drill.answered_at),
        "seconds": round(after.total_seconds()) if after is not None else None,
    }
