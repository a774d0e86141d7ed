"""Slack's way in: bolt's App over Socket Mode, so that a hospital opens no port, or over HTTP.

Bolt runs the listeners on threads of its own; they reach the engine over the bridge alone.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from starlette.routing import Route

from bot.engine.bridge import Bridge
from bot.engine.context import Engine
from bot.slack import SlackSettings, actions, apology, commands, testing
from bot.slack.desk import Desk
from bot.slack.once import OnceApp
from bot.slack.requests import Requests
from bot.slack.sockets import Sockets
from bot.slack.transport import library_logger, set_proxy, web_client

# Bolt's five would be waiting for the database together while a sixth click runs out of time.
LISTENERS = 20


class SlackListeners:
    """The app with its connections, or with the route for Slack's requests. ``start`` returns at
    once; ``stop`` blocks for a moment. Raises ValueError for HTTP without a signing secret."""

    def __init__(self, engine: Engine, bridge: Bridge, settings: SlackSettings) -> None:
        self._pool = ThreadPoolExecutor(LISTENERS, thread_name_prefix="slack")
        self.app = _app(Desk(engine, bridge, settings), self._pool)
        self._sockets: Sockets | None = None
        self._requests: Requests | None = None
        if settings.mode == "http":
            self._requests = Requests(
                self.app, settings.signing_secret, LISTENERS, engine.clock.now
            )
        else:
            self._sockets = Sockets(self.app, settings, LISTENERS)

    def start(self) -> None:
        """Connect in the background: Slack being away must not keep the SMS from leaving."""
        if self._sockets:
            self._sockets.start()

    def routes(self) -> list[Route]:
        """For bot.web.app.build; none in Socket Mode."""
        return self._requests.routes() if self._requests else []

    def stop(self) -> None:
        """Close the connections and let running listeners finish.

        Not to be called on the event loop, which the listeners are waiting for.
        """
        if self._sockets:
            self._sockets.stop()
        if self._requests:
            self._requests.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def connected(self) -> bool:
        """Whether a click would arrive. Over HTTP only Slack could tell."""
        return self._sockets is None or self._sockets.live() > 0


def _app(desk: Desk, pool: ThreadPoolExecutor) -> App:
    """The bot's token is taken as it is: asking Slack about it first would cost the first click its
    three seconds. Socket Mode has no signatures to verify, and bolt verifies none there."""
    token = desk.settings.bot_token

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    app = OnceApp(
        name="readback",
        client=web_client(desk.settings),
        signing_secret=desk.settings.signing_secret,
        authorize=authorize,
        logger=library_logger(),
        listener_executor=pool,
    )
    app.use_once(desk.engine)
    app.use(_by_proxy)
    app.error(apology.for_submissions(desk.settings))
    actions.register(app, desk)
    commands.register(app, desk)
    testing.register(app, desk)
    return app


def _by_proxy(client: WebClient, next: Callable[[], None]) -> None:  # noqa: A002 - bolt's name
    """Bolt makes a client for each request, which again would take a proxy for any host."""
    set_proxy(client, client.base_url)
    next()
