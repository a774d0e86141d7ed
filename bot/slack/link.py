"""One WebSocket of Socket Mode, from its hello to its end. It never reconnects by itself.

The SDK's client takes the end of the stream for silence and spins on it with a whole core, tells a
deaf connection by the wall clock, which may step, and waits for Slack's Retry-After in its sleep.
Here the end is an error at once, pings are counted, and whoever owns the link does the waiting.
"""

import json
import ssl
import time
from collections.abc import Callable

from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import Connection
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.connections import is_local
from bot.slack import SlackSettings
from bot.slack.session import Session
from bot.slack.transport import library_logger, set_proxy, web_client

PING_SECONDS = 2.0
# A ping that has waited so long for its pong: the link is deaf, six seconds after it became so. A
# click on it shows Slack's error after three, and whoever tries again meets a new connection.
PONG_SECONDS = 4.0
CONNECT_SECONDS = 10
# The SDK reads an envelope by recursion, a level for each piece: with its 1024 a long modal that
# is submitted would end at Python's limit.
PIECE_BYTES = 65_536
# What one click may take (Slack waits as long), for those under way when a link is given up.
ACT_SECONDS = 3.0
LOST, DEAF = "lost", "deaf"


class Link(SocketModeClient):
    """``changed`` is called, from any thread, when somebody should look at it.

    ``why_over`` is a slug once it should be replaced: LOST, DEAF, or Slack's own reason for asking
    it to go (``refresh_requested``, ``warning``, ``too_many_websockets``, ``link_disabled``).
    """

    def __init__(
        self, app: App, settings: SlackSettings, workers: int, changed: Callable[[], None]
    ) -> None:
        super().__init__(
            settings.app_token,
            logger=library_logger(),
            web_client=web_client(settings, CONNECT_SECONDS),
            auto_reconnect_enabled=False,
            concurrency=workers,
            on_error_listeners=[lambda _: self._over(LOST)],
            on_close_listeners=[lambda _, __: self._over(LOST)],
        )
        set_proxy(self, settings.api_url)
        if is_local(settings.api_url) and settings.api_url.startswith("http:"):
            # Without one the SDK reads every authority there is at each connection, also where
            # there is no TLS. This one knows none, so it would trust nobody.
            self.web_client.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._app, self._changed = app, changed
        self.socket_mode_request_listeners.append(self._handle)
        self.why_over = ""
        self.greeted, self._cut = False, False
        self._under_way: set[str] = set()
        self._pings, self._pinged_at = 0, 0.0
        self._unanswered_since: float | None = None
        self._last_pong: float | None = None

    # ---- up and down ----

    def connect(self) -> None:
        """Raises SlackClientError, HTTPException or OSError where Slack gives no address, and
        nearly anything where somebody else answers for it, as a proxy does with a page that is not
        UTF-8. Where the address does not answer the link is LOST."""
        session = Session(
            url=self.issue_new_wss_url(),
            logger=self.logger,
            proxy=self.proxy,
            proxy_headers=self.proxy_headers,
            receive_buffer_size=PIECE_BYTES,
            on_message_listener=self._on_message,
            on_error_listener=self._on_error,
            on_close_listener=self._on_close,
            ssl_context=self.web_client.ssl,
        )
        session.connect()
        if not session.is_active():
            self._over(LOST)
        self.current_session = session  # from here on it is read

    def issue_new_wss_url(self) -> str:
        """An address for one connection. Without the SDK's own wait, which nobody could end."""
        return str(self.web_client.apps_connections_open(app_token=self.app_token)["url"])

    def _run_current_session(self) -> None:
        """The SDK's says anew that the reading has not ended. A link closed at that very instant is
        then waited for by whoever closes it, for good: nobody would make another one."""
        session = self.current_session
        if session is not None and session.is_active():
            session.run_until_completion(self.current_session_state)

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - the SDK's
        """The SDK would reconnect here. Whoever owns the link makes another one instead."""

    def cut(self) -> None:
        """End the stream, so that Slack sends nothing more by it. What is under way goes on."""
        self._cut = True
        self._over(LOST)
        if isinstance(self.current_session, Session):
            self.current_session.end()

    def finish(self) -> None:
        """Let the acts under way end, for as long as Slack waits for one, and close."""
        until = time.monotonic() + ACT_SECONDS
        while self._under_way and self.is_live() and time.monotonic() < until:
            time.sleep(0.02)
        self.hang_up()

    def hang_up(self) -> None:
        """Close for good. The SDK would wait for its reader's timeout first, and a second for its
        queue's: both are cut short."""
        self.closed = True
        self.message_queue.put(None)
        self.cut()
        self.close()

    # ---- how it does ----

    def is_live(self) -> bool:
        """Slack has greeted it and answers its pings: a click would arrive."""
        return self.greeted and self.is_connected() and not self._is_deaf()

    def look(self) -> None:
        """Ping where it is time, and see what has become of the link; every half second or so."""
        session, now = self.current_session, time.monotonic()
        if session is None or self._cut:
            return
        if not session.is_active():
            self._over(LOST)
        elif self._is_deaf():
            self._over(DEAF)
        elif now - self._pinged_at >= PING_SECONDS:
            self._ping(session, now)

    def _ping(self, session: Connection, now: float) -> None:
        self._pings, self._pinged_at = self._pings + 1, now
        if self._unanswered_since is None:
            self._unanswered_since = now
        try:  # the SDK reads a number from the pong, and takes it for a time
            session.ping(f"{session.session_id}:{self._pings}")
        except OSError:
            self._over(LOST)

    def _is_deaf(self) -> bool:
        """Looks for a pong first: a thread that slept must not take its own sleep for Slack's."""
        session = self.current_session
        if session and session.last_ping_pong_time != self._last_pong:
            self._last_pong, self._unanswered_since = session.last_ping_pong_time, None
        since = self._unanswered_since
        return since is not None and time.monotonic() - since > PONG_SECONDS

    def _over(self, why: str) -> None:
        """The first reason stays: a link that was asked to go is lost a little later anyway."""
        if not self.why_over:
            self.why_over = why
            self._changed()

    # ---- what Slack says ----

    def _on_error(self, error: Exception) -> None:
        if not self._cut:  # else it is the end that we made
            super()._on_error(error)

    def enqueue_message(self, message: str) -> None:
        """On the reader's thread, before anybody works on it."""
        told = json.loads(message) if message.startswith("{") else {}
        match told.get("type"):
            case "hello":
                self.greeted = True
                self._changed()
            case "disconnect":
                self._over(str(told.get("reason") or "disconnect"))
            case _:
                if envelope := told.get("envelope_id"):
                    self._under_way.add(envelope)
        super().enqueue_message(message)

    def _handle(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """As bolt's own handler does it. It takes the time only to tell at level debug."""
        try:
            send_response(client, request, run_bolt_app(self._app, request), start_time=0.0)
        finally:
            self._under_way.discard(request.envelope_id)
