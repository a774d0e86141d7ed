"""What sends nothing, because the site does without the channel."""

from bot.domain.page import Page, SendFailed, Sent


class _Off:
    """Stands where the site runs without a channel: the page moves to the next one at once."""

    shows_finding = False

    async def send(self, page: Page) -> Sent:
        raise SendFailed(f"{page.slip.channel}-is-off", permanent=True)

    async def find(self, _page: Page) -> Sent | None:
        return None


OFF = _Off()
