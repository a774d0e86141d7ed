"""`readback people list`: who is in the directory, by which numbers, and what reaches them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.opening import ConfigFile, database_of, settings_from
from bot.cli.shown import FOUND_PROBLEMS, AsJson, count, print_json, say, stop, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.domain.coverage import Person


def list_people(
    who: Annotated[
        str,
        typer.Argument(
            metavar="[NAME|NUMBER]",
            help="Words of a name, an NPI, or a number that reports have.",
            show_default=False,
        ),
    ] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the directory: each person's numbers, roles and designee, and what reaches them."""
    from bot.cli.engines import engine_for

    settings = settings_from(config)
    with database_of(settings) as database:
        engine_for(database, settings)  # which calls this site can make
        everybody = database.look(_entries)
    found = [entry for entry in everybody if entry.is_called(who)] if who else everybody
    if as_json:
        print_json([_facts(entry) for entry in found])
    elif found:
        table("", ("name", "numbers", "roles", "paged by", "designee"), map(_row, found))
        say(f"{count(len(found), 'person', 'people')}.")
    _stop_without(found, everybody, who)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A person of the directory; ``numbers`` are pairs of authority and value."""

    person: "Person"
    numbers: tuple[tuple[str, str], ...]
    designee: str

    def is_called(self, who: str) -> bool:
        from bot.domain.coverage import having_words

        sought = who.strip().casefold()
        ways = (way for pair in self.numbers for way in (pair[1], ":".join(pair)))
        return sought in map(str.casefold, ways) or bool(having_words(who, [self.person]))


def _entries(c: "Connection") -> list[_Entry]:
    from storage import people

    known = people.directory(c)
    numbers: dict[str, list[tuple[str, str]]] = {}
    for number, person_id in known.identifiers.items():
        numbers.setdefault(person_id, []).append(number)
    return [
        _Entry(
            person,
            tuple(sorted(numbers.get(person.id, []))),
            stand_in.name if (stand_in := people.designee(c, person.id)) else "",
        )
        for person in known.active
    ]


def _row(entry: _Entry) -> tuple[str, ...]:
    person = entry.person
    numbers = " ".join(map(":".join, entry.numbers))
    return person.name, numbers, " ".join(person.roles), _paged_by(person), entry.designee


def _paged_by(person: "Person") -> str:
    """With the reason where a number on file gets nothing, or nothing reaches them at all."""
    from bot.domain.coverage import OUT_OF_REACH, out_of_reach

    ways = ", ".join(person.channels)
    why = OUT_OF_REACH[out_of_reach(person)] if person.no_sms or not ways else ""
    return f"{ways or 'nothing'} ({why})" if why else ways


def _facts(entry: _Entry) -> dict[str, object]:
    person = entry.person
    return {
        "name": person.name,
        "numbers": [":".join(pair) for pair in entry.numbers],
        "roles": list(person.roles),
        "channels": list(person.channels),
        "slack": "/".join(person.slack or ()),
        "mobile": person.mobile,
        "no_sms": person.no_sms,
        "email": person.email,
        "timezone": person.timezone,
        "designee": entry.designee,
    }


def _stop_without(found: list[_Entry], everybody: list[_Entry], who: str) -> None:
    from bot.domain.nearest import did_you_mean

    if not everybody:
        stop("Nobody is in the directory: `readback people import` fills it.", code=FOUND_PROBLEMS)
    if not found:
        near = did_you_mean(who, [entry.person.name for entry in everybody])
        stop(f"Nobody in the directory is {who}. {near}".strip(), code=FOUND_PROBLEMS)
