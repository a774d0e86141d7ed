"""Messages from phones. The caller's number can be forged, so that one acts only with the code of
its own page, from the number on file; every message is dealt with once, in one transaction."""

import re
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot import metrics
from bot.domain import answers
from bot.domain.coverage import SMS, Role
from bot.domain.drills import Drill
from bot.domain.effects import Record, SendNotice
from bot.domain.events import (
    Acknowledged,
    AcknowledgmentUndone,
    Declined,
    DeclineReason,
    Event,
    NotAllowed,
    ReadBack,
)
from bot.domain.page import Notice, Slip
from bot.domain.replies import (
    Reply,
    Unclear,
    Verb,
    carriers_word,
    parse_reply,
    verbs_in,
    wants_sms,
)
from bot.engine import drills as testing
from bot.engine.alerts import apply_in, record_refusal
from bot.engine.compose import person_of
from bot.engine.context import Engine
from bot.engine.numbers import opt_in, opt_out, wrong_number
from bot.log import log
from bot.phone.guesses import note_wrong
from bot.phone.helping import actor, helped, refuse
from bot.phone.instead import passed, why_not
from bot.phone.message import Message, own_code
from bot.phone.order import known_by, must_hold_still, overtaken
from storage import alerts, audit, codes, drills, inbound, outbox, people, wrong_codes
from storage.codes import CodeFound
from storage.database import after_commit

PROVIDER = "twilio"
WRONG_NUMBER_WITHIN = timedelta(days=7)
"""After the latest page or test to a phone that its holder may say whose it is not."""


async def receive(engine: Engine, message: Message) -> str:
    """Do what it asks for and return the answer; empty for a repeated message, which does nothing,
    and where no answer may go out."""
    return await engine.database.write(lambda c: _receive(c, engine, message))


async def receive_and_answer(engine: Engine, message: Message) -> None:
    """The same where no answer can go back with the request: it leaves by the outbox, to whoever
    has the number. A stranger hears nothing."""
    await engine.database.write(lambda c: _receive_and_answer(c, engine, message))


def _receive_and_answer(c: Connection, engine: Engine, message: Message) -> None:
    now = engine.clock.now()
    if not inbound.seen(c, PROVIDER, message.sid, now):
        return
    answer = _heard(c, engine, message)
    whom = _whom_to_answer(c, message, now) if answer else ""
    if whom:
        slip = Slip(whom, Role.OWNER, SMS, 0, notice=Notice.ANSWER)
        outbox.put(c, None, [SendNotice(slip, now)], now, version=0, data=answer)
        after_commit(c, engine.wake)


def _whom_to_answer(c: Connection, message: Message, now: datetime) -> str:
    """Who has the number, or had it when a page went there; empty for a stranger."""
    if known := people.by_mobile(c, message.sender):
        return known[0].id
    reading = parse_reply(message.text)
    code = reading.code if isinstance(reading, Reply) else ""
    found = own_code(c, message, code, now)
    return found.person_id if found else ""


def _receive(c: Connection, engine: Engine, message: Message) -> str:
    if not inbound.seen(c, PROVIDER, message.sid, engine.clock.now()):
        after_commit(c, _repeated)
        return ""
    return _heard(c, engine, message)


def _heard(c: Connection, engine: Engine, message: Message) -> str:
    now = engine.clock.now()
    if message.is_carriers:
        return _carriers_part(c, engine, message, now)
    reading = parse_reply(message.text)
    number = engine.site.callback_number
    sent_at = message.sent_at or now
    found = own_code(c, message, reading.code, now) if isinstance(reading, Reply) else None
    if found and not people.is_active(c, found.person_id):
        refuse(c, message, "left_directory", now)
        return helped(c, message, _where_it_is(c, found, number), now)
    if not people.by_mobile(c, message.sender):
        refuse(c, message, "unknown_number", now)
        return helped(c, message, answers.unknown_code(number), now)
    if reading is Unclear.WRONG_NUMBER and _silences(c, engine, message, sent_at):
        refuse(c, message, reading.value, now)
        return answers.wrong_number() if wrong_number(c, engine, message.sender) else ""
    if isinstance(reading, Unclear):
        refuse(c, message, reading.value, now)
        return helped(c, message, answers.unclear(reading, number, verbs_in(message.text)), now)
    return _by_code(c, engine, message, reading, found)


def _silences(c: Connection, engine: Engine, message: Message, sent_at: datetime) -> bool:
    """It needs no code, so at least there has to be a page or a test that it answers; and START may
    have been sent since."""
    asked = codes.asked_since(c, message.sender, sent_at - WRONG_NUMBER_WITHIN)
    return asked and not overtaken(c, message.sender, message.sid, message.stamped(engine))


def _by_code(
    c: Connection, engine: Engine, message: Message, reply: Reply, found: CodeFound | None
) -> str:
    """From a number of the directory, a verb with a code."""
    now, number = engine.clock.now(), engine.site.callback_number
    if wrong_codes.refused(c, message.sender, now):
        refuse(c, message, "too_many_wrong_codes", now)
        return helped(c, message, answers.too_many(number), now, about="stopped:")
    if drill := _own_test(c, message, reply.code, found, now):
        return _tested(c, engine, reply, drill)
    if found is None:
        refuse(c, message, "unknown_code", now)
        note_wrong(c, engine, message.sender, message.sid, now)
        return helped(c, message, answers.unknown_code(number), now)
    return _act(c, engine, message, reply, found)


def _repeated() -> None:
    """By Twilio, whose request was answered too late; or by somebody who recorded it."""
    metrics.reply("repeated")
    log.warning("webhook_repeated", kind="sms")


def _own_test(
    c: Connection, message: Message, code: str, found: CodeFound | None, now: datetime
) -> Drill | None:
    """The test that this code answers. An alert that is open and has the same one goes first: it
    may have been opened anew."""
    if found and alerts.load(c, found.alert_id, for_update=False).is_open:
        return None
    drill = drills.by_code(c, message.sender, code, codes.tests_since(now))
    theirs = [p.id for p in people.by_mobile(c, message.sender) if p.holds(message.sender)]
    return drill if drill and drill.person_id in theirs else None


def _tested(c: Connection, engine: Engine, reply: Reply, drill: Drill) -> str:
    """Nobody else is asked and nothing is taken back: a test is only acknowledged."""
    if reply.verb is not Verb.ACK:
        return answers.only_a_test(reply.code)
    person = person_of(c, drill.person_id)
    answered = testing.answer(c, engine, drill.id, person, SMS)
    after_commit(c, lambda: metrics.reply("test"))
    return answers.answered_test(answered)


def _where_it_is(c: Connection, found: CodeFound, number: str) -> str:
    """For somebody who was paged and is not in the directory any more."""
    alert = alerts.load(c, found.alert_id, for_update=False)
    with_whom = alert.owner_role.value.replace("_", " ") if alert.is_open else ""
    return answers.left(alert.ref, with_whom, number)


def _act(c: Connection, engine: Engine, message: Message, reply: Reply, found: CodeFound) -> str:
    event = _event(reply.verb, found)
    try:
        about = f"{found.alert_id}:{found.person_id}"
        later = overtaken(c, about, message.sid, message.stamped(engine))
        must_hold_still(c, found, message.sent_at, engine.clock.now(), overtaken=later)
        alert = apply_in(c, engine, found.alert_id, event)
    except NotAllowed as refusal:
        record_refusal(c, engine, found.alert_id, event, refusal)
        after_commit(c, lambda: metrics.reply("refused"))
        return why_not(c, engine, found, refusal)
    after_commit(c, lambda: metrics.reply(reply.verb.lower()))
    match reply.verb:
        case Verb.ACK:
            return answers.acknowledged(alert.ref, reply.code)
        case Verb.PASS:
            return passed(alert, reply.code)
        case Verb.UNDO:
            return answers.undone(alert.ref)


def _event(verb: Verb, found: CodeFound) -> Event:
    match verb:
        case Verb.ACK:
            return Acknowledged(found.person_id, SMS, found.version, ReadBack.NONE)
        case Verb.PASS:
            return Declined(found.person_id, DeclineReason.CANNOT_ACT)
        case Verb.UNDO:
            return AcknowledgmentUndone(found.person_id)


# ---- what acts on no alert ------------------------------------------------------------------


def _carriers_part(c: Connection, engine: Engine, message: Message, now: datetime) -> str:
    """STOP, START, HELP and their kin: the carrier side acts and answers, and we know whom no SMS
    reaches before one fails. It answers no "Yes" from a number that was never out: we do, as
    whoever has sent it to a page takes silence for done."""
    said = message.opt_out or message.text
    wants, stamp = wants_sms(said), message.stamped(engine)
    news = True
    if wants is not None and not overtaken(c, message.sender, message.sid, stamp):
        # Not before an edit that was made a moment before it was sent.
        as_of = known_by(message.sent_at, now)
        news = (opt_in if wants else opt_out)(c, engine, message.sender, as_of)
    word = re.sub(r"[^a-z]", "", (carriers_word(said) or said).lower())[:12]
    audit.append(c, "admin", [Record("sms_keyword", actor(c, message), {"keyword": word})], now)
    after_commit(c, lambda: log.warning("sms_keyword_received", what=word))
    if news or not wants or message.opt_out:
        return ""
    return helped(c, message, answers.unclear(Unclear.WORDS, engine.site.callback_number), now)
