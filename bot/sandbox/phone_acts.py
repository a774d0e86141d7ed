"""Calls as JSON, and the hands of whoever holds the phone."""

from __future__ import annotations

from typing import get_args

from bot.sandbox.journal import Json
from bot.sandbox.stage import Stage
from bot.sandbox.twilio_calls import Call
from bot.sandbox.twilio_rules import Answering


def calls_of(stage: Stage, number: str) -> list[Json]:
    """The calls to a phone, the oldest first; ``asks`` is what a call waits for: key, code or
    nothing."""
    return [_shown(call) for call in stage.twilio.exchange.of_number(number)]


async def on_phone(stage: Stage, what: Json) -> Json:
    """Decide how calls are answered, press keys, hang up. Raises ValueError for what is not there.

    {"do": "answers", "number", "how"}   {"do": "keys", "call", "keys"}   {"do": "hang_up", "call"}
    """
    if what["do"] == "answers":
        how: Answering = what.get("how", "no answer")
        if how not in get_args(Answering):
            raise ValueError(f"a phone answers {', '.join(get_args(Answering))}, not {how!r}")
        number = str(what.get("number"))
        stage.twilio.carrier.handset(number).answering = how
        stage.journal.tell("phone", number=number, answering=how)
        return {"ok": True}
    call = stage.twilio.exchange.calls.get(str(what.get("call")))
    if call is None:
        raise ValueError(f"there is no call {what.get('call')!r}")
    if what["do"] == "keys":
        await stage.twilio.exchange.press(call, str(what.get("keys", "")))
    else:
        await stage.twilio.exchange.hang_up(call)
    return {"ok": True, "call": _shown(call)}


def _shown(call: Call) -> Json:
    asks = call.asks
    kind = "" if asks is None else "key" if asks.get("numDigits") == "1" else "code"
    return {
        "sid": call.sid,
        "at": call.created.isoformat(),
        "status": call.status,
        "heard": list(call.heard),
        "asks": kind,
    }
