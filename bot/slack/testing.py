"""`/readback test`: test pages, their results, and the button that answers one."""

from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from sqlalchemy import Connection

from bot.domain.alert import ADMINISTERS
from bot.domain.coverage import SLACK, Person
from bot.domain.drills import Answered, Outcome
from bot.engine import drills
from bot.slack import drill_blocks
from bot.slack.apology import apologizing
from bot.slack.assign import meant
from bot.slack.desk import Asked, Desk, who_clicked
from storage import drills as stored
from storage import people

Body = Mapping[str, Any]
NOT_YOURS = "This test was sent to somebody else: only they can answer it."


def register(app: App, desk: Desk) -> None:
    """Tell bolt what to call for the button of a test."""

    @app.action(drill_blocks.TEST_ACKNOWLEDGE)
    def _(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        with apologizing(desk.settings, body["response_url"]):
            asked = Asked(who_clicked(body), body["trigger_id"], client, body["response_url"])
            acknowledge(desk, asked, body)


def obey(desk: Desk, asked: Asked, whom: str) -> None:
    """Send a test to whom they named; to nobody named, show what came of the latest ones."""
    person = desk.person(asked.who)
    if person is None:
        asked.tell(desk.stranger())
    elif not ADMINISTERS & set(person.roles):
        asked.tell("Only a coordinator or a radiologist can send tests.")
    elif whom:
        _send(desk, asked, person, whom)
    else:
        _show(desk, asked, person)


def _send(desk: Desk, asked: Asked, by: Person, whom: str) -> None:
    found = meant(desk, asked.who, whom)
    if isinstance(found, str):
        asked.tell(found)
        return
    unit = desk.engine.database.write(lambda c: drills.ask(c, desk.engine, found, (), by.id))
    done = desk.wait(unit)
    asked.tell(drill_blocks.sent(found, done.sent, done.waiting))


def _show(desk: Desk, asked: Asked, person: Person) -> None:
    found = desk.read(stored.results)
    names = desk.read(lambda c: {one.id: one.name for one in people.everybody(c)})
    asked.tell("Latest tests", drill_blocks.results(found, names, person, desk.now))


def acknowledge(desk: Desk, asked: Asked, body: Body) -> None:
    """Take the answer, and say so in the message's place."""
    person = desk.person(asked.who)
    if person is None:
        asked.tell(desk.stranger())
        return
    given = _given(desk, str(body["actions"][0]["value"]), person)
    if given is None or given.outcome is Outcome.NOT_YOURS:
        asked.tell(NOT_YOURS)
        return
    message = drill_blocks.answered(given)
    asked.client.chat_update(
        channel=body["channel"]["id"],
        ts=body["message"]["ts"],
        text=message.text,
        blocks=message.blocks,
    )


def _given(desk: Desk, drill_id: str, person: Person) -> Answered | None:
    """None where there is no such test."""

    def unit(c: Connection) -> Answered | None:
        if stored.load(c, drill_id) is None:
            return None
        return drills.answer(c, desk.engine, drill_id, person, SLACK)

    return desk.wait(desk.engine.database.write(unit))
