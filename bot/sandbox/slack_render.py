"""Blocks as the plain text that a person reads."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.journal import Json
from bot.sandbox.slack_forms import elements_of

_MARKS = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)(.+?)(?<=\S)\1(?![\w*_~`])")
_ANGLE = re.compile(r"<([^<>]+)>")


def plain(text: str, names: Mapping[str, str] = {}) -> str:
    """mrkdwn without its marks; dates as their fallback, links as labels, mentions as names."""
    shown = _ANGLE.sub(lambda found: _angle(found.group(1), names), text)
    return html.unescape(_MARKS.sub(r"\2", shown))


def _angle(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    if label:
        return label
    if target.startswith("@"):
        return "@" + names.get(target[1:], target[1:])
    return target.split("^")[-1] if target.startswith("!") else target


def rendered(blocks: list[Json], names: Mapping[str, str] = {}) -> str:
    """One line for each thing shown; buttons in square brackets."""
    return "\n".join(line for block in blocks for line in _lines(block, names) if line)


def rendered_view(view: Json, names: Mapping[str, str] = {}) -> str:
    title = view.get("title", {}).get("text", "")
    buttons = " ".join(f"[{view[b]['text']}]" for b in ("submit", "close") if view.get(b))
    return "\n".join(part for part in (title, rendered(view["blocks"], names), buttons) if part)


def _lines(block: Json, names: Mapping[str, str]) -> list[str]:
    match block["type"]:
        case "context":
            return [
                plain(str(e.get("text", e.get("alt_text", ""))), names) for e in block["elements"]
            ]
        case "markdown":
            return [str(block["text"])]
        case "image":
            return [block["alt_text"]]
        case _:
            texts = [block[k] for k in ("label", "text", "hint") if k in block] + block.get(
                "fields", []
            )
            return [plain(t["text"], names) for t in texts] + [
                _element(e, names) for e in elements_of(block)
            ]


def _element(element: Json, names: Mapping[str, str]) -> str:
    match element["type"]:
        case "button":
            opens = f" (opens {element['url']})" if "url" in element else ""
            return f"[{element['text']['text']}]{opens}"
        case "image":
            return str(element["alt_text"])
        case _:
            options: list[Any] = element.get("options", [])
            return " / ".join(plain(o["text"]["text"], names) for o in options)


def buttons_of(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """The (block, button) pairs of the blocks, in order."""
    return [(b, e) for b in blocks for e in elements_of(b) if e.get("type") == "button"]
