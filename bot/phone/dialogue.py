"""What is said and asked in a call, step by step, and what the keys do.

A step knows nothing but its own request: which page it is about and how often it was asked stand in
the signed address. So any copy can take it, and Twilio may ask for it twice. A key alone does not
acknowledge: the page's code or the person's PIN does, which no voicemail and no child has.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from bot import metrics
from bot.domain import spoken
from bot.domain.alert import Alert
from bot.domain.coverage import VOICE, Person
from bot.domain.events import (
    Acknowledged,
    Declined,
    DeclineReason,
    Event,
    NotAllowed,
    ReadBack,
    Record,
)
from bot.domain.spoken import Call
from bot.engine.alerts import apply_in, record_refusal
from bot.engine.compose import person_of
from bot.engine.context import Engine
from bot.log import log
from bot.phone import twiml
from bot.phone.call_fate import MACHINE, PERSON, is_machine
from bot.phone.callbacks import Callback, note_in
from bot.phone.guesses import note_wrong
from storage import alerts, audit, codes, inbound, outbox, people, pins, reports, wrong_codes
from storage.database import after_commit
from storage.outbox import Claimed

PROVIDER = "twilio-keys"
MOST_WRONG = 3
"""Codes in one call; over all calls and SMS of a number storage/wrong_codes.py counts."""
MOST_ASKED = 3


@dataclass(frozen=True, slots=True)
class Heard:
    """One request. ``nth`` counts from 0: how often this step was asked in vain before."""

    sid: str
    delivery_id: str
    keys: str = ""
    answered_by: str = ""
    nth: int = 0


@dataclass(frozen=True, slots=True)
class _Talk:
    """What a step needs to know: the page that rings, its alert, and who is called."""

    c: Connection
    engine: Engine
    heard: Heard
    page: Claimed
    alert: Alert
    person: Person
    call: Call


Address = Callable[[str, str, int], str]
"""From a step's name, the delivery id and ``nth`` to where Twilio asks for it."""
KEY, CODE = "key", "code"


def picked_up(c: Connection, engine: Engine, heard: Heard, address: Address) -> str:
    """Somebody, or something, has taken the call. Returns TwiML, like each step."""
    talk = _talk(c, engine, heard)
    if talk is None:
        return twiml.say(spoken.unknown(engine.site.callback_number))
    if is_machine(heard.answered_by):
        _note(talk, MACHINE)
        return twiml.say(talk.call.left_message())
    if heard.answered_by == "human":
        _note(talk, PERSON)
    return _over(talk) or _menu(talk, address, 0)


def key_pressed(c: Connection, engine: Engine, heard: Heard, address: Address) -> str:
    """1 acknowledges once the code is right, 2 passes it on, anything else says it again."""
    talk = _talk(c, engine, heard)
    if talk is None:
        return twiml.say(spoken.unknown(engine.site.callback_number))
    if heard.keys:
        _note(talk, PERSON)
    if ended := _over(talk):
        return ended
    match heard.keys:
        case "1":
            return twiml.ask_code(spoken.CODE, address(CODE, heard.delivery_id, 0))
        case "2":
            return twiml.say(_pass_on(talk))
        case _ if heard.nth + 1 < MOST_ASKED:
            return _menu(talk, address, heard.nth + 1)
        case _:
            return twiml.say(talk.call.no_key())


def code_entered(c: Connection, engine: Engine, heard: Heard, address: Address) -> str:
    """With the code of this person's page or their PIN it is acknowledged."""
    talk = _talk(c, engine, heard)
    if talk is None:
        return twiml.say(spoken.unknown(engine.site.callback_number))
    if ended := _over(talk):
        return ended
    version = _version_of(talk)
    if version is not None:
        return twiml.say(_acknowledge(talk, version))
    if heard.keys:
        _wrong(talk)
    if heard.nth + 1 < MOST_WRONG:
        again = address(CODE, heard.delivery_id, heard.nth + 1)
        return twiml.ask_code(spoken.WRONG_CODE, again)
    return twiml.say(talk.call.too_many_wrong())


def _talk(c: Connection, engine: Engine, heard: Heard) -> _Talk | None:
    """None where the call is about nothing any more: the page is unknown, or its person left."""
    page = outbox.by_delivery_id(c, heard.delivery_id)
    if page is None or page.alert_id is None or page.slip.channel != VOICE:
        after_commit(c, lambda: log.warning("call_for_no_page"))
        return None
    if not people.is_active(c, page.slip.person_id):
        return None
    alert = alerts.load(c, page.alert_id, for_update=False)
    early = reports.is_preliminary(c, alert.report_id)
    number = engine.site.callback_number
    call = Call(alert.category, alert.ref, number, bool(alert.review), early)
    return _Talk(c, engine, heard, page, alert, person_of(c, page.slip.person_id), call)


def _note(talk: _Talk, what: str) -> None:
    """Who is at the other end is known now: not only once the call is over."""
    found = Callback(talk.heard.sid, what, None, talk.heard.delivery_id)
    note_in(talk.c, talk.engine, found)


def _menu(talk: _Talk, address: Address, nth: int) -> str:
    text = f"{talk.call.announcement()} {spoken.KEYS}"
    return twiml.ask_key(text, address(KEY, talk.heard.delivery_id, nth))


def _over(talk: _Talk) -> str:
    """What is said where there is nothing to answer; empty where there is."""
    alert = talk.alert
    if alert.is_open:
        return ""
    given = alert.acknowledgment
    theirs = given is not None and given.by == talk.person.id
    return twiml.say(talk.call.acknowledged() if theirs else talk.call.over())


def _version_of(talk: _Talk) -> int | None:
    """The version that somebody acknowledges with these digits: that of the SMS whose code they
    are, with the PIN that of the page which rings. None where they are neither."""
    c, keys, person = talk.c, talk.heard.keys, talk.person
    now = talk.engine.clock.now()
    if not keys or wrong_codes.refused(c, person.mobile, now):
        return None
    found = codes.find(c, person.mobile, keys)
    if found and (found.alert_id, found.person_id) == (talk.alert.id, person.id):
        return found.version
    return talk.page.version if pins.is_pin_of(c, person.id, keys) else None


def _wrong(talk: _Talk) -> None:
    """Counted and recorded once, however often Twilio asks."""
    c, heard, now = talk.c, talk.heard, talk.engine.clock.now()
    step = f"{heard.sid}:{heard.nth}"
    if not inbound.seen(c, PROVIDER, step, now):
        return
    after_commit(c, lambda: metrics.reply("unknown_code"))
    wrong = Record("call_refused", talk.person.id, {"reason": "unknown_code"})
    audit.append(c, audit.ADMIN, [wrong], now)
    note_wrong(c, talk.engine, talk.person.mobile, step, now)


def _acknowledge(talk: _Talk, version: int) -> str:
    event = Acknowledged(talk.person.id, VOICE, version, ReadBack.NONE)
    return _done(talk, event, "ack") or talk.call.acknowledged()


def _pass_on(talk: _Talk) -> str:
    """Without a code: whoever presses it by mistake has asked one more person."""
    if talk.person.id in talk.alert.declined:  # asked for a second time
        return talk.call.passed_on()
    event = Declined(talk.person.id, DeclineReason.CANNOT_ACT)
    return _done(talk, event, "pass") or talk.call.passed_on()


def _done(talk: _Talk, event: Event, what: str) -> str:
    """Empty when it is done; else what is said instead."""
    c, engine, alert_id = talk.c, talk.engine, talk.alert.id
    try:
        apply_in(c, engine, alert_id, event)
    except NotAllowed as refusal:
        record_refusal(c, engine, alert_id, event, refusal)
        after_commit(c, lambda: metrics.reply("refused"))
        return talk.call.refused(refusal.explain)
    after_commit(c, lambda: metrics.reply(what))
    return ""
