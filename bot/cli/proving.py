"""What `readback check` says of channels that may not work: who has not answered by them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from bot.cli.findings import Finding, Weight, listed
from bot.cli.shown import count
from bot.domain.coverage import SLACK, SMS, VOICE, Calls, Person
from bot.domain.drills import Proof, is_proven, months
from bot.settings import Settings
from storage import proofs
from storage.database import Database

NAMES = {SLACK: "Slack", SMS: "SMS", VOICE: "telephone"}


def proving(
    settings: Settings, everybody: Sequence[Person], without: Collection[str], now: datetime
) -> Iterator[Finding]:
    """A finding for each channel by which somebody has never answered, or not for long."""
    known = _proofs(settings)
    number, silent = settings.site.prove_within_months, False
    within = count(number, "month")
    # Without a way in no key arrives: no call is ever answered.
    mute = {*without, *(() if settings.calls is Calls.KEYS else (VOICE,))}
    looked_at = [channel for channel in NAMES if channel not in mute]
    for channel in looked_at:
        called = NAMES[channel]
        named = [
            person.name
            for person in everybody
            if channel in person.channels
            and not is_proven(
                known.get((person.id, channel)), person.address(channel), now, months(number)
            )
        ]
        if named:
            silent = True
            what = f"never answered by {called}, or not for {within}: {listed(named)}"
            yield Finding("tests", Weight.ADVICE, what, f"{_command(named, channel)} tries it.")
    if not silent and any(set(looked_at) & set(person.channels) for person in everybody):
        what = f"everybody has answered by each of their channels within {within}"
        yield Finding("tests", Weight.OK, what)


def _proofs(settings: Settings) -> dict[tuple[str, str], Proof]:
    database = Database(settings.database.url, calls=settings.calls)
    try:
        return database.look(proofs.everything)
    finally:
        database.close()


def _command(named: Sequence[str], channel: str) -> str:
    whom = f'"{named[0]}"' if len(named) == 1 else "--all"
    return f"`readback people test {whom} --channel {channel}`"
