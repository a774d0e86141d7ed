"""What Twilio posts to us about messages: those from phones, and how our own ones fared."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.twiml.messaging_response import MessagingResponse

from bot.clock import system_now
from bot.domain import answers
from bot.phone.callbacks import Callback, note
from bot.phone.guard import Guard, NotKept, needed
from bot.phone.helping import HELPFUL_ANSWERS_AN_HOUR
from bot.phone.inbound import receive
from bot.phone.message import Message
from bot.phone.sms import STATUS_PATH

SMS_PATH = "/twilio/sms"


@dataclass(frozen=True)
class Webhooks:
    """``ahead``: how far this machine's clock is before Twilio's, which puts messages in order.
    ``apologies``: how often each number was told in this outage; it empties when that ends."""

    guard: Guard
    ahead: Callable[[], timedelta] = timedelta
    apologies: Counter[str] = field(default_factory=Counter)

    def routes(self) -> list[Route]:
        """For bot.web.app.build."""
        return [
            self.guard.route(SMS_PATH, "sms", self._inbound),
            self.guard.route(STATUS_PATH, "status", self._status),
        ]

    async def _inbound(self, form: Mapping[str, str], _: Mapping[str, str]) -> Response:
        message = Message(
            sid=needed(form, "MessageSid"),
            sender=needed(form, "From"),
            text=form.get("Body", ""),
            opt_out=form.get("OptOutType", ""),
            stamp=system_now() - self.ahead(),
        )
        try:
            async with self.guard.keeping("sms"):
                answer = await receive(self.guard.engine, message)
        except NotKept:
            return _twiml(self._apology(message))
        self.apologies.clear()
        return _twiml(answer)

    def _apology(self, message: Message) -> str:
        """Twilio repeats no message that it could not deliver to us: the person has to."""
        self.apologies[message.sender] += 1
        told_enough = self.apologies[message.sender] > HELPFUL_ANSWERS_AN_HOUR
        if told_enough or message.is_carriers:
            return ""
        return answers.not_recorded(self.guard.engine.site.callback_number)

    async def _status(self, form: Mapping[str, str], query: Mapping[str, str]) -> Response:
        code = form.get("ErrorCode", "")
        callback = Callback(
            sid=needed(form, "MessageSid"),
            status=needed(form, "MessageStatus"),
            error_code=int(code) if code.isdecimal() else None,
            delivery_id=query.get("d", ""),
        )
        return await noted(self.guard, callback)


async def noted(guard: Guard, callback: Callback) -> Response:
    """Take a status callback into account and answer it."""
    try:
        async with guard.keeping("status"):
            await note(guard.engine, callback)
    except NotKept:  # Twilio is asked for what nobody has told the end of: see bot.phone.polling
        return PlainTextResponse("Not kept: the database is away.\n", 503)
    return Response(status_code=204)


def _twiml(text: str) -> Response:
    """The answer that Twilio sends back to the phone; with no text it sends none."""
    answer = MessagingResponse()  # type: ignore[no-untyped-call]  # untyped in the SDK
    if text:
        answer.message(text)  # type: ignore[no-untyped-call]  # as above
    return Response(str(answer), media_type="application/xml")
