"""What is said and asked in a call, step by step, and what the keys do.

A step knows nothing but its own request: which page it is about and how often it was asked stand in
the signed address. So any copy can take it, and Twilio may ask for it twice. A key alone does not
acknowledge: the page's code or the person's PIN does, which no voicemail and no child has.
"""

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
)
from bot.domain.page import Notice
from bot.domain.paging import waits_for_retry
from bot.domain.spoken import Call
from bot.engine.alerts import apply_in, record_refusal
from bot.engine.compose import person_of
from bot.engine.context import Engine
from bot.log import log
from bot.phone import drill_calls, twiml
from bot.phone.call_fate import MACHINE, PERSON, is_machine
from bot.phone.steps import (
    CODE,
    KEY,
    MOST_ASKED,
    MOST_WRONG,
    Address,
    Heard,
    acts,
    found_out,
    stopped,
    wrong_code,
)
from storage import alerts, codes, outbox, people, pins, reports
from storage.database import after_commit
from storage.outbox import Claimed


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


def picked_up(c: Connection, engine: Engine, heard: Heard, address: Address) -> str:
    """Somebody, or something, has taken the call: only a key tells that a person has. A short
    greeting of a voicemail passes for one. Returns TwiML, like each step."""
    if page := _test(c, heard):
        return drill_calls.picked_up(c, engine, heard, page, address)
    talk = _talk(c, engine, heard)
    if talk is None:
        return twiml.say(spoken.unknown(engine.site.callback_number))
    if is_machine(heard.answered_by):
        _note(talk, MACHINE)
        return twiml.say(talk.call.left_message())
    return _over(talk) or _menu(talk, address, 0)


def key_pressed(c: Connection, engine: Engine, heard: Heard, address: Address) -> str:
    """1 acknowledges once the code is right, 2 passes it on, anything else says it again."""
    if page := _test(c, heard):
        return drill_calls.key_pressed(c, engine, heard, page, address)
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
        case "3":  # a person, who is not hung up on; Twilio ends the call some time
            return _menu(talk, address, 0)
        case _ if heard.nth + 1 < MOST_ASKED:
            return _menu(talk, address, heard.nth + 1)
        case _:
            return twiml.say(talk.call.no_key())


def code_entered(c: Connection, engine: Engine, heard: Heard, address: Address) -> str:
    """With the code of this person's page or their PIN it is acknowledged."""
    if page := _test(c, heard):
        return drill_calls.code_entered(c, engine, heard, page, address)
    talk = _talk(c, engine, heard)
    if talk is None:
        return twiml.say(spoken.unknown(engine.site.callback_number))
    if ended := _over(talk):
        return ended
    if stopped(c, engine, heard, talk.person):
        return twiml.say(talk.call.stopped())
    version = _version_of(talk)
    if version is not None:
        return twiml.say(_acknowledge(talk, version))
    if heard.keys:
        wrong_code(c, engine, heard, talk.person)
    if heard.nth + 1 < MOST_WRONG:
        again = address(CODE, heard.delivery_id, heard.nth + 1)
        return twiml.ask_code(spoken.WRONG_CODE, again)
    return twiml.say(talk.call.too_many_wrong())


def _test(c: Connection, heard: Heard) -> Claimed | None:
    """The sending, where this call is a test."""
    page = outbox.by_delivery_id(c, heard.delivery_id)
    return page if page and page.slip.notice is Notice.TEST else None


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
    review, unknown = bool(alert.review), alert.provider_unknown
    call = Call(alert.category, alert.ref, number, review, early, unknown)
    return _Talk(c, engine, heard, page, alert, person_of(c, page.slip.person_id), call)


def _note(talk: _Talk, what: str) -> None:
    found_out(talk.c, talk.engine, talk.heard, what)


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
    if not keys:
        return None
    found = codes.find(c, person.mobile, keys) if person.holds(person.mobile) else None
    if found and (found.alert_id, found.person_id) == (talk.alert.id, person.id):
        return found.version
    return talk.page.version if pins.is_pin_of(c, person.id, keys) else None


def _acknowledge(talk: _Talk, version: int) -> str:
    event = Acknowledged(talk.person.id, VOICE, version, ReadBack.NONE)
    return _done(talk, CODE, event, "ack") or talk.call.acknowledged()


def _pass_on(talk: _Talk) -> str:
    """Without a code: whoever presses it by mistake has asked one more person."""
    if talk.person.id in talk.alert.declined:  # asked for a second time
        return talk.call.passed_on()
    event = Declined(talk.person.id, DeclineReason.CANNOT_ACT)
    return _done(talk, KEY, event, "pass") or _passed_on(talk)


def _passed_on(talk: _Talk) -> str:
    alert = alerts.load(talk.c, talk.alert.id, for_update=False)
    return talk.call.nobody_else() if waits_for_retry(alert) else talk.call.passed_on()


def _done(talk: _Talk, step: str, event: Event, what: str) -> str:
    """Empty when it is done; else what is said instead."""
    c, engine, alert_id = talk.c, talk.engine, talk.alert.id
    if not acts(c, talk.heard, step, engine.clock.now()):
        return talk.call.no_key()
    try:
        apply_in(c, engine, alert_id, event)
    except NotAllowed as refusal:
        record_refusal(c, engine, alert_id, event, refusal)
        after_commit(c, lambda: metrics.reply("refused"))
        return talk.call.refused(refusal.reason, refusal.explain)
    after_commit(c, lambda: metrics.reply(what))
    return ""
