"""Reports to send: the samples filled in, what somebody pastes, and what the bot answered."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot.sandbox.journal import Json
from bot.sandbox.samples import Sample, fill, sample, samples

Deliver = Callable[[str, int, bytes], Awaitable[str]]
"""Send one HL7 message over MLLP to host and port; the ACK's text. Raises OSError."""


@dataclass
class Reports:
    """Numbers each report that it makes: accession numbers are unique within one demo."""

    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _run: str = field(default_factory=lambda: secrets.token_hex(2).upper())

    def made(self, name: str, now: datetime) -> bytes:
        """The sample finalized ``now`` (UTC). Raises KeyError where there is none of this name."""
        number = f"{next(self._numbers):04d}"
        return fill(
            sample(name).template,
            now=now,
            accession=f"A{self._run}{number}",
            control_id=f"M{self._run}{number}",
        )


def offered(now: datetime) -> list[Json]:
    """The samples with a preview of each."""
    return [_offer(each, now) for each in samples()]


def _offer(each: Sample, now: datetime) -> Json:
    preview = fill(each.template, now=now, accession="A0000", control_id="M0000")
    return {
        "name": each.name,
        "title": each.title,
        "modality": each.modality,
        "category": each.category,
        "hl7": preview.decode().replace("\r", "\n").strip(),
    }


def from_text(text: str) -> bytes:
    """What somebody typed or pasted, with the line ends that HL7 wants."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\r".join(lines).strip("\r").encode(errors="replace") + b"\r"


def answered(ack: str) -> Json:
    """The ACK's code (AA, AE, AR, or empty) and its text, one segment a line."""
    segments = [line for line in ack.replace("\n", "\r").split("\r") if line]
    mark = ack[3:4] or "|"  # an answer has the delimiters of its message
    msa = next((s.split(mark) for s in segments if s.startswith("MSA")), [])
    err = next((s.split(mark) for s in segments if s.startswith("ERR")), [])
    return {
        "code": msa[1] if len(msa) > 1 else "",
        "said": _said(msa, err),
        "ack": "\n".join(segments),
    }


def _said(msa: list[str], err: list[str]) -> str:
    """The user message of ERR-8, else ERR-7, else MSA-3: the first that was filled in."""
    given = [*(err[i] for i in (8, 7) if len(err) > i), *msa[3:4]]
    return next((text for text in given if text), "")
