"""Buttons and modals. A button only opens a modal (or undoes); the modal's submission decides."""

from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.domain.alert import State, nobody_left
from bot.domain.coverage import SLACK, Person
from bot.domain.events import (
    Acknowledged,
    AcknowledgmentUndone,
    CallRecorded,
    Declined,
    Event,
    NotAllowed,
    ReadBack,
)
from bot.domain.rungs import is_last
from bot.slack import blocks, modals
from bot.slack.apology import apologizing
from bot.slack.desk import Asked, Desk, who_clicked
from bot.slack.modals import Shown
from bot.slack.standing import cannot_acknowledge, how_it_ended
from bot.slack.words import escaped

Body = Mapping[str, Any]


def register(app: App, desk: Desk) -> None:
    """Tell bolt what to call for which button and which modal."""

    @app.action(blocks.ACKNOWLEDGE)
    def _(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        with apologizing(desk.settings, body["response_url"]):
            open_acknowledge(desk, _clicked(body, client), _alert(body))

    @app.action(blocks.DECLINE)
    def _(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        with apologizing(desk.settings, body["response_url"]):
            open_decline(desk, _clicked(body, client), _alert(body))

    @app.action(blocks.UNDO)
    def _(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        with apologizing(desk.settings, body["response_url"]):
            undo(desk, _clicked(body, client), body)

    @app.action(blocks.ALREADY_CALLED)
    def _(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        with apologizing(desk.settings, body["response_url"]):
            open_already_called(desk, _clicked(body, client), _alert(body))

    @app.action(blocks.OPEN_IMAGES)
    def _(ack: Ack) -> None:
        ack()  # the browser has opened the viewer; Slack wants to hear that we know

    @app.view(modals.ALREADY_CALLED)
    def _(ack: Ack, body: dict[str, Any]) -> None:
        ack(**already_called(desk, body))

    @app.view(modals.ACKNOWLEDGE)
    def _(ack: Ack, body: dict[str, Any]) -> None:
        ack(**acknowledge(desk, body))

    @app.view(modals.DECLINE)
    def _(ack: Ack, body: dict[str, Any]) -> None:
        ack(**decline(desk, body))

    @app.view(modals.CALLED)
    def _(ack: Ack, body: dict[str, Any]) -> None:
        ack(**record_call(desk, body))


def open_acknowledge(desk: Desk, asked: Asked, alert_id: str) -> None:
    """The modal with what this person may see, or the reason why there is none."""
    person = _who_may_acknowledge(desk, asked, alert_id)
    if person is not None:
        view = desk.view(alert_id, person, finding=True)
        asked.open(modals.acknowledge(view, desk.settings, desk.now))


def open_already_called(desk: Desk, asked: Asked, alert_id: str) -> None:
    """What the report says of the call, for whom it names; for others the usual modal."""
    person = _who_may_acknowledge(desk, asked, alert_id)
    if person is not None:
        view = desk.view(alert_id, person, finding=True)
        fitting = modals.already_called if view.already_called else modals.acknowledge
        asked.open(fitting(view, desk.settings, desk.now))


def _who_may_acknowledge(desk: Desk, asked: Asked, alert_id: str) -> Person | None:
    person = desk.admitted(asked, alert_id)
    if person is None:
        return None
    refusal = cannot_acknowledge(desk.view(alert_id, person), person, desk.now)
    if refusal:
        _refuse(desk, asked, alert_id, person, refusal)
        return None
    return person


def open_decline(desk: Desk, asked: Asked, alert_id: str) -> None:
    """The modal that asks why, for the owner alone."""
    person = desk.admitted(asked, alert_id)
    if person is None:
        return
    view = desk.view(alert_id, person)
    refusal = cannot_acknowledge(view, person, desk.now)
    if refusal is None and not view.can_decline:
        with_whom = escaped(view.owner_name) or "somebody else"
        said = f"{view.alert.ref} is with {with_whom} now, so it is not yours to pass on."
        refusal = "not_owner", said
    if refusal is None and is_last(view.alert):
        last = nobody_left(view.alert)
        refusal = last.reason, escaped(last.explain)
    if refusal:
        _refuse(desk, asked, alert_id, person, refusal)
        return
    asked.open(modals.decline(view))


def undo(desk: Desk, asked: Asked, body: Body) -> None:
    """Take the acknowledgment back; a button that has outlived its 15 minutes goes away."""
    alert_id = _alert(body)
    person = desk.admitted(asked, alert_id)
    if person is None:
        return
    view = desk.view(alert_id, person)
    if view.alert.state is State.OPEN:
        asked.tell(f"{view.alert.ref} is open again already.")
        return
    try:
        desk.apply(alert_id, AcknowledgmentUndone(person.id))
    except NotAllowed as refusal:
        _without_buttons(asked, body)
        asked.tell(escaped(refusal.explain))


def acknowledge(desk: Desk, body: Body) -> dict[str, Any]:
    """What Slack is to do with the submitted modal: close it, mark a field, or show another."""
    values, about = body["view"]["state"]["values"], modals.shown(body["view"]["private_metadata"])
    answer = modals.read_back(values)
    if answer is None:
        return {"response_action": "errors", "errors": modals.read_back_missing(values)}
    person = desk.person(who_clicked(body))
    if person is None:
        return _stranger(desk, body, about)
    read_back, words = answer
    given = Acknowledged(person.id, SLACK, about.version, read_back, words)
    return _acknowledged(desk, about, person, given)


def already_called(desk: Desk, body: Body) -> dict[str, Any]:
    """Acknowledged by who had heard it by phone, where the report still says so."""
    about = modals.shown(body["view"]["private_metadata"])
    person = desk.person(who_clicked(body))
    if person is None:
        return _stranger(desk, body, about)
    view = desk.view(about.alert_id, person)
    if view.alert.is_open and not view.already_called:
        desk.refuse(about.alert_id, person.id, "not_called")
        return _say("Not acknowledged", "The report does not say that you were called.")
    given = Acknowledged(person.id, SLACK, about.version, ReadBack.NONE, already_called=True)
    return _acknowledged(desk, about, person, given)


def _acknowledged(desk: Desk, about: Shown, person: Person, given: Acknowledged) -> dict[str, Any]:
    try:
        desk.apply(about.alert_id, given)
    except NotAllowed as refusal:
        return _not_acknowledged(desk, about, person, refusal)
    return {}


def decline(desk: Desk, body: Body) -> dict[str, Any]:
    """Pass it on, or say why that cannot be."""
    reason = modals.decline_reason(body["view"]["state"]["values"])
    about = modals.shown(body["view"]["private_metadata"])
    person = desk.person(who_clicked(body))
    if person is None:
        return _stranger(desk, body, about)
    return _applied(desk, about, Declined(person.id, reason), "Not passed on")


def record_call(desk: Desk, body: Body) -> dict[str, Any]:
    """Record the phone call that was made, or mark what is wrong with it."""
    told = modals.call_told(body["view"]["state"]["values"])
    if isinstance(told, dict):
        return {"response_action": "errors", "errors": told}
    about = modals.shown(body["view"]["private_metadata"])
    person = desk.person(who_clicked(body))
    if person is None:
        return _stranger(desk, body, about)
    event = CallRecorded(
        person.id,
        told.reached,
        told.number,
        desk.by_our_clock(told.at),
        told.repeated_back,
        about.version,
    )
    try:
        desk.apply(about.alert_id, event)
    except NotAllowed as refusal:
        if refusal.reason == "no_such_call":  # what was typed stays on the screen
            return {"response_action": "errors", "errors": {modals.WHEN: refusal.explain}}
        return _say("Not recorded", escaped(refusal.explain))
    return {}


def _not_acknowledged(
    desk: Desk, about: Shown, person: Person, refusal: NotAllowed
) -> dict[str, Any]:
    """A newer version is shown in the place of the older one; a double click is no error."""
    view = desk.view(about.alert_id, person)
    given = view.alert.acknowledgment
    if refusal.reason == "already_acknowledged" and given and given.by == person.id:
        return {}
    if refusal.reason == "superseded" and view.alert.state is State.OPEN:
        newer = desk.view(about.alert_id, person, finding=True)
        shown = modals.acknowledge(newer, desk.settings, desk.now, changed=True)
        return {"response_action": "update", "view": shown}
    ended = view.entitled and view.alert.state is not State.OPEN
    text = how_it_ended(view, person, desk.now) if ended else escaped(refusal.explain)
    return _say("Not acknowledged", text)


def _applied(desk: Desk, about: Shown, event: Event, otherwise: str) -> dict[str, Any]:
    try:
        desk.apply(about.alert_id, event)
    except NotAllowed as refusal:
        return _say(otherwise, escaped(refusal.explain))
    return {}


def _stranger(desk: Desk, body: Body, about: Shown) -> dict[str, Any]:
    desk.refuse(about.alert_id, who_clicked(body).actor, "unknown_slack_account")
    return _say("Not recorded", desk.stranger())


def _say(title: str, text: str) -> dict[str, Any]:
    return {"response_action": "update", "view": modals.told(title, text)}


def _refuse(
    desk: Desk, asked: Asked, alert_id: str, person: Person, refusal: tuple[str, str]
) -> None:
    reason, explain = refusal
    desk.refuse(alert_id, person.id, reason)
    asked.tell(explain)


def _without_buttons(asked: Asked, body: Body) -> None:
    message = body.get("message")
    if message:
        asked.client.chat_update(
            channel=body["channel"]["id"],
            ts=message["ts"],
            text=message["text"],
            blocks=[block for block in message["blocks"] if block["type"] != "actions"],
        )


def _clicked(body: Body, client: WebClient) -> Asked:
    return Asked(who_clicked(body), body["trigger_id"], client, body["response_url"])


def _alert(body: Body) -> str:
    return str(body["actions"][0]["value"])
