"""A test page as Slack shows it, before and after its answer. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.coverage import SLACK, SMS, VOICE, Person
from bot.domain.drills import Answered, Outcome
from bot.domain.page import Page
from bot.domain.wording import duration, local_time
from bot.slack.blocks import Message
from bot.slack.elements import Block, actions, button, context, header, lines, section
from bot.slack.words import escaped
from storage.drills import Result

TEST_ACKNOWLEDGE = "test_acknowledge"
SHOWN = {SLACK: "Slack", SMS: "SMS", VOICE: "call"}


def asking(page: Page) -> Message:
    """The click brings back the test's id."""
    repeat = "Possible repeat of a test you already have" if page.slip.possible_repeat else ""
    blocks = [
        header("🧪 TEST · about no patient"),
        section("Somebody tries whether pages reach you. Please acknowledge; nothing else to do."),
        *([context(repeat)] if repeat else []),
        *actions([button("Acknowledge", TEST_ACKNOWLEDGE, page.reason, "primary")]),
    ]
    return Message("TEST by READBACK: please acknowledge", blocks)


def answered(given: Answered) -> Message:
    """What stands in its place once it was clicked on by whom it was sent to."""
    if given.outcome is Outcome.EXPIRED:
        said = "⌛ This test is over: the answer came too late"
    elif given.outcome is Outcome.TAKEN:
        said = f"✅ TEST answered after {duration(given.after)} · pages reach you here"
    else:
        said = "✅ TEST answered · pages reach you here"
    return Message("READBACK: TEST answered", [context(said)])


def sent(person: Person, to: Sequence[str], waiting: Sequence[str]) -> str:
    """What the command has done."""
    name = escaped(person.name)
    if not to and not waiting:
        return f"No channel reaches {name}: nothing was sent."
    told = []
    if to:
        told.append(f"A test goes to {name} by {_named(to)}.")
    if waiting:
        told.append(f"By {_named(waiting)} the last one still waits: it is not sent again yet.")
    return " ".join([*told, "`/readback test` shows the results."])


def results(
    found: Sequence[Result], names: Mapping[str, str], person: Person, now: datetime
) -> list[Block]:
    """The latest test of everybody and each channel, for ``person`` to read. ``names`` by id."""
    rows = sorted(found, key=lambda r: (names.get(r.person_id, ""), r.drill.channel))
    texts = [
        f"*{escaped(names[r.person_id])}* · {SHOWN.get(r.drill.channel, r.drill.channel)} · "
        f"{became(r, person.timezone, now)}"
        for r in rows
        if r.person_id in names
    ]
    if not texts:
        return [section("Nobody was sent a test yet: `/readback test @person` sends one.")]
    return [header("Latest tests"), *lines(texts)]


def became(result: Result, zone: str, now: datetime) -> str:
    """When it was asked, and how far it came."""
    drill = result.drill
    at = local_time(drill.at, zone, now)
    if drill.answered_at:
        return f"{at} · ✅ answered after {duration(drill.answered_at - drill.at)}"
    if result.state == "failed":
        return f"{at} · ❌ failed ({escaped(result.reason)})"
    if result.delivered_at:
        return f"{at} · delivered, not answered"
    return f"{at} · {'sent, not answered' if result.sent_at else escaped(result.state)}"


def _named(channels: Sequence[str]) -> str:
    return " and ".join(SHOWN.get(channel, channel) for channel in channels)
