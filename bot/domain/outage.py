"""What is told when no click in Slack arrives any more, and when it is over.

It names the time: such a notice may be late itself, and then misleads nobody.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.page import Notice, Page
from bot.domain.wording import local_time

NOTICES = frozenset({Notice.SLACK_DOWN, Notice.SLACK_BACK})


def worded(page: Page) -> Page:
    """The notice with what it says, as its person tells the time; it came with the time alone
    (ISO 8601, UTC)."""
    at = local_time(datetime.fromisoformat(page.reason), page.person.timezone, page.now)
    if page.slip.notice is Notice.SLACK_BACK:
        return replace(
            page, reason=f"Slack is back since {at}: what is pressed there counts again."
        )
    said = f"Slack is out of reach, and nothing pressed there has arrived since {at}."
    return replace(page, reason=f"{said} Please answer by SMS or phone until it is back.")
