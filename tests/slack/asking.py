"""What somebody types after /readback, and the time that they read on the wall."""

from bot.sandbox.people import SlackPerson
from tests.slack.clinic import Clinic


def ask(person: SlackPerson, text: str) -> str:
    """The private answer to a command."""
    answer: str = person.command("/readback", text).ephemeral.plain
    return answer


def local_now(clinic: Clinic) -> str:
    return f"{clinic.clock.now().astimezone(clinic.engine.site.timezone):%H:%M}"
