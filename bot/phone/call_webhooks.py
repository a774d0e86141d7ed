"""What Twilio posts to us about calls: what to say next, and how they fared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.domain import spoken
from bot.engine.context import Engine
from bot.phone import dialogue, twiml
from bot.phone.call_fate import not_by_itself
from bot.phone.callbacks import Callback
from bot.phone.calls import CALL_PATH, CALL_STATUS_PATH
from bot.phone.guard import Guard, NotKept, needed
from bot.phone.steps import CODE, KEY, Address, Heard
from bot.phone.webhooks import noted

Step = Callable[[Connection, Engine, Heard, Address], str]
_HIGHEST = 9


@dataclass(frozen=True)
class CallWebhooks:
    """Beside those for messages, behind the same door."""

    guard: Guard

    def routes(self) -> list[Route]:
        """For bot.web.app.build."""
        steps: tuple[tuple[str, Step], ...] = (
            (CALL_PATH, dialogue.picked_up),
            (f"{CALL_PATH}/{KEY}", dialogue.key_pressed),
            (f"{CALL_PATH}/{CODE}", dialogue.code_entered),
        )
        asked = [self.guard.route(path, "call", partial(self._ask, step)) for path, step in steps]
        return [*asked, self.guard.route(CALL_STATUS_PATH, "call-status", self._status)]

    async def _ask(self, step: Step, form: Mapping[str, str], query: Mapping[str, str]) -> Response:
        nth = query.get("n", "")
        heard = Heard(
            sid=needed(form, "CallSid"),
            delivery_id=query.get("d", ""),
            keys=form.get("Digits", ""),
            answered_by=form.get("AnsweredBy", ""),
            nth=min(int(nth), _HIGHEST) if nth.isdecimal() else 0,
        )
        engine = self.guard.engine
        try:
            async with self.guard.keeping("call"):
                said = await engine.database.write(lambda c: step(c, engine, heard, self._address))
        except NotKept:
            said = twiml.say(spoken.not_recorded(engine.site.callback_number))
        return Response(said, media_type="application/xml")

    def _address(self, step: str, delivery_id: str, nth: int) -> str:
        base = self.guard.public_url.rstrip("/")
        return f"{base}{CALL_PATH}/{step}?{urlencode({'d': delivery_id, 'n': nth})}"

    async def _status(self, form: Mapping[str, str], query: Mapping[str, str]) -> Response:
        callback = Callback(
            sid=needed(form, "CallSid"),
            status=needed(form, "CallStatus"),
            error_code=None,
            delivery_id=query.get("d", ""),
            answered_by=not_by_itself(form.get("AnsweredBy", "")),
        )
        return await noted(self.guard, callback)
