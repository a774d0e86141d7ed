"""The few kinds of Block Kit blocks that Readback uses, each kept within Slack's lengths. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.legible import legible
from bot.slack.words import clipped

Block = dict[str, Any]
HEADER_MOST, SECTION_MOST, OPTION_MOST = 150, 3000, 75


def plain(text: str) -> Block:
    """Text that Slack shows without looking for marks in it."""
    return {"type": "plain_text", "text": legible(text), "emoji": True}


def header(text: str) -> Block:
    """One line in large type; an exam's name may have come with a line end."""
    return {"type": "header", "text": plain(clipped(" ".join(text.split()), HEADER_MOST))}


def context(*lines: str) -> Block:
    """Small print; ``lines`` are mrkdwn, escaped already, and empty ones are left out."""
    text = "\n".join(line for line in lines if line)
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": clipped(text, SECTION_MOST)}],
    }


def section(text: str) -> Block:
    """A paragraph of mrkdwn, escaped already."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": clipped(text, SECTION_MOST)}}


def verbatim(text: str, most_blocks: int) -> list[Block]:
    """A text of any length exactly as it is, in as many blocks as it takes.

    Nobody must take the beginning of a finding for all of it: what does not fit is announced.
    """
    pieces = [text[at : at + SECTION_MOST] for at in range(0, len(text), SECTION_MOST)]
    blocks: list[Block] = [{"type": "section", "text": plain(p)} for p in pieces if p.strip()]
    if len(blocks) <= most_blocks:
        return blocks
    more = section("*The text goes on: read the whole report in the EHR.*")
    return [*blocks[: most_blocks - 1], more]


def lines(texts: Sequence[str], most_blocks: int = 40) -> list[Block]:
    """Lines of mrkdwn packed into as few sections as Slack's lengths allow."""
    packed: list[str] = []
    for text in (clipped(text, SECTION_MOST) for text in texts):
        if packed and len(packed[-1]) + len(text) < SECTION_MOST:
            packed[-1] = f"{packed[-1]}\n{text}"
        else:
            packed.append(text)
    return [section(text) for text in packed[:most_blocks]]


def button(label: str, action_id: str, value: str, style: str = "") -> Block:
    """``value`` comes back with the click: an opaque id."""
    made: Block = {
        "type": "button",
        "text": plain(label),
        "action_id": action_id,
        "value": value,
    }
    return {**made, "style": style} if style else made


def link_button(label: str, action_id: str, url: str) -> Block:
    """Opens a page in the browser. Slack tells us of the click all the same."""
    return {"type": "button", "text": plain(label), "action_id": action_id, "url": url}


def actions(buttons: Sequence[Block]) -> list[Block]:
    """A row of buttons; no row where there is none."""
    return [{"type": "actions", "elements": list(buttons)}] if buttons else []


def options(labels: Mapping[str, str]) -> list[Block]:
    """Choices by value and label."""
    return [
        {"text": plain(clipped(label, OPTION_MOST)), "value": value}
        for value, label in labels.items()
    ]


def entry(
    block_id: str, label: str, element: Block, *, optional: bool = False, hint: str = ""
) -> Block:
    """One field of a modal. Its element answers to the same name as its block."""
    made: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {**element, "action_id": block_id},
        "optional": optional,
    }
    return {**made, "hint": plain(hint)} if hint else made


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str = "",
    metadata: str = "",
    submit: str = "",
) -> Block:
    """A modal; one without ``submit`` only tells something.

    ``metadata`` comes back with the submission: opaque ids.
    """
    made: Block = {
        "type": "modal",
        "title": plain(clipped(title, 24)),
        "close": plain("Cancel" if submit else "Close"),
        "blocks": list(blocks),
        "private_metadata": metadata,
    }
    if submit:
        made |= {"submit": plain(submit), "callback_id": callback_id}
    return made
