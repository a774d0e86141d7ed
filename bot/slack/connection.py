"""One of the connections to Slack, kept up on a thread of its own: its links come and go.

A link that has gone is cut before its successor is made, so that Slack sends it nothing more. One
that still works (Slack asks it to move, or it has grown old) goes when its successor was greeted.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from slack_sdk.errors import SlackApiError

from bot import metrics
from bot.connections import retry_after
from bot.log import log
from bot.slack.link import CONNECT_SECONDS, DEAF, LOST, Link

LOOK_SECONDS = 0.5
# The SDK's own limits are for each byte, and for each of a host's addresses.
CONNECT_LIMIT = 20.0
HELLO_SECONDS = 4.0
# A link that answers pings and is sent nothing would be found by nobody: none grows older.
OLDEST_SECONDS = 3600.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 15.0
BRIEF_SECONDS = 2.0
# Slack counts connections for a while that are gone already.
TOO_MANY, TOO_MANY_WAIT = "too_many_websockets", 10.0
OLD = "old"
_WHY = frozenset({LOST, DEAF, OLD, TOO_MANY, "refresh_requested", "warning", "link_disabled"})


class Connection:
    """``made`` makes a link that calls back when somebody should look at it. ``first_age``:
    seconds after which the first link is replaced, apart from those of other connections."""

    def __init__(
        self, made: Callable[[Callable[[], None]], Link], first_age: float = OLDEST_SECONDS
    ) -> None:
        self._made = made
        self._stopping, self._changed = False, threading.Event()
        self._link: Link | None = None
        self._first_age, self._born, self._replaced = first_age, 0.0, 0
        self._wait, self._not_before = 0.0, 0.0
        self._thread = threading.Thread(target=self._keep, name="slack-connection", daemon=True)

    def start(self) -> None:
        """Connect in the background: Slack being away must not keep the SMS from leaving."""
        self._thread.start()

    def end(self) -> None:
        """Begin to stop; ``join`` waits for it."""
        self._stopping = True
        self._changed.set()

    def join(self) -> None:
        """Blocks while it hangs up: for a moment, or for as long as acts are under way."""
        if self._thread.is_alive():
            self._thread.join(CONNECT_SECONDS)

    def is_live(self) -> bool:
        """A click would arrive."""
        return self._link is not None and self._link.is_live()

    def _keep(self) -> None:
        while not self._stopping:
            try:
                self._watch()
            except Exception as error:  # a watch that ends would leave the connection dead for good
                log.error("slack_connection_broke", exc_info=error)
                if self._link:
                    self._link.cut()
            self._changed.wait(LOOK_SECONDS)
            self._changed.clear()
        if self._link:
            self._link.finish()

    def _watch(self) -> None:
        if self._link:
            self._link.look()
        why = self._why_replace()
        if why and time.monotonic() >= self._not_before:
            self._replace(why)

    def _why_replace(self) -> str:
        if self._link is None:
            return "start"
        age = time.monotonic() - self._born
        oldest = OLDEST_SECONDS if self._replaced else self._first_age
        return self._link.why_over or (OLD if age > oldest else "")

    def _replace(self, why: str) -> None:
        old = self._link
        if old and why in {LOST, DEAF}:
            old.cut()
        new = self._greeted()
        if new is None:
            return
        self._paused_if_brief(lived=time.monotonic() - self._born if old else None)
        self._link, self._born = new, time.monotonic()
        if old:
            self._replaced += 1
            reason = why if why in _WHY else "other"
            metrics.SLACK_REPLACED.labels(reason).inc()
            log.info("slack_connection_replaced", reason=reason)
            old.finish()

    def _greeted(self) -> Link | None:
        """A new link that Slack has said hello to; None where there is none to be had now."""
        link = self._made(self._changed.set)
        connecting = _connecting(link)
        connecting.add_done_callback(lambda _: self._changed.set())
        self._await(connecting.done, CONNECT_LIMIT)
        if not connecting.done():
            connecting.add_done_callback(lambda _: link.hang_up())
            self._failed("timeout", 0)
            return None
        if error := connecting.exception():
            self._failed(_said(error), _asked_for(error))
        else:
            self._await(lambda: link.greeted or link.why_over, HELLO_SECONDS)
            if link.is_live() and not link.why_over:
                return link
            self._failed(link.why_over or DEAF, TOO_MANY_WAIT if link.why_over == TOO_MANY else 0)
        link.hang_up()
        return None

    def _paused_if_brief(self, lived: float | None) -> None:
        """Where links are greeted and lost, again and again, Slack would soon give no addresses.
        Whichever outlives its pause is followed at once."""
        brief = lived is not None and lived < self._wait + BRIEF_SECONDS
        self._wait = self._longer() if brief else 0.0
        self._not_before = time.monotonic() + self._wait

    def _longer(self) -> float:
        return min(max(2 * self._wait, FIRST_WAIT), LONGEST_WAIT)

    def _await(self, over: Callable[[], object], seconds: float) -> None:
        """For as long at most, and not while it stops."""
        until = time.monotonic() + seconds
        while not (over() or self._stopping):
            if not self._changed.wait(max(until - time.monotonic(), 0.0)):
                return
            self._changed.clear()

    def _failed(self, why: str, at_least: float) -> None:
        if self._stopping:
            return
        log.warning("slack_not_connected", error=why)
        self._wait = self._longer()
        self._not_before = time.monotonic() + max(self._wait, at_least)


def _connecting(link: Link) -> Future[None]:
    """On a thread of its own, which can be left alone: nobody can end what the SDK waits for."""
    done: Future[None] = Future()

    def connect() -> None:
        try:
            link.connect()
        except BaseException as error:  # the SDK raises anything at what a proxy may answer
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=connect, name="slack-connecting", daemon=True).start()
    return done


def _said(error: BaseException) -> str:
    """Slack's own code where it gave one: it tells a wrong token from Socket Mode being off."""
    answer = error.response.data if isinstance(error, SlackApiError) else None
    code = answer.get("error") if isinstance(answer, dict) else None
    return metrics.slug(code) if code else type(error).__name__


def _asked_for(error: BaseException) -> float:
    """The seconds that Slack wants to be left alone, a minute at most: nobody clicks meanwhile."""
    if not isinstance(error, SlackApiError):
        return 0.0
    return retry_after(error.response.headers, at_most=60.0) or 0.0
