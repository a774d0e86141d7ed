"""Text from outside, as a terminal or a chat may show it. What is stored stays as it came."""

import re

# C0 but tab and newline, DEL, C1: they steer terminals. The embeddings, overrides and isolates of
# the bidirectional algorithm (UAX #9) reorder what stands around them.
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_INSTEAD = "\N{REPLACEMENT CHARACTER}"


def legible(text: str) -> str:
    """The same with one mark in the place of each character that steers whoever shows it. A
    carriage return is a newline."""
    return STEERING.sub(_INSTEAD, text.replace("\r\n", "\n").replace("\r", "\n"))
