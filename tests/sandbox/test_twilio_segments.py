"""Into how many segments a text falls, and in which alphabet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.twilio_sms import encoding, segments


@pytest.mark.parametrize(
    ("body", "alphabet", "count"),
    [
        ("x" * 160, "GSM-7", 1),
        ("x" * 161, "GSM-7", 2),
        ("x" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("Müller at 14:40", "GSM-7", 1),
        ("“quoted”", "UCS-2", 1),
        ("ą" * 70, "UCS-2", 1),
        ("ą" * 71, "UCS-2", 2),
        ("\U0001f6a8" * 36, "UCS-2", 2),
        ("", "GSM-7", 1),
    ],
)
def test_segments_are_counted_as_carriers_do(body: str, alphabet: str, count: int) -> None:
    assert (encoding(body), segments(body)) == (alphabet, count)


@given(st.text(max_size=400), st.text(max_size=10))
def test_a_longer_text_never_takes_fewer_segments(body: str, more: str) -> None:
    assert segments(body) <= segments(body + more)
