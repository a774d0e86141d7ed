"""`/readback …`: what can be typed, and what is said to somebody who mistyped it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from html import unescape
from zoneinfo import ZoneInfo

from slack_bolt import Ack, App
from slack_sdk import WebClient
from sqlalchemy import Connection

from bot.domain.alert import ADMINISTERS, State
from bot.domain.coverage import Person
from bot.domain.events import CallRecorded, Event, NotAllowed, Reopened
from bot.domain.nearest import did_you_mean
from bot.domain.window import FUTURE_TOLERANCE
from bot.domain.wording import local_time
from bot.engine import views
from bot.slack import modals, overview, testing
from bot.slack.actions import open_acknowledge
from bot.slack.apology import apologizing
from bot.slack.assign import assign
from bot.slack.desk import Asked, Desk, Who
from bot.slack.elements import section
from bot.slack.modals import Call
from bot.slack.standing import cannot_look, how_it_ended
from bot.slack.words import clipped, escaped
from storage import alert_lists, alerts, people, quarantine
from storage.alert_lists import AlertRow

COMMAND = "/readback"
HELP = f"""*{COMMAND} open* lists the open alerts that concern you
*{COMMAND} show REF* shows one: state, owner, what comes next, timeline
*{COMMAND} ack REF* acknowledges it
*{COMMAND} called REF* records a phone call that told the finding (coordinators, radiologists)
*{COMMAND} assign REF @person* hands it to somebody (its owner, coordinators, radiologists)
*{COMMAND} reopen REF* has it answered again (coordinators, radiologists)
*{COMMAND} test @person* sends a test page; without a name it shows what came of the latest
*{COMMAND} help* shows this"""
EXAMPLE = f"{COMMAND} called K7QX Dr. Lee at 14:05 on 312-555-0100 repeated yes"
_CALL = re.compile(
    r"(?P<whom>\S.*?)\s+at\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?:\s*(?P<half>[ap])\.?m\.?)?"
    r"\s+on\s+(?P<number>\S.*?)\s+repeated(?:\s+back)?\s+(?P<repeated>yes|no)",
    re.IGNORECASE,
)

_CANNOT = "I can't take this"
_BUTTONS = {"pass": _CANNOT, "decline": _CANNOT, "undo": "Undo"}
"""What people know from the SMS, and is no command."""

_AROUND = re.compile(r"^\W+|\W+$")
"""What is copied along with a reference, or put behind it by a keyboard."""
_ESCAPED = re.compile(r"<(?P<id>[^|<>]+)(?:\|(?P<label>[^<>]*))?>")

Verb = Callable[[Desk, Asked, Person, str, str], None]


def register(app: App, desk: Desk) -> None:
    """Tell bolt what to call for the command."""

    @app.command(COMMAND)
    def _(ack: Ack, command: dict[str, str], client: WebClient) -> None:
        ack()
        who = Who(command["team_id"], command["user_id"])
        asked = Asked(who, command["trigger_id"], client, command["response_url"])
        with apologizing(desk.settings, asked.response_url):
            obey(desk, asked, command.get("text", ""))


def obey(desk: Desk, asked: Asked, text: str) -> None:
    """Do what was typed after the command, or say what would work."""
    verb, ref, rest = (*text.split(maxsplit=2), "", "", "")[:3]  # at tabs and hard spaces, too
    verb, ref = verb.casefold(), _AROUND.sub("", unescape(ref))
    if verb in {"", "help"}:
        asked.tell(HELP)
    elif verb == "open":
        _open(desk, asked)
    elif verb == "test":
        testing.obey(desk, asked, text.strip()[len(verb) :].strip())
    elif verb in _BUTTONS:
        asked.tell(f"For that, press “{_BUTTONS[verb]}” in the alert's message in this app.")
    elif verb not in VERBS:
        asked.tell(f"{_no_such_command(desk, asked, verb)}\n{HELP}")
    elif not ref:
        asked.tell(f"Which one? Write `{COMMAND} {verb} REF`; `{COMMAND} open` lists them.")
    else:
        # Only one verb asks for a mention; the others take what was typed.
        _with_alert(desk, asked, verb, ref, rest.strip() if verb == "assign" else as_typed(rest))


def _no_such_command(desk: Desk, asked: Asked, verb: str) -> str:
    """Of a reference alone nobody may read that there is no such alert."""
    person = desk.person(asked.who)
    typed = _AROUND.sub("", unescape(verb)).upper()
    if person and any(row.ref == typed for row in _theirs(desk, person)):
        return f"For {typed} write `{COMMAND} ack {typed}` or `{COMMAND} show {typed}`."
    near = did_you_mean(verb, (*VERBS, "open", "test", "help"))
    return f"There is no command “{escaped(clipped(verb, 40))}”. {near}"


def as_typed(text: str) -> str:
    """The text of a command without Slack's escaping of mentions, links and three characters."""
    return unescape(_ESCAPED.sub(lambda found: found["label"] or found["id"], text)).strip()


def _with_alert(desk: Desk, asked: Asked, verb: str, ref: str, rest: str) -> None:
    alert_id = desk.by_ref(ref)
    if alert_id is None:
        _no_such_alert(desk, asked, ref)
        return
    person = desk.admitted(asked, alert_id)
    if person is not None:
        VERBS[verb](desk, asked, person, alert_id, rest)


def _no_such_alert(desk: Desk, asked: Asked, ref: str) -> None:
    person = desk.person(asked.who)
    known = [row.ref for row in _theirs(desk, person)] if person else []
    near = did_you_mean(ref, known) or f"`{COMMAND} open` lists them by their references."
    asked.tell(f"There is no alert {escaped(clipped(ref, 20))}. {near}")


def _open(desk: Desk, asked: Asked) -> None:
    person = desk.person(asked.who)
    if person is None:
        asked.tell(desk.stranger())
        return
    found = _theirs(desk, person)
    waiting = desk.read(quarantine.waiting) if ADMINISTERS & set(person.roles) else {}
    told = overview.in_quarantine(waiting)
    mode = desk.engine.shadow
    silent = mode.standing(desk.now) if mode else ""
    if found:
        # Of a message with blocks Slack shows nothing else.
        said = [section(f"🌒 {silent}")] if silent else []
        blocks = [*said, *overview.listing(found, person, desk.now), *told]
        asked.tell(f"{silent} {overview.how_many(found)} open".strip(), blocks)
    else:
        none = f"{silent} No open alert concerns you.".strip()
        asked.tell(none, [section(none), *told])


def _theirs(desk: Desk, person: Person) -> list[AlertRow]:
    """All open alerts for who administers, for others those that they were paged for."""
    everything = bool(ADMINISTERS & set(person.roles))

    most = overview.LISTED_MOST + 1  # one more tells that there are more

    def look(c: Connection) -> list[AlertRow]:
        if everything:
            return alert_lists.listing(c, ("open",), most)
        rows = alert_lists.open_of(c, person.id, most)
        return [row for row in rows if _concerns(c, row, person)]

    return desk.read(look)


def _concerns(c: Connection, row: AlertRow, person: Person) -> bool:
    alert = alerts.load(c, row.id, for_update=False)
    return alert.may_answer(person.id)


def _show(desk: Desk, asked: Asked, person: Person, alert_id: str, _: str) -> None:
    view = desk.view(alert_id, person)
    if not view.entitled:
        reason, said = cannot_look(view, person)
        desk.refuse(alert_id, person.id, reason)
        asked.tell(said)
        return
    entries = desk.wait(views.timeline(desk.engine, alert_id))
    ids = {str(value) for e in entries for value in (e.actor, *e.data.values())}
    names = _names(desk, ids)
    shown = overview.detail(view, entries, names, person, desk.now)
    asked.tell(f"{view.alert.ref}: {view.alert.state.value}", shown)


def _acknowledge(desk: Desk, asked: Asked, _: Person, alert_id: str, __: str) -> None:
    open_acknowledge(desk, asked, alert_id)


def _called(desk: Desk, asked: Asked, person: Person, alert_id: str, rest: str) -> None:
    view = desk.view(alert_id, person)
    if not view.administers:
        desk.refuse(alert_id, person.id, "not_entitled")
        asked.tell("Only a coordinator or a radiologist can record a call.")
    elif not rest and not (
        view.alert.is_open or view.alert.shadow
    ):  # before a form is filled in for nothing
        desk.refuse(alert_id, person.id, "ended")
        asked.tell(how_it_ended(view, person, desk.now))
    elif not rest:
        asked.open(modals.called(view, desk.on_the_wall))
    else:
        call = typed_call(rest, person.timezone, desk.on_the_wall)
        event = _recorded(desk, call, person, view.alert.version) if call else None
        if call is None or event is None:
            asked.tell(f"I could not read that. Write for example\n`{EXAMPLE}`")
        elif found := modals.problems(call):
            asked.tell(" ".join(found.values()))
        else:
            _apply(desk, asked, alert_id, event, _as_understood(view.alert.ref, call, person, desk))


def _recorded(desk: Desk, call: Call, person: Person, version: int) -> CallRecorded:
    at = desk.by_our_clock(call.at)
    return CallRecorded(person.id, call.reached, call.number, at, call.repeated_back, version)


def _as_understood(ref: str, call: Call, person: Person, desk: Desk) -> str:
    """By "2:05" somebody may mean the afternoon, and it has ended the alert."""
    at = local_time(call.at, person.timezone, desk.on_the_wall)
    told = f"{escaped(call.reached)} at {at}, {'' if call.repeated_back else 'not '}repeated back"
    return f"The call for {ref} is recorded: {told}. Not so? `{COMMAND} reopen {ref}`"


def typed_call(text: str, zone: str, now: datetime) -> Call | None:
    """`Dr. Lee at 14:05 on 312-555-0100 repeated yes`, the time in the person's zone.

    A time of day that has not come yet was yesterday's; of the two in an hour that comes twice the
    later one counts, if it has come. None where the text reads otherwise.
    """
    found = _CALL.fullmatch(text.strip())
    clock = _clock(found) if found else None
    if found is None or clock is None:
        return None
    today = datetime.combine(now.astimezone(ZoneInfo(zone)), clock, ZoneInfo(zone))
    days = (today, today - timedelta(days=1))
    read = (day.replace(fold=fold).astimezone(now.tzinfo) for day in days for fold in (0, 1))
    at = max(at for at in read if at <= now + FUTURE_TOLERANCE)
    repeated = found["repeated"].casefold() == "yes"
    return Call(found["whom"], found["number"], at, repeated)


def _clock(found: re.Match[str]) -> time | None:
    """The time of day, by 24 hours or by the half of the day; None where there is no such."""
    hour, half = int(found["hour"]), found["half"]
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock
            return None
        hour = hour % 12 + (12 if half in "pP" else 0)
    try:
        return time(hour, int(found["minute"]))
    except ValueError:
        return None


def _reopen(desk: Desk, asked: Asked, person: Person, alert_id: str, _: str) -> None:
    view = desk.view(alert_id, person)
    if view.administers and view.alert.state is State.OPEN:
        asked.tell(f"{view.alert.ref} is open.")
        return
    _apply(desk, asked, alert_id, Reopened(person.id), f"{view.alert.ref} is open again.")


def _apply(desk: Desk, asked: Asked, alert_id: str, event: Event, done: str) -> None:
    try:
        desk.apply(alert_id, event)
    except NotAllowed as refusal:
        asked.tell(escaped(refusal.explain))
    else:
        asked.tell(done)


def _names(desk: Desk, ids: set[str]) -> Mapping[str, str]:
    """The names of those ids that are people's, in the directory or not any more."""

    def look(c: Connection) -> dict[str, str]:
        return {i: p.name for i, p in people.directory(c).people.items() if i in ids}

    return desk.read(look)


VERBS: Mapping[str, Verb] = {
    "show": _show,
    "ack": _acknowledge,
    "called": _called,
    "assign": assign,
    "reopen": _reopen,
}
