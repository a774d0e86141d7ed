"""Socket Mode's connections: several, so that a click arrives while one of them is being replaced.

Slack sends each envelope over one of them, chosen at random.
"""

from slack_bolt import App

from bot import metrics
from bot.slack import SlackSettings
from bot.slack.connection import OLDEST_SECONDS, Connection
from bot.slack.link import Link


class Sockets:
    """``start`` returns at once; ``stop`` blocks for a moment."""

    def __init__(self, app: App, settings: SlackSettings, workers: int) -> None:
        count = settings.connections
        self._connections = [
            Connection(
                lambda changed: Link(app, settings, workers, changed),
                # Never two of them at the same time.
                first_age=OLDEST_SECONDS * (number + 1) / count,
            )
            for number in range(count)
        ]

    def start(self) -> None:
        for connection in self._connections:
            connection.start()
        metrics.SLACK_CONNECTIONS.set_function(self.live)

    def stop(self) -> None:
        for connection in self._connections:
            connection.end()
        for connection in self._connections:
            connection.join()
        metrics.SLACK_CONNECTIONS.set_function(lambda: 0)

    def live(self) -> int:
        """How many of them a click could arrive by."""
        return sum(connection.is_live() for connection in self._connections)
