"""Slack's way in: bolt's App over Socket Mode, so that a hospital opens no port.

Bolt runs the listeners on threads of its own; they reach the engine over the bridge alone.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.engine.bridge import Bridge
from bot.engine.context import Engine
from bot.log import log
from bot.slack import SlackSettings, actions, apology, commands
from bot.slack.connection import CONNECT_SECONDS, Connection
from bot.slack.desk import Desk
from bot.slack.transport import direct_if_local, library_logger, web_client

# Bolt's five would be waiting for the database together while a sixth click runs out of time.
LISTENERS = 20
LONGEST_WAIT = 30.0


class SlackListeners:
    """The app with its connection. ``start`` returns at once; ``stop`` blocks for a moment."""

    def __init__(self, engine: Engine, bridge: Bridge, settings: SlackSettings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(LISTENERS, thread_name_prefix="slack")
        self._stopping = threading.Event()
        self._connecting: threading.Thread | None = None
        self._connection: Connection | None = None
        self.app = _app(Desk(engine, bridge, settings), self._pool)

    def start(self) -> None:
        """Connect in the background: Slack being away must not keep the SMS from leaving."""
        self._connection = Connection(self.app, self._settings, LISTENERS)
        self._connecting = threading.Thread(
            target=self._connect, args=(self._connection,), name="slack-connect", daemon=True
        )
        self._connecting.start()

    def stop(self) -> None:
        """Close the connection and let running listeners finish.

        Not to be called on the event loop, which the listeners are waiting for.
        """
        self._stopping.set()
        if self._connecting:
            self._connecting.join(CONNECT_SECONDS)
        if self._connection:
            self._connection.hang_up()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def connected(self) -> bool:
        """Whether a click would arrive."""
        return self._connection is not None and self._connection.client.is_connected()

    def _connect(self, connection: Connection) -> None:
        """Until it has worked once; from then on the SDK keeps the connection up."""
        wait = 0.0
        while not self._stopping.wait(wait):
            try:
                connection.client.connect()
            except (SlackClientError, HTTPException, OSError) as error:
                log.warning("slack_not_connected", error=type(error).__name__)
                wait = min(max(wait, 0.5) * 2, LONGEST_WAIT)
            else:
                return


def _app(desk: Desk, pool: ThreadPoolExecutor) -> App:
    """The bot's token is taken as it is: asking Slack about it first would cost the first click its
    three seconds. Socket Mode has no signatures to verify."""
    token = desk.settings.bot_token

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = App(
        name="readback",
        client=web_client(desk.settings),
        authorize=authorize,
        logger=library_logger(),
        listener_executor=pool,
    )
    app.use(_directly)
    app.error(apology.for_submissions(desk.settings))
    actions.register(app, desk)
    commands.register(app, desk)
    return app


def _directly(client: WebClient, next: Callable[[], None]) -> None:  # noqa: A002 - bolt's name
    """Bolt makes a client for each request, which again would take the environment's proxy."""
    direct_if_local(client, client.base_url)
    next()
