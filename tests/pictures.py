"""The pictures of the README: `python -m tests.pictures` plays a demo and photographs its page.

They look best where Chromium finds a sans-serif such as Inter.
"""

import sys

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from bot.sandbox.demo import Demo
from bot.sources.mllp.client import ask
from tests.requirements import ROOT, chromium_program

WIDE = ViewportSize(width=1400, height=860)
NARROW = ViewportSize(width=400, height=850)
MOST_BYTES = 400_000
PATIENCE = 15_000
FOLDER = ROOT / "docs" / "images"


def main() -> None:
    """One story on one demo: the window half gone, then handed over, then acknowledged."""
    with Demo((sys.executable, "-m", "bot"), ask) as demo, sync_playwright() as playing:
        browser = playing.chromium.launch(
            executable_path=chromium_program(),
            args=["--no-sandbox", "--disable-gpu", "--disable-lcd-text"],
        )
        page = opened(browser, demo.url, WIDE, "light")
        begin(page)
        keep(page, "demo")
        hand_over(page)
        for scheme in ("light", "dark"):
            keep_all_sizes(browser, demo.url, scheme)
        browser.close()


def opened(browser: Browser, url: str, size: ViewportSize, scheme: str) -> Page:
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(url)
    expect(page.locator("#bot-state")).to_have_text("Bot running", timeout=PATIENCE)
    return page


def begin(page: Page) -> None:
    """An older alert in the background, and a critical one whose finding is being read."""
    send(page, "CT chest: lung nodule, category 3")
    send(page, "CT head: subdural hematoma")
    leap(page, 10)
    leap(page, 1)
    page.locator(".message").last.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("dialog").get_by_label("Or repeat it in your own words").fill(
        "Left subdural, 9 mm shift. Calling neurosurgery now."
    )


def hand_over(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    for _ in range(2):
        leap(page, 10)
    expect(page.locator(".hero .owner")).to_contain_text("Ben Ito", timeout=PATIENCE)


def send(page: Page, title: str) -> None:
    known = page.locator(".alert-key").count()
    page.get_by_role("button", name=f"Send {title}").click()
    expect(page.locator(".alert-key")).to_have_count(known + 1, timeout=PATIENCE)
    expect(page.locator("#timeline")).to_contain_text("delivered", timeout=PATIENCE)


def leap(page: Page, minutes: int) -> None:
    page.get_by_role("button", name=f"+{minutes} min", exact=True).click()
    expect(page.locator("[data-minutes][aria-busy]")).to_have_count(0, timeout=PATIENCE)


def keep_all_sizes(browser: Browser, url: str, scheme: str) -> None:
    suffix = "" if scheme == "light" else "-dark"
    if scheme == "dark":
        keep(opened(browser, url, WIDE, scheme), "demo-dark")
    keep(opened(browser, url, NARROW, scheme), f"demo-phone{suffix}")


def keep(page: Page, name: str) -> None:
    page.wait_for_timeout(700)
    file = FOLDER / f"{name}.png"
    page.screenshot(path=file)
    size = file.stat().st_size
    assert size <= MOST_BYTES, f"{file.name} is {size} bytes, and {MOST_BYTES} is the most"


if __name__ == "__main__":
    main()
