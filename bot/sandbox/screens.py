"""What a person sees in Slack: a message, a modal. Both show what is there now, not what was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.journal import Json
from bot.sandbox.slack_forms import entries
from bot.sandbox.slack_render import buttons_of, plain, rendered, rendered_view
from bot.sandbox.slack_state import Message, Version, View


def read_message(text: str, blocks: list[Json], names: Mapping[str, str]) -> str:
    """All that can be read in a message: the notification's text, then the blocks."""
    return "\n".join(part for part in (plain(text, names), rendered(blocks, names)) if part)


@dataclass(frozen=True)
class SlackMessage:
    """A message as its reader sees it now; `versions` holds all that it showed, oldest first."""

    record: Message
    names: Mapping[str, str]

    @property
    def ts(self) -> str:
        return self.record.ts

    @property
    def channel(self) -> str:
        return self.record.channel

    @property
    def text(self) -> str:
        return self.record.text

    @property
    def blocks(self) -> list[Json]:
        return self.record.blocks

    @property
    def metadata(self) -> Json | None:
        return self.record.metadata

    @property
    def versions(self) -> list[Version]:
        return self.record.versions

    @property
    def updated(self) -> bool:
        return self.record.updated

    @property
    def plain(self) -> str:
        """The text and the blocks as they read; buttons in brackets."""
        return read_message(self.text, self.blocks, self.names)

    @property
    def buttons(self) -> list[str]:
        return [str(button["text"]["text"]) for _, button in buttons_of(self.blocks)]

    def __repr__(self) -> str:
        return f"<SlackMessage {self.ts} {self.plain!r}>"


@dataclass(frozen=True)
class Modal:
    """A view on somebody's screen (a modal, or the Home tab)."""

    record: View
    names: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def data(self) -> Json:
        """The view as the app sent it."""
        return self.record.data

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.record.data["blocks"]
        return blocks

    @property
    def is_open(self) -> bool:
        return self.record.open

    @property
    def title(self) -> str:
        return str(self.data.get("title", {}).get("text", ""))

    @property
    def text(self) -> str:
        """The title, the blocks and the buttons as they read."""
        return rendered_view(self.data, self.names)

    @property
    def fields(self) -> list[str]:
        """The labels of what can be filled in, in order; the block id where there is none."""
        return [e.label or e.block_id for e in entries(self.record)]

    @property
    def own_buttons(self) -> list[str]:
        """The labels of submit and close."""
        return [str(self.data[b]["text"]) for b in ("submit", "close") if self.data.get(b)]

    @property
    def buttons(self) -> list[str]:
        inside = [str(button["text"]["text"]) for _, button in buttons_of(self.blocks)]
        return inside + self.own_buttons

    def __repr__(self) -> str:
        return f"<Modal {self.id} {self.text!r}>"
