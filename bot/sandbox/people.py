"""The test harness that speaks like people: a Slack user who reads and presses buttons, a phone that gets and sends SMS.

Every wait has a deadline and wakes on the change it waits for. What nobody waited for is in `World.unexpected()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.sandbox.journal import Journal, Json
from bot.sandbox.slack import Slack
from bot.sandbox.slack_actions import Did, Outcome
from bot.sandbox.slack_forms import elements_of, entered, entries
from bot.sandbox.slack_render import buttons_of, plain, rendered, rendered_view
from bot.sandbox.slack_state import Message, User, View
from bot.sandbox.twilio import Twilio
from bot.sandbox.twilio_rules import Delivery
from bot.sandbox.twilio_sms import Sms

PATIENCE_SECONDS = 10.0
T = TypeVar("T")
Pattern = str | re.Pattern[str]


def matches(pattern: Pattern, text: str) -> bool:
    """A plain string must occur as it is; a compiled pattern is searched for."""
    return pattern in text if isinstance(pattern, str) else pattern.search(text) is not None


@dataclass(frozen=True)
class Stage:
    """What the people share: the stand-ins, the bell, and the way onto the server's loop."""

    journal: Journal
    slack: Slack
    twilio: Twilio
    run: Callable[[Coroutine[Any, Any, Any]], Any]

    @property
    def names(self) -> dict[str, str]:
        return {u.id: u.name for u in self.slack.workspace.users.values()}

    def need(self, probe: Callable[[], T | None], timeout: float, missing: Callable[[], str]) -> T:
        """What `probe` finds within `timeout` seconds; else an AssertionError that says what was there instead."""
        found = self.journal.wait(probe, timeout)
        if found is None:
            raise AssertionError(f"{missing()} (waited {timeout} s)")
        return found


class SlackMessage:
    """A message as its reader sees it now; `versions` holds what it showed before, the oldest first."""

    def __init__(self, stage: Stage, record: Message) -> None:
        self._stage, self.record = stage, record

    text = property(lambda self: self.record.text)
    blocks = property(lambda self: self.record.blocks)
    ts = property(lambda self: self.record.ts)
    channel = property(lambda self: self.record.channel)
    versions = property(lambda self: self.record.versions)
    updated = property(lambda self: self.record.updated)
    metadata = property(lambda self: self.record.metadata)

    @property
    def plain(self) -> str:
        """All that can be read in it: the notification text, then the blocks, buttons in brackets."""
        return read_message(self.record.text, self.record.blocks, self._stage.names)

    @property
    def buttons(self) -> list[str]:
        return [str(button["text"]["text"]) for _, button in buttons_of(self.record.blocks)]

    def __repr__(self) -> str:
        return f"<SlackMessage {self.ts} {self.plain!r}>"


def read_message(text: str, blocks: list[Json], names: Mapping[str, str]) -> str:
    return "\n".join(part for part in (plain(text, names), rendered(blocks, names)) if part)


class Modal:
    """A view on somebody's screen, as it is now."""

    def __init__(self, stage: Stage, record: View) -> None:
        self._stage, self.record = stage, record

    id = property(lambda self: self.record.id)
    data = property(lambda self: self.record.data)
    is_open = property(lambda self: self.record.open)

    @property
    def title(self) -> str:
        return str(self.record.data.get("title", {}).get("text", ""))

    @property
    def text(self) -> str:
        return rendered_view(self.record.data, self._stage.names)

    @property
    def fields(self) -> list[str]:
        """The labels of what can be filled in, in order; the block id where there is none."""
        return [e.label or e.block_id for e in entries(self.record)]

    @property
    def buttons(self) -> list[str]:
        own = [self.record.data[b]["text"] for b in ("submit", "close") if self.record.data.get(b)]
        return [
            str(button["text"]["text"]) for _, button in buttons_of(self.record.data["blocks"])
        ] + own

    def __repr__(self) -> str:
        return f"<Modal {self.id} {self.text!r}>"


class Answer:
    """What came of a click, a command or a submission. `modal` and `ephemeral` wait for what a listener does after its ack."""

    def __init__(self, person: SlackPerson, did: Did, ephemerals_before: int) -> None:
        self._person, self._did, self._before = person, did, ephemerals_before
        self.outcome: Outcome = did.outcome
        self.error = did.error
        self.errors: Mapping[str, str] = did.errors

    @property
    def view(self) -> Modal | None:
        """The view that the acknowledgment left on screen: updated, pushed, or still there with errors."""
        return Modal(self._person.stage, self._did.view) if self._did.view else None

    @property
    def modal(self) -> Modal:
        """The modal that this act opened."""
        stage, workspace = self._person.stage, self._person.stage.slack.workspace

        def opened() -> View | None:
            return next(
                (v for v in workspace.views.values() if v.trigger == self._did.trigger), None
            )

        return Modal(
            stage,
            stage.need(opened, PATIENCE_SECONDS, lambda: f"no modal opened: {self._instead()}"),
        )

    @property
    def ephemeral(self) -> SlackMessage:
        """The first answer that only this person sees and that came after the act."""
        stage = self._person.stage

        def answered() -> Message | None:
            return next(iter(self._person.ephemeral_records()[self._before :]), None)

        return SlackMessage(
            stage,
            stage.need(answered, PATIENCE_SECONDS, lambda: f"no private answer: {self._instead()}"),
        )

    def _instead(self) -> str:
        shown = [m.plain for m in self._person.ephemerals[self._before :]]
        return f"{self.outcome}, error {self.error!r}, private answers {shown}, open modals {self._person.modals}"

    def __repr__(self) -> str:
        return f"<Answer {self._instead()}>"


class SlackPerson:
    """One person in Slack."""

    def __init__(self, stage: Stage, user: User) -> None:
        self.stage, self.user = stage, user

    id = property(lambda self: self.user.id)
    name = property(lambda self: self.user.name)

    @property
    def messages(self) -> list[SlackMessage]:
        """The direct messages with their current content, the oldest first."""
        records = self.stage.slack.workspace.messages.get(self.user.dm, [])
        return [SlackMessage(self.stage, m) for m in records if not m.deleted]

    def ephemeral_records(self) -> list[Message]:
        return [m for m in self.stage.slack.workspace.ephemerals if m.only_for == self.user.id]

    @property
    def ephemerals(self) -> list[SlackMessage]:
        return [SlackMessage(self.stage, m) for m in self.ephemeral_records()]

    @property
    def modals(self) -> list[Modal]:
        """The open modals, the one on top last."""
        return [Modal(self.stage, v) for v in self.stage.slack.workspace.stack(self.user.id)]

    @property
    def home(self) -> Modal | None:
        view = self.stage.slack.workspace.homes.get(self.user.id)
        return Modal(self.stage, view) if view else None

    def expect(self, pattern: Pattern, timeout: float = PATIENCE_SECONDS) -> SlackMessage:
        """Wait for a message or an update that nobody expected yet and that reads so; it counts as expected from now on."""

        def found() -> Message | None:
            for record in [
                *self.stage.slack.workspace.messages.get(self.user.dm, []),
                *self.ephemeral_records(),
            ]:
                for version in record.versions:
                    if not version.expected and matches(
                        pattern, read_message(version.text, version.blocks, self.stage.names)
                    ):
                        version.expected = True
                        return record
            return None

        return SlackMessage(
            self.stage, self.stage.need(found, timeout, lambda: self._missing(pattern))
        )

    def expect_now(
        self, message: SlackMessage, pattern: Pattern, timeout: float = PATIENCE_SECONDS
    ) -> SlackMessage:
        """Wait until this message reads so, whether or not somebody expected it before."""

        def reads() -> bool | None:
            if not matches(pattern, message.plain):
                return None
            message.record.versions[-1].expected = True
            return True

        self.stage.need(
            reads,
            timeout,
            lambda: f"the message never read {pattern!r}; it reads {message.plain!r}",
        )
        return message

    def _missing(self, pattern: Pattern) -> str:
        shown = "\n---\n".join(m.plain for m in self.messages + self.ephemerals) or "nothing"
        return f"{self.name} got no new message with {pattern!r}. What {self.id} has:\n{shown}"

    def click(self, label: str, message: SlackMessage | Modal | None = None) -> Answer:
        """Press the button with this label: in `message`, else in the top modal, else in the latest message that has it."""
        place = message or self._place_of(label)
        block, button = _button(place, label)
        before = len(self.ephemeral_records())
        hands, user = self.stage.slack.hands, self.user
        act = (
            hands.act_on_view(user, place.record, block, button, {})
            if isinstance(place, Modal)
            else hands.act_on_message(user, place.record, block, button, {})
        )
        return Answer(self, self.stage.run(act), before)

    def _place_of(self, label: str) -> SlackMessage | Modal:
        places: list[SlackMessage | Modal] = [
            *self.modals[::-1],
            *self.ephemerals[::-1],
            *self.messages[::-1],
        ]
        for place in sorted(places, key=lambda p: isinstance(p, SlackMessage) and -float(p.ts)):
            if label in place.buttons and (
                isinstance(place, SlackMessage) or label not in _own_buttons(place)
            ):
                return place
        raise AssertionError(f"{self.name} sees no button {label!r}. What {self.id} sees: {places}")

    def choose(self, name: str, given: Any, place: SlackMessage | Modal) -> Answer:
        """Choose in a menu, a date picker … by its label, block id or action id; the app hears of it at once."""
        before = len(self.ephemeral_records())
        blocks = place.record.data["blocks"] if isinstance(place, Modal) else place.record.blocks
        for block in blocks:
            for element in elements_of(block):
                label = block.get("label", block.get("text", {})).get("text", "")
                if element["type"] != "button" and name in (
                    label,
                    block["block_id"],
                    element["action_id"],
                ):
                    return Answer(self, self._choose(place, block, element, given), before)
        raise AssertionError(f"there is nothing to choose named {name!r} in {place}")

    def _choose(self, place: SlackMessage | Modal, block: Json, element: Json, given: Any) -> Did:
        hands, chosen = self.stage.slack.hands, entered(element, given)
        if isinstance(place, Modal):
            place.record.values.setdefault(block["block_id"], {})[element["action_id"]] = chosen
            did: Did = self.stage.run(
                hands.act_on_view(self.user, place.record, block, element, chosen)
            )
            return did
        done: Did = self.stage.run(
            hands.act_on_message(self.user, place.record, block, element, chosen)
        )
        return done

    def submit(self, modal: Modal, values: Mapping[str, Any] | None = None) -> Answer:
        """Fill in by label, block id or action id (options by what they read) and press the submit button."""
        before = len(self.ephemeral_records())
        return Answer(
            self,
            self.stage.run(self.stage.slack.hands.submit(self.user, modal.record, values or {})),
            before,
        )

    def close(self, modal: Modal, *, all_of_them: bool = False) -> Answer:
        before = len(self.ephemeral_records())
        return Answer(
            self,
            self.stage.run(
                self.stage.slack.hands.close(self.user, modal.record, cleared=all_of_them)
            ),
            before,
        )

    def command(self, command: str, text: str = "") -> Answer:
        before = len(self.ephemeral_records())
        return Answer(
            self, self.stage.run(self.stage.slack.hands.command(self.user, command, text)), before
        )

    def open_home(self) -> Answer:
        before = len(self.ephemeral_records())
        return Answer(self, self.stage.run(self.stage.slack.hands.open_home(self.user)), before)

    def deactivate(self, error: str | None = "account_inactive") -> None:
        """Leave the hospital. Posts get `error`; None takes them into the void, as Slack itself has been seen to do."""
        self.user.deleted, self.user.refuse = True, error


def _own_buttons(modal: Modal) -> list[str]:
    return [modal.record.data[b]["text"] for b in ("submit", "close") if modal.record.data.get(b)]


def _button(place: SlackMessage | Modal, label: str) -> tuple[Json, Json]:
    blocks = place.record.data["blocks"] if isinstance(place, Modal) else place.record.blocks
    for block, button in buttons_of(blocks):
        if button["text"]["text"] == label:
            return block, button
    raise AssertionError(f"there is no button {label!r} in {place}")


class PhoneMessage:
    """One SMS on a phone, in either direction."""

    def __init__(self, phone: Phone, record: Sms) -> None:
        self._phone, self.record = phone, record

    body = property(lambda self: self.record.body)
    sid = property(lambda self: self.record.sid)
    status = property(lambda self: self.record.status)
    segments = property(lambda self: self.record.segments)
    encoding = property(lambda self: self.record.encoding)
    direction = property(lambda self: self.record.direction)
    webhook_status = property(lambda self: self.record.webhook_status)

    def reply(self, text: str) -> PhoneMessage:
        """Answer to the number it came from."""
        return self._phone.send(text, to=self.record.from_)

    def __repr__(self) -> str:
        return f"<SMS {self.direction} {self.status} {self.body!r}>"


class Phone:
    """One phone with its number."""

    def __init__(self, stage: Stage, number: str) -> None:
        self._stage, self.number = stage, number

    @property
    def sms(self) -> list[PhoneMessage]:
        """What its owner sees, in both directions, the oldest first."""
        records = [
            m for m in self._stage.twilio.messages if m.shown and self.number in (m.to, m.from_)
        ]
        return [PhoneMessage(self, m) for m in records]

    def expect_sms(self, pattern: Pattern, timeout: float = PATIENCE_SECONDS) -> PhoneMessage:
        """Wait for an SMS that nobody expected yet and that reads so; it counts as expected from now on."""

        def found() -> Sms | None:
            for sms in self._stage.twilio.messages:
                if (
                    sms.to == self.number
                    and sms.shown
                    and not sms.expected
                    and matches(pattern, sms.body)
                ):
                    sms.expected = True
                    return sms
            return None

        return PhoneMessage(self, self._stage.need(found, timeout, lambda: self._missing(pattern)))

    def _missing(self, pattern: Pattern) -> str:
        everything = [m for m in self._stage.twilio.messages if self.number in (m.to, m.from_)]
        shown = "\n".join(f"{m.direction} {m.status} {m.body!r}" for m in everything) or "nothing"
        return f"{self.number} got no new SMS with {pattern!r}. What it has:\n{shown}"

    def send(self, text: str, to: str = "") -> PhoneMessage:
        """Send an SMS to the bot's number. Returns when the bot's webhook has answered: see `webhook_status`."""
        return PhoneMessage(
            self, self._stage.run(self._stage.twilio.receive(self.number, text, to))
        )

    reply = send

    def state(self, delivery: Delivery) -> None:
        """on · off (30003) · blocked (30004) · unreachable (30005) · held (sent, no more until on) · no receipt."""
        self._stage.twilio.handset(self.number).delivery = delivery

    def off(self) -> None:
        self.state("off")

    def on(self) -> None:
        self.state("on")

    def landline(self) -> None:
        self._stage.twilio.handset(self.number).landline = True

    def refuse(self, code: int | None) -> None:
        """Every send to it gets this code at once, until None."""
        self._stage.twilio.handset(self.number).refuse = code

    @property
    def opted_out(self) -> bool:
        return self._stage.twilio.handset(self.number).opted_out
