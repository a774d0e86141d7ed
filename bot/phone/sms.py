"""Pages and notices by SMS: a Sender (see bot.domain.page)."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from twilio.base import values
from twilio.rest.api.v2010.account.message import MessageInstance

from bot.domain import wording
from bot.domain.coverage import SMS
from bot.domain.page import Page, SendFailed, SendUncertain, Sent
from bot.engine.context import Engine
from bot.engine.sending import Sending
from bot.phone.callbacks import ARRIVED, LOST, Callback, look_after, note
from bot.phone.client import Line, TwilioAccount
from bot.phone.errors import NEWS, number_of, of_the_account
from bot.phone.proof import CLOCKS_APART, unexplained
from bot.phone.refusals import note_refusal
from storage.looks import Look

STATUS_PATH = "/twilio/status"
LONGEST_VALIDITY = 36_000
"""Seconds, Twilio's limit to ValidityPeriod."""
LOOK_BACK = 200
"""How many of the newest messages to a number are looked through for proof."""
ASK_AFTER = timedelta(seconds=2)


class SmsSender:
    """Make it inside the running loop, and close it at the end.

    ``public_url`` is how Twilio reaches this server, empty where it cannot: then each receipt is
    asked for, ``ask_after`` the sending for the first time.
    """

    def __init__(
        self,
        engine: Engine,
        account: TwilioAccount,
        public_url: str = "",
        ask_after: timedelta = ASK_AFTER,
    ) -> None:
        self._engine = engine
        self._account = account
        self._public_url = public_url.rstrip("/")
        self._line = Line(account)
        self._ask_after = ask_after
        self.sending = Sending(engine, SMS, of_the_account)

    @property
    def shows_finding(self) -> bool:
        """Never: an SMS is read by whoever holds the phone."""
        return False

    async def close(self) -> None:
        """Let go of the connections."""
        await self._line.hang_up()

    async def send(self, page: Page) -> Sent:
        """Hand it to Twilio. Raises SendFailed or SendUncertain."""
        number, body = number_of(page), self._body(page)
        if not body:
            return Sent("")
        call = self._line.client.messages.create_async(
            to=number,
            from_=self._account.sender,
            body=body,
            status_callback=self._status_callback(page),
            validity_period=_validity(page),
        )
        taken = await self._taken(call, page)
        if not taken.sid:
            raise SendUncertain("twilio-no-identifier")
        return Sent(taken.sid, look_after=self._look_after(page))

    async def _taken(self, call: Awaitable[MessageInstance], page: Page) -> MessageInstance:
        began = self._engine.clock.now()  # the page's is what people read on the wall
        try:
            taken = await self._line.asked(call, page.slip.tries)
        except NEWS as refused:
            await note_refusal(self._engine, page.person.mobile, refused, began)
            raise
        except SendFailed as refused:
            await self.sending.refused(page.person.mobile, refused)
            raise
        self.sending.taken()
        return taken

    async def find(self, page: Page) -> Sent | None:
        """Look among the newest messages to this number for one that only this attempt explains.

        It says the same, is no older than the attempt, and no other attempt is known to have sent
        it: a reminder reads like the page before it. Raises SendFailed or SendUncertain where
        Twilio could not be asked.
        """
        body = self._body(page)
        if not page.person.mobile or not body:
            return None
        listed = await self._line.asked(self._list(page.person.mobile, limit=LOOK_BACK))
        same = [message for message in listed if _says(message, page, body)]
        sid = await self._engine.database.read(lambda c: unexplained(c, self._engine, page, same))
        return Sent(sid, look_after=self._look_after(page)) if sid else None

    async def look(self, look: Look) -> bool:
        """Ask how a message fared (see bot.phone.polling.Asked)."""
        message = await self._line.asked(self._line.client.messages(look.provider_id).fetch_async())
        status = str(message.status)
        callback = Callback(look.provider_id, status, message.error_code, look.delivery_id)
        await note(self._engine, callback)
        return status in ARRIVED | LOST

    async def received(self, since: datetime) -> list[MessageInstance]:
        """Messages to our number since then (by this machine's clock), the newest first. Raises
        SendFailed or SendUncertain.

        Twilio's answer says what time it has: where that was not known well enough to ask for
        everything, it is asked again.
        """
        known = self.ahead
        listed = await self._received(since - known)
        late = self.ahead - known > CLOCKS_APART
        return await self._received(since - self.ahead) if late else listed

    async def _received(self, since: datetime) -> list[MessageInstance]:
        return await self._line.asked(
            self._line.client.messages.list_async(
                to=self._account.sender, date_sent_after=since, page_size=LOOK_BACK
            )
        )

    @property
    def ahead(self) -> timedelta:
        """How far this machine's clock is before Twilio's: see Line.ahead."""
        return self._line.ahead

    def _look_after(self, page: Page) -> timedelta:
        return look_after(page.receipt_within) if self._public_url else self._ask_after

    @property
    def works(self) -> bool:
        """Nothing went wrong with the last call, and messages get through."""
        return self._line.works and not self.sending.stopped

    async def check(self) -> str:
        """For /readyz: see Line.check."""
        if self.sending.stopped:
            return "refused"
        return await self._line.check(lambda: self._list("", limit=1))

    def _list(self, to: str, limit: int) -> Awaitable[list[MessageInstance]]:
        return self._line.client.messages.list_async(
            to=to or values.unset, from_=self._account.sender, limit=limit
        )

    def _body(self, page: Page) -> str:
        return wording.sms(page, self._engine.site.callback_number)

    def _status_callback(self, page: Page) -> str | object:
        if not self._public_url:
            return values.unset
        return f"{self._public_url}{STATUS_PATH}?{urlencode({'d': page.delivery_id})}"


def _says(message: MessageInstance, page: Page, body: str) -> bool:
    """The code is this person's for this alert alone, so the rest of a page may read otherwise by
    now; a notice has no code and must be word for word the same."""
    if str(message.direction) != "outbound-api" or not message.body:
        return False
    return message.body == body or bool(page.code and f"ACK {page.code}" in message.body)


def _validity(page: Page) -> int | object:
    """Seconds after which Twilio must not deliver it any more: then the next step has come."""
    if page.valid_until is None:
        return values.unset
    seconds = int((page.valid_until - page.now).total_seconds())
    return min(max(seconds, 1), LONGEST_VALIDITY)
