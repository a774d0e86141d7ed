"""Pages by telephone call: a Sender (see bot.domain.page)."""

from collections.abc import Awaitable
from datetime import timedelta
from urllib.parse import urlencode

from twilio.base import values
from twilio.rest.api.v2010.account.call import CallInstance

from bot.domain import spoken
from bot.domain.page import Notice, Page, SendUncertain, Sent
from bot.engine.context import Engine
from bot.phone import twiml
from bot.phone.call_fate import ENDED, not_by_itself
from bot.phone.callbacks import Callback, look_after, note
from bot.phone.client import Line, TwilioAccount
from bot.phone.errors import number_of
from bot.phone.proof import only_ours
from bot.phone.sms import ASK_AFTER
from storage.looks import Look

CALL_PATH = "/twilio/call"
CALL_STATUS_PATH = "/twilio/call-status"
RING_SECONDS = 25
"""Most voicemails take a call after that."""
DETECTION_SECONDS = 30
TALK_SECONDS = 240
"""More than all questions take, asked as often as they are; after that Twilio ends the call."""
LONGEST_CALL = timedelta(seconds=RING_SECONDS + TALK_SECONDS + 15)
LOOK_BACK = 50
"""How many of the newest calls to a number are looked through for proof."""
EVENTS = ["initiated", "ringing", "answered", "completed"]


class CallSender:
    """Make it inside the running loop, and close it at the end.

    ``caller`` is the number that calls come from, E.164. ``public_url`` is how Twilio reaches this
    server; where that is empty nobody can press a key: the call only announces, and is asked after,
    ``ask_after`` the placing for the first time.
    """

    def __init__(
        self,
        engine: Engine,
        account: TwilioAccount,
        caller: str,
        public_url: str = "",
        ask_after: timedelta = ASK_AFTER,
    ) -> None:
        self._engine = engine
        self._caller = caller
        self._public_url = public_url.rstrip("/")
        self._line = Line(account)
        self._ask_after = ask_after

    @property
    def shows_finding(self) -> bool:
        """Never: anybody may pick up."""
        return False

    async def close(self) -> None:
        """Let go of the connections."""
        await self._line.hang_up()

    async def send(self, page: Page) -> Sent:
        """Have Twilio place the call: sent means that it will ring. Raises SendFailed or
        SendUncertain."""
        taken = await self._line.asked(self._place(page), page.slip.tries)
        if not taken.sid:
            raise SendUncertain("twilio-no-identifier")
        return Sent(taken.sid, look_after=self._look_after(page))

    def _place(self, page: Page) -> Awaitable[CallInstance]:
        """Answering machines are told from people before a word is said; what is said to one begins
        after its beep."""
        public = bool(self._public_url)
        return self._line.client.calls.create_async(
            to=number_of(page),
            from_=self._caller,
            url=self._address(CALL_PATH, page) if public else values.unset,
            twiml=values.unset if public else twiml.say(self._announcement(page)),
            status_callback=self._address(CALL_STATUS_PATH, page) if public else values.unset,
            status_callback_event=EVENTS if public else values.unset,
            machine_detection="DetectMessageEnd",
            machine_detection_timeout=DETECTION_SECONDS,
            timeout=RING_SECONDS,
            time_limit=TALK_SECONDS,
        )

    def _announcement(self, page: Page) -> str:
        if page.slip.notice is Notice.TEST:
            return spoken.TEST_LEFT
        return spoken.about(page, self._engine.site.callback_number).left_message()

    async def find(self, page: Page) -> Sent | None:
        """Look among the newest calls to this number for one that only this attempt explains.

        Raises SendFailed or SendUncertain where Twilio could not be asked.
        """
        if not page.person.mobile:
            return None
        listed = await self._line.asked(self._list(page.person.mobile, LOOK_BACK))
        ours = [call for call in listed if call.direction == "outbound-api"]
        sid = await self._engine.database.read(lambda c: only_ours(c, self._engine, page, ours))
        return Sent(sid, look_after=self._look_after(page)) if sid else None

    async def look(self, look: Look) -> bool:
        """Ask how a call fared (see bot.phone.polling.Asked)."""
        call = await self._line.asked(self._line.client.calls(look.provider_id).fetch_async())
        status, answered_by = str(call.status or ""), call.answered_by or ""
        if self._public_url:
            answered_by = not_by_itself(answered_by)
        callback = Callback(look.provider_id, status, None, look.delivery_id, answered_by)
        await note(self._engine, callback)
        return status in ENDED or self._engine.clock.now() - look.sent_at > LONGEST_CALL

    def _look_after(self, page: Page) -> timedelta:
        return look_after(page.receipt_within) if self._public_url else self._ask_after

    async def check(self) -> str:
        """For /readyz: see Line.check."""
        return await self._line.check(lambda: self._list("", limit=1))

    def _list(self, to: str, limit: int) -> Awaitable[list[CallInstance]]:
        return self._line.client.calls.list_async(
            to=to or values.unset, from_=self._caller, limit=limit
        )

    def _address(self, path: str, page: Page) -> str:
        return f"{self._public_url}{path}?{urlencode({'d': page.delivery_id})}"
