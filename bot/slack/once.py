"""An act that is delivered again happens once, and gets the answer that it got the first time.

Slack repeats what was not acknowledged in time, a proxy may repeat a request whose answer it lost,
and whoever has recorded a signed request can send it again for five minutes. The answers are this
process's own; that an act was done, other copies and the next start know from the database.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from slack_bolt import App, BoltRequest, BoltResponse
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.engine.context import Engine
from storage import inbound

# A signature passes for 300 s on either side of its time, so that none outlives its answer here.
REMEMBERED_SECONDS = 600.0
MOST_REMEMBERED = 10_000
# Slack waits as long for an answer; the first one is due within it.
PATIENCE_SECONDS = 3.0
_KEY = "readback_act"
_OK = 200
PROVIDER = "slack"
DONE_BEFORE = BoltResponse(status=_OK, body="")


@dataclass
class Answers:
    """What each act of the last ten minutes was answered."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _of: OrderedDict[str, tuple[float, Future[BoltResponse]]] = field(default_factory=OrderedDict)

    def begin(self, act: str) -> "Future[BoltResponse] | None":
        """The answer to come where the act has begun already; None where it begins now."""
        now = time.monotonic()
        with self._lock:
            self._forget_old(now)
            if known := self._of.get(act):
                return known[1]
            self._of[act] = now, Future()
            return None

    def settle(self, act: str, answer: BoltResponse) -> None:
        """What did not succeed is forgotten, so that its repetition counts."""
        with self._lock:
            known = self._of.get(act)
            if answer.status != _OK:
                self._of.pop(act, None)
        if known:
            known[1].set_result(answer)

    def _forget_old(self, now: float) -> None:
        while self._of:
            began, _ = next(iter(self._of.values()))
            if now - began < REMEMBERED_SECONDS and len(self._of) < MOST_REMEMBERED:
                return
            self._of.popitem(last=False)


class OnceApp(App):
    """Bolt's App, in which each act happens once. Call ``use_once`` before any listener's own
    middleware: what has no valid signature has been turned away by then."""

    answers: Answers
    engine: Engine

    def use_once(self, engine: Engine) -> None:
        self.answers, self.engine = Answers(), engine
        self.use(self._once)

    def _once(self, req: BoltRequest, next: Callable[[], None]) -> BoltResponse | None:  # noqa: A002 - bolt's name
        act = act_of(req)
        if act is None:
            next()
            return None
        first = self.answers.begin(act)
        if first is None:
            req.context[_KEY] = act  # before it is looked up: what begins here is settled, whatever
            if not self._was_done(act):  # becomes of that
                next()
                return None
        metrics.SLACK_REPEATED.inc()
        return _same_as(first) if first else DONE_BEFORE

    def _was_done(self, act: str) -> bool:
        """By another copy, or before the last start. Where nobody can say, the act itself fails."""
        with suppress(SQLAlchemyError):
            return self.engine.database.look(lambda c: inbound.known(c, PROVIDER, act))
        return False

    def _note_done(self, act: str) -> None:
        """It is done, whether that can be noted or not: Slack's answer must not wait for it."""
        now = self.engine.clock.now()
        with suppress(RuntimeError):  # the database is closed
            self.engine.database.submit(lambda c: inbound.seen(c, PROVIDER, act, now))

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """As bolt does, noting the answer."""
        answer = super().dispatch(req)
        if act := req.context.get(_KEY):
            if answer.status == _OK:
                self._note_done(act)
            self.answers.settle(act, answer)
        return answer


def act_of(req: BoltRequest) -> str | None:
    """What tells one act from another, whichever way and how often it is delivered."""
    act = req.body.get("trigger_id") or req.body.get("event_id")
    return str(act) if act else None


def _same_as(first: "Future[BoltResponse]") -> BoltResponse:
    try:
        return first.result(PATIENCE_SECONDS)
    except TimeoutError:
        return BoltResponse(status=503, body="")
