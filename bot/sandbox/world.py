"""Slack and Twilio, standing in on one loopback port, with the people who use them.

The world lives in the process that starts it; the bot may be killed and started again meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from types import TracebackType
from typing import Self

from bot.sandbox.acts import act, snapshot
from bot.sandbox.journal import Entry, Journal, Json, Listener
from bot.sandbox.people import SlackPerson
from bot.sandbox.phones import Phone
from bot.sandbox.screens import read_message
from bot.sandbox.serving import Server
from bot.sandbox.slack import Slack, SlackTokens
from bot.sandbox.slack_methods import ALL_SCOPES
from bot.sandbox.slack_state import Message
from bot.sandbox.stage import Stage
from bot.sandbox.twilio import Twilio


class World:
    """`with World() as world:` runs them. Port 0: a free one. `scopes`: the bot token's."""

    def __init__(
        self, port: int = 0, *, scopes: Iterable[str] = ALL_SCOPES, ping_interval: float = 0.5
    ) -> None:
        self.journal = Journal()
        self.slack = Slack(self.journal, scopes=frozenset(scopes))
        self.twilio = Twilio(self.journal)
        self.server = Server([*self.slack.routes(), *self.twilio.routes()], port, ping_interval)
        self.slack.workspace.base_url = self.url
        self.stage = Stage(self.journal, self.slack, self.twilio, self.server.run)

    def start(self) -> Self:
        self.server.start()
        return self

    def stop(self) -> None:
        self.server.run(self.slack.request_url.close())
        self.server.run(self.twilio.carrier.close())
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def slack_api_url(self) -> str:
        """The base URL for slack_sdk; it ends in a slash: the SDK joins the method's name to it."""
        return f"{self.url}/slack/api/"

    @property
    def twilio_api_url(self) -> str:
        """What stands in the place of https://api.twilio.com."""
        return f"{self.url}/twilio"

    @property
    def slack_tokens(self) -> SlackTokens:
        return self.slack.tokens

    @property
    def twilio_sid(self) -> str:
        return self.twilio.account

    @property
    def twilio_token(self) -> str:
        return self.twilio.auth_token

    @property
    def from_number(self) -> str:
        return self.twilio.from_number

    @property
    def inbound_url(self) -> str | None:
        """The bot's webhook for SMS to our number; None forwards nothing, for a bot that polls."""
        return self.twilio.carrier.inbound_urls.get(self.from_number)

    @inbound_url.setter
    def inbound_url(self, url: str | None) -> None:
        if url is None:
            self.twilio.carrier.inbound_urls.pop(self.from_number, None)
        else:
            self.twilio.carrier.inbound_urls[self.from_number] = url

    @property
    def log(self) -> list[Entry]:
        """Everything the bot sent to the stand-ins, in order."""
        return list(self.journal.entries)

    def slack_user(
        self, user_id: str, name: str = "", *, email: str = "", tz: str = "America/Chicago"
    ) -> SlackPerson:
        """The person with this id; a new one joins the workspace."""
        user = self.slack.workspace.users.get(user_id)
        return SlackPerson(
            self.stage, user or self.slack.workspace.add_user(user_id, name or user_id, email, tz)
        )

    def phone(self, number: str) -> Phone:
        self.twilio.carrier.handset(number)
        return Phone(self.stage, number)

    def wait_until(
        self, probe: Callable[[], object], timeout: float = 10.0, why: str = "it did not happen"
    ) -> None:
        """Wait until `probe` is true; asked again after every change and every 50 ms."""
        self.stage.need(lambda: probe() or None, timeout, lambda: why)

    def wait_connected(self, connections: int = 1, timeout: float = 10.0) -> None:
        """Wait until the bot's Socket Mode connections are up."""
        self.wait_until(
            lambda: len(self.slack.socket.links) >= connections,
            timeout,
            "the bot did not connect to Slack",
        )

    def settle(self, timeout: float = 10.0) -> None:
        """Wait until no SMS, no call and no callback is on its way."""
        self.wait_until(
            lambda: self.twilio.under_way == 0, timeout, "SMS or callbacks are still on their way"
        )

    def unexpected(self) -> list[str]:
        """What reached people and nobody waited for, a line each.

        A private answer to one's own click or command is expected.
        """
        workspace = self.slack.workspace
        direct = [m for messages in workspace.messages.values() for m in messages]
        lines = [
            f"Slack to {self._reader(m)}: {read_message(m.text, m.blocks, self.stage.names)}"
            for m in [*direct, *workspace.ephemerals]
            if not m.expected
        ]
        lines += [
            f"SMS to {s.to}: {s.body}"
            for s in self.twilio.carrier.messages.values()
            if s.shown and not s.expected
        ]
        calls = self.twilio.exchange.calls.values()
        return lines + [f"call to {c.to} ({c.status}): {c.text}" for c in calls if not c.expected]

    def _reader(self, message: Message) -> str:
        workspace = self.slack.workspace
        user = workspace.users.get(message.only_for or "") or workspace.user_of_dm(message.channel)
        return user.name if user else message.channel

    def listen(self, callback: Listener) -> Callable[[], None]:
        """Call `callback` with every change. It runs on the stand-ins' thread and must not block.

        An event has `kind`, `at` (ISO, UTC) and ids: slack.message, slack.message_changed,
        slack.ephemeral (channel, ts), slack.view_opened, slack.view_updated, slack.view_closed
        (user, view_id), slack.home (user), slack.connected, slack.disconnected (connections),
        sms.created, sms.status, sms, sms.inbound (sid, number), phone (number, state),
        twilio.webhook, twilio.progress, slack_down, twilio_down (down). Returns how to stop it.
        """
        self.journal.listeners.append(callback)
        return lambda: self.journal.listeners.remove(callback)

    async def events(self) -> AsyncGenerator[Json, None]:
        """The changes from now on, for a page that shows them; usable from any loop."""
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[Json]()
        stop = self.listen(lambda event: loop.call_soon_threadsafe(queue.put_nowait, event))
        try:
            while True:
                yield await queue.get()
        finally:
            stop()

    def snapshot(self) -> Json:
        """The whole world as JSON."""
        with self.journal.changed:
            return snapshot(self.stage)

    def act(self, what: Json) -> Json:
        """Do as a person does, from JSON: see acts.py. Raises CannotAct.

        Blocks until the bot has acknowledged, about three seconds at most.
        """
        result: Json = self.server.run(act(self.stage, what))
        return result

    def slack_down(self, *, down: bool = True) -> None:
        """Slack is gone: every call is cut, every socket too."""
        self.slack.faults.down = down
        if down:
            self.server.run(self.slack.socket.cut())

    def twilio_down(self, *, down: bool = True) -> None:
        self.twilio.faults.down = down

    def cut_sockets(self, how_many: int | None = None) -> None:
        self.server.run(self.slack.socket.cut(how_many))

    def deafen_sockets(self, how_many: int | None = None) -> None:
        self.server.run(self.slack.socket.deafen(how_many))

    def disconnect_sockets(self, reason: str = "refresh_requested") -> None:
        self.server.run(self.slack.socket.disconnect(reason))
