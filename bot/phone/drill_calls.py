"""A test by telephone: the same keys and codes as a page, about nothing."""

from sqlalchemy import Connection

from bot.domain import spoken
from bot.domain.coverage import VOICE
from bot.domain.drills import Outcome
from bot.engine import drills as testing
from bot.engine.compose import person_of
from bot.engine.context import Engine
from bot.phone import twiml
from bot.phone.call_fate import MACHINE, PERSON, is_machine
from bot.phone.steps import (
    CODE,
    KEY,
    MOST_ASKED,
    MOST_WRONG,
    Address,
    Heard,
    found_out,
    stopped,
    wrong_code,
)
from storage import drills, pins
from storage.outbox import Claimed


def picked_up(c: Connection, engine: Engine, heard: Heard, page: Claimed, address: Address) -> str:
    """As for a page, see dialogue.py."""
    if is_machine(heard.answered_by):
        found_out(c, engine, heard, MACHINE)
        return twiml.say(spoken.TEST_LEFT)
    return twiml.ask_key(spoken.TEST, address(KEY, page.delivery_id, 0))


def key_pressed(
    c: Connection, engine: Engine, heard: Heard, page: Claimed, address: Address
) -> str:
    """1 asks for the code; nothing can be passed on."""
    if heard.keys:
        found_out(c, engine, heard, PERSON)
    if heard.keys == "1":
        return twiml.ask_code(spoken.TEST_CODE, address(CODE, page.delivery_id, 0))
    if heard.nth + 1 < MOST_ASKED:
        return twiml.ask_key(spoken.TEST, address(KEY, page.delivery_id, heard.nth + 1))
    return twiml.say(spoken.TEST_UNANSWERED)


def code_entered(
    c: Connection, engine: Engine, heard: Heard, page: Claimed, address: Address
) -> str:
    """The code of the test's SMS or the person's PIN proves the channel."""
    person = person_of(c, page.slip.person_id)
    if stopped(c, engine, heard, person):
        return twiml.say(spoken.TEST_STOPPED)
    if _is_right(c, heard, page):
        given = testing.answer(c, engine, page.data, person, VOICE)
        counts = given.outcome in {Outcome.TAKEN, Outcome.ALREADY}
        return twiml.say(spoken.TEST_ANSWERED if counts else spoken.TEST_UNANSWERED)
    if heard.keys:
        wrong_code(c, engine, heard, person)
    if heard.nth + 1 < MOST_WRONG:
        again = address(CODE, page.delivery_id, heard.nth + 1)
        return twiml.ask_code(spoken.WRONG_CODE, again)
    return twiml.say(spoken.TEST_UNANSWERED)


def _is_right(c: Connection, heard: Heard, page: Claimed) -> bool:
    drill = drills.load(c, page.data)
    if drill is None or not heard.keys:
        return False
    return heard.keys == drill.code or pins.is_pin_of(c, page.slip.person_id, heard.keys)
