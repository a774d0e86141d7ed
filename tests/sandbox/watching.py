"""The demo page in a browser: what a person does on it, and what it complained of."""

from playwright.sync_api import Browser, Page, ViewportSize, expect

from bot.sandbox.demo import Demo

WIDE = ViewportSize(width=1600, height=1000)
NARROW = ViewportSize(width=380, height=850)
PATIENCE = 15_000


class Watched:
    """A page of which every complaint and every request is kept."""

    def __init__(self, browser: Browser, demo: Demo, size: ViewportSize) -> None:
        self.context = browser.new_context(viewport=size)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda said: self._complain(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(demo.url)
        expect(self.page.locator("#bot-state")).to_have_text("Bot running", timeout=PATIENCE)

    def _complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def close(self, demo: Demo) -> None:
        self.context.close()
        assert self.complaints == []
        assert [url for url in self.requests if not url.startswith(demo.url)] == []


def send(page: Page, title: str) -> str:
    """Send the sample; the reference of the alert that it opened."""
    known = page.locator(".alert-key").count()
    row = page.locator(".sample", has_text=title)
    row.get_by_role("button", name=f"Send {title}").click()
    expect(row.locator(".ack")).to_contain_text("AA")
    expect(page.locator(".alert-key")).to_have_count(known + 1, timeout=PATIENCE)
    return page.locator(".hero .ref b").inner_text()


def choose_person(page: Page, name: str) -> None:
    page.locator(f'.person[aria-label^="{name}"]').first.click()


def timeline(page: Page) -> str:
    return page.locator("#timeline").inner_text()
