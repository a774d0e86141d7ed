"""The test harness that speaks like people: a Slack user who reads, presses buttons and fills in.

Every wait has a deadline and wakes on the change it waits for. What nobody waited for is in
`World.unexpected()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.sandbox.journal import Json
from bot.sandbox.phones import Phone, PhoneMessage
from bot.sandbox.screens import Modal, SlackMessage, read_message
from bot.sandbox.slack_actions import Did, Outcome
from bot.sandbox.slack_forms import elements_of, entered
from bot.sandbox.slack_render import buttons_of
from bot.sandbox.slack_state import Message, User, Version, View, Workspace
from bot.sandbox.stage import PATIENCE_SECONDS, Pattern, Stage, matches

__all__ = ["Answer", "Modal", "Phone", "PhoneMessage", "SlackMessage", "SlackPerson"]

Place = SlackMessage | Modal
Unread = Iterator[tuple[Message, Version]]


@dataclass(frozen=True)
class Answer:
    """What came of an act: what Slack showed at once, and what a listener did after its ack.

    `outcome` is acknowledged, closed, errors, updated, pushed or failed; with failed, `error` is
    what Slack shows the person. `modal` and `ephemeral` wait for what is still to come.
    """

    person: SlackPerson
    did: Did
    ephemerals_before: int

    @property
    def outcome(self) -> Outcome:
        return self.did.outcome

    @property
    def error(self) -> str | None:
        return self.did.error

    @property
    def errors(self) -> Mapping[str, str]:
        """What is shown beside the fields, by block id."""
        return self.did.errors

    @property
    def view(self) -> Modal | None:
        """The view that the ack left on screen: updated, pushed, or still there with errors."""
        return self.person.see_view(self.did.view) if self.did.view else None

    @property
    def modal(self) -> Modal:
        """The modal that this act opened."""

        def opened() -> View | None:
            views = self.person.workspace.views.values()
            return next((v for v in views if v.trigger == self.did.trigger), None)

        return self.person.see_view(
            self.person.stage.need(opened, PATIENCE_SECONDS, lambda: f"no modal: {self}")
        )

    @property
    def ephemeral(self) -> SlackMessage:
        """The first message that only this person sees and that came after the act."""

        def answered() -> Message | None:
            return next(iter(self.person.ephemeral_records()[self.ephemerals_before :]), None)

        return self.person.see(
            self.person.stage.need(answered, PATIENCE_SECONDS, lambda: f"no answer: {self}")
        )

    def __repr__(self) -> str:
        private = [m.plain for m in self.person.ephemerals[self.ephemerals_before :]]
        shown = f"private answers {private}, open modals {self.person.modals}"
        return f"<Answer {self.outcome}, error {self.error!r}, {dict(self.errors)}, {shown}>"


@dataclass(frozen=True)
class SlackPerson:
    """One person in Slack."""

    stage: Stage
    user: User

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def workspace(self) -> Workspace:
        return self.stage.slack.workspace

    def see(self, record: Message) -> SlackMessage:
        return SlackMessage(record, self.stage.names)

    def see_view(self, record: View) -> Modal:
        return Modal(record, self.stage.names)

    def records(self) -> list[Message]:
        return [m for m in self.workspace.messages.get(self.user.dm, []) if not m.deleted]

    def ephemeral_records(self) -> list[Message]:
        return [m for m in self.workspace.ephemerals if m.only_for == self.user.id]

    @property
    def messages(self) -> list[SlackMessage]:
        """The direct messages with their current content, the oldest first."""
        return [self.see(m) for m in self.records()]

    @property
    def ephemerals(self) -> list[SlackMessage]:
        return [self.see(m) for m in self.ephemeral_records()]

    @property
    def modals(self) -> list[Modal]:
        """The open modals, the one on top last."""
        return [self.see_view(v) for v in self.workspace.stack(self.user.id)]

    @property
    def home(self) -> Modal | None:
        view = self.workspace.homes.get(self.user.id)
        return self.see_view(view) if view else None

    def expect(self, pattern: Pattern, timeout: float = PATIENCE_SECONDS) -> SlackMessage:
        """Wait for a message or an update that reads so and that nobody expected yet.

        From now on it counts as expected. Raises AssertionError after `timeout` seconds.
        """
        return self._expect(pattern, timeout, self._unread)

    def expect_new(self, pattern: Pattern, timeout: float = PATIENCE_SECONDS) -> SlackMessage:
        """The same for a message no version of which was expected: one that makes a phone ring."""
        return self._expect(pattern, timeout, self._new)

    def _expect(
        self, pattern: Pattern, timeout: float, among: Callable[[], Unread]
    ) -> SlackMessage:
        def found() -> Message | None:
            for record, version in among():
                if matches(pattern, read_message(version.text, version.blocks, self.stage.names)):
                    version.expected = True
                    return record
            return None

        return self.see(self.stage.need(found, timeout, lambda: self._missing(pattern)))

    def _unread(self) -> Unread:
        for record in [*self.records(), *self.ephemeral_records()]:
            yield from ((record, v) for v in record.versions if not v.expected)

    def _new(self) -> Unread:
        return (
            (record, version)
            for record, version in self._unread()
            if not any(v.expected for v in record.versions)
        )

    def expect_now(
        self, message: SlackMessage, pattern: Pattern, timeout: float = PATIENCE_SECONDS
    ) -> SlackMessage:
        """Wait until this message reads so, whether or not somebody expected it before."""

        def reads() -> bool | None:
            message.versions[-1].expected |= matches(pattern, message.plain)
            return matches(pattern, message.plain) or None

        self.stage.need(reads, timeout, lambda: f"never read {pattern!r}: {message}")
        return message

    def _missing(self, pattern: Pattern) -> str:
        shown = "\n---\n".join(m.plain for m in self.messages + self.ephemerals) or "nothing"
        return f"{self.name} got no new message with {pattern!r}. {self.id} has:\n{shown}"

    def click(self, label: str, message: Place | None = None) -> Answer:
        """Press the button with this label and wait for the app's ack, three seconds at most.

        Without `message`: in the top modal, else in the latest message that has such a button.
        """
        place = message or self._place_of(label)
        for block, button in buttons_of(place.blocks):
            if button["text"]["text"] == label:
                return self._act(place, block, button, {})
        raise AssertionError(f"there is no button {label!r} in {place}")

    def _place_of(self, label: str) -> Place:
        """Submit and close are not pressed by `click`: that is `submit` and `close`."""
        newest = sorted(self.messages + self.ephemerals, key=lambda m: m.ts, reverse=True)
        places: list[Place] = [*self.modals[::-1], *newest]
        for place in places:
            if any(b["text"]["text"] == label for _, b in buttons_of(place.blocks)):
                return place
        raise AssertionError(f"{self.name} sees no button {label!r}, but {places}")

    def choose(self, name: str, given: object, place: Place) -> Answer:
        """Choose in a menu or a date picker, by its label, block id or action id.

        The app hears of it at once. Inputs that only count on submitting belong to `submit`.
        """
        for block in place.blocks:
            label = (block.get("label") or block.get("text") or {}).get("text", "")
            for element in elements_of(block):
                names = (label, block["block_id"], element.get("action_id"))
                if element["type"] not in ("button", "image") and name in names:
                    return self._act(place, block, element, entered(element, given))
        raise AssertionError(f"there is nothing to choose named {name!r} in {place}")

    def _act(self, place: Place, block: Json, element: Json, chosen: Json) -> Answer:
        before, hands = len(self.ephemeral_records()), self.stage.slack.hands
        if isinstance(place, Modal):
            work = hands.act_on_view(self.user, place.record, block, element, chosen)
        else:
            work = hands.act_on_message(self.user, place.record, block, element, chosen)
        return Answer(self, self.stage.run(work), before)

    def submit(self, modal: Modal, values: Mapping[str, object] | None = None) -> Answer:
        """Fill in by label, block id or action id (options by what they read) and submit.

        What Slack's client refuses (a required field left empty) has the outcome "errors" and never
        reaches the app. Raises ValueError for a field or an option that is not there.
        """
        before = len(self.ephemeral_records())
        did = self.stage.run(self.stage.slack.hands.submit(self.user, modal.record, values or {}))
        return Answer(self, did, before)

    def close(self, modal: Modal, *, all_of_them: bool = False) -> Answer:
        """Press Cancel, or with `all_of_them` the × that closes the whole stack."""
        before, hands = len(self.ephemeral_records()), self.stage.slack.hands
        did = self.stage.run(hands.close(self.user, modal.record, cleared=all_of_them))
        return Answer(self, did, before)

    def command(self, command: str, text: str = "") -> Answer:
        """Enter a slash command."""
        before = len(self.ephemeral_records())
        did = self.stage.run(self.stage.slack.hands.command(self.user, command, text))
        return Answer(self, did, before)

    def open_home(self) -> Answer:
        before = len(self.ephemeral_records())
        return Answer(self, self.stage.run(self.stage.slack.hands.open_home(self.user)), before)

    def deactivate(self, error: str | None = "account_inactive") -> None:
        """Leave the hospital: `deleted` in users.info, and `error` for every post.

        None takes posts into the void, as Slack has been seen to do (python-slack-sdk issue 1156).
        """
        self.user.deleted, self.user.refuse = True, error
