"""The workspace of the Slack stand-in: people, direct messages, views. It outlives the bot."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.journal import Journal, Json
from bot.sandbox.realtime import epoch

TEAM, APP, BOT, BOT_USER = "T0STANDIN", "A0STANDIN", "B0STANDIN", "U0READBACK"
TRIGGER_LIFE_SECONDS = 3.0
RESPONSE_URL_LIFE_SECONDS, RESPONSE_URL_USES = 30 * 60.0, 5
MOST_STACKED_VIEWS = 3
LATELY_SECONDS = 30.0


class SlackError(Exception):
    """An answer of `{"ok": false, "error": code}`."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.answer: Json = {"ok": False, "error": code, **more}


@dataclass
class User:
    """`refuse` is the error that a message to this person gets; None takes it."""

    id: str
    name: str
    email: str
    tz: str = "America/Chicago"
    deleted: bool = False
    refuse: str | None = None
    dm: str = ""

    @property
    def handle(self) -> str:
        return "".join(c for c in self.name.lower() if c.isalnum()) or self.id.lower()


@dataclass
class Version:
    """What a message showed at one time. `expected` says that somebody waited for it."""

    text: str
    blocks: list[Json]
    at: float
    expected: bool = False


@dataclass
class Message:
    """A message as it reads now, and what it showed before. `only_for` marks an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    only_for: str | None = None
    deleted: bool = False
    versions: list[Version] = field(default_factory=list)

    def show(self, text: str, blocks: list[Json], *, expected: bool = False) -> None:
        self.text, self.blocks = text, blocks
        self.versions.append(Version(text, blocks, epoch(), expected))

    @property
    def expected(self) -> bool:
        return any(version.expected for version in self.versions)

    @property
    def updated(self) -> bool:
        return len(self.versions) > 1


@dataclass
class View:
    """A modal or Home tab. `data`: the view as the app sent it; `values`: what was entered."""

    id: str
    user: str
    data: Json
    hash: str
    trigger: str = ""
    root: str = ""
    previous: str | None = None
    open: bool = True
    values: Json = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)

    def show(self, data: Json) -> None:
        self.history.append(data)
        self.data, self.hash = data, f"{epoch():.6f}.{secrets.token_hex(4)}"


@dataclass
class Trigger:
    user: str
    born: float
    view: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    user: str
    channel: str
    born: float
    message: Message | None = None
    uses: int = 0


@dataclass
class Workspace:
    journal: Journal
    base_url: str = ""
    users: dict[str, User] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    ephemerals: list[Message] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    _dms: dict[str, User] = field(default_factory=dict)
    _last_ts: float = 0.0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add_user(
        self, user_id: str, name: str, email: str = "", tz: str = "America/Chicago"
    ) -> User:
        user = User(user_id, name, email or f"{user_id.lower()}@hospital.example", tz)
        self.users[user_id] = user
        return user

    def next_ts(self) -> str:
        """A timestamp that no other message has, as Slack's `ts`: seconds with six digits."""
        self._last_ts = max(epoch(), self._last_ts + 0.000001)
        return f"{self._last_ts:.6f}"

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):06d}{secrets.token_hex(2).upper()}"

    def open_dm(self, user: User) -> str:
        if not user.dm:
            user.dm = self.new_id("D")
            self._dms[user.dm] = user
            self.messages[user.dm] = []
        return user.dm

    def user_of_dm(self, channel: str) -> User | None:
        return self._dms.get(channel)

    def message(self, channel: str, ts: str) -> Message | None:
        return next(
            (m for m in self.messages.get(channel, []) if m.ts == ts and not m.deleted), None
        )

    def new_trigger(self, user: str, view: str | None = None) -> str:
        trigger = f"{next(self._numbers)}.{int(epoch())}.{secrets.token_hex(16)}"
        self.triggers[trigger] = Trigger(user, epoch(), view)
        return trigger

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Raises SlackError: unknown, used already, or older than three seconds."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if epoch() - trigger.born > TRIGGER_LIFE_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_response_url(self, user: str, channel: str, message: Message | None = None) -> str:
        key = secrets.token_urlsafe(16)
        self.response_urls[key] = ResponseUrl(user, channel, epoch(), message)
        return f"{self.base_url}/slack/respond/{key}"

    def stack(self, user: str) -> list[View]:
        """The person's open modals, the one on top last."""
        return [v for v in self.views.values() if v.user == user and v.open]

    def interacted_lately(self, user: str) -> bool:
        return any(
            t.user == user and epoch() - t.born < LATELY_SECONDS for t in self.triggers.values()
        )


def with_ids(blocks: list[Json]) -> list[Json]:
    """The blocks with the block_id and action_id that Slack gives to those that have none."""
    return [_block_with_ids(block) for block in blocks]


def _block_with_ids(block: Json) -> Json:
    full = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)[:5]}
    if full["type"] == "actions":
        full["elements"] = [_element_with_id(e) for e in full["elements"]]
    for place in ("element", "accessory"):
        if place in full:
            full[place] = _element_with_id(full[place])
    return full


def _element_with_id(element: Json) -> Json:
    if element.get("type") == "image":
        return element
    return {**element, "action_id": element.get("action_id") or secrets.token_urlsafe(4)[:5]}
