"""The demo page in a real browser, on a real bot: what a person sees and does."""

import re
import sys
import unicodedata
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from bot.sandbox.demo import Demo
from bot.sandbox.samples import fill, sample
from bot.sources.mllp.client import ask
from tests.requirements import ROOT
from tests.sandbox.watching import NARROW, PATIENCE, WIDE, Watched, choose_person, send, timeline

PROGRAM = (sys.executable, "-m", "bot")
BROWSER_ARGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
TABS = ("alert", "reports", "slack", "phone")


@pytest.fixture(scope="module")
def playing() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playing: Playwright, chromium: str) -> Iterator[Browser]:
    launched = playing.chromium.launch(executable_path=chromium, args=BROWSER_ARGS)
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def demo(chromium: str) -> Iterator[Demo]:
    with Demo(PROGRAM, ask) as started:
        yield started


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The page on a wide window; it must end without a complaint or a request to elsewhere."""
    watched = Watched(browser, demo, WIDE)
    yield watched.page
    watched.close(demo)


@pytest.fixture
def phone_page(browser: Browser, demo: Demo) -> Iterator[Page]:
    watched = Watched(browser, demo, NARROW)
    yield watched.page
    watched.close(demo)


def test_a_report_is_sent_acknowledged_in_the_modal_and_read_in_the_timeline(page: Page) -> None:
    ref = send(page, "CT head: subdural hematoma")
    choose_person(page, "Dr. Ada Osei")
    message = page.locator(".message", has_text=ref)
    message.get_by_role("button", name="Acknowledge").click()
    modal = page.get_by_role("dialog", name=f"Acknowledge {ref}")
    expect(modal).to_contain_text("midline shift", timeout=PATIENCE)
    modal.get_by_role("button", name="Open images ↗ viewer.example").click()
    expect(page.locator(".toast")).to_contain_text("Slack opens https://viewer.example/")
    modal.get_by_role("button", name="Acknowledge").click()
    expect(modal.locator(".field-error")).to_contain_text("Please confirm")
    modal.get_by_label("Or repeat it in your own words").fill("Subdural, 9 mm of shift")
    modal.get_by_role("button", name="Acknowledge").click()
    expect(modal).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text("Dr. Ada Osei acknowledged", timeout=PATIENCE)
    expect(page.locator(".hero")).to_contain_text("repeated in own words")
    expect(message).to_contain_text("Acknowledged")
    told = timeline(page)
    assert "“Subdural, 9 mm of shift”" in told
    assert told.index("Slack page sent") > told.index("Dr. Ada Osei was shown the finding")


def test_a_second_click_on_what_a_modal_ends_with_is_none(page: Page) -> None:
    ref = send(page, "CT head: subdural hematoma")
    choose_person(page, "Dr. Ada Osei")
    acknowledge = page.locator(".message", has_text=ref).get_by_role("button", name="Acknowledge")
    modal = page.get_by_role("dialog", name=f"Acknowledge {ref}")
    for leave in ("Close", "Cancel"):
        acknowledge.click()
        modal.get_by_role("button", name=leave).dblclick()
        expect(modal).to_have_count(0)
    acknowledge.click()
    modal.get_by_label("I have read and understood").check()
    modal.get_by_role("button", name="Acknowledge").dblclick()
    expect(page.locator("#timeline")).to_contain_text("Dr. Ada Osei acknowledged", timeout=PATIENCE)
    expect(page.locator("#timeline")).to_contain_text("Slack notice sent to Dr. Ada Osei")
    assert "refused" not in timeline(page)


def test_emoji_are_drawn_where_the_browser_has_no_font_for_them(page: Page) -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot/slack").glob("*.py"))
    shown = {f"{ord(sign):x}" for sign in said if unicodedata.category(sign) == "So"}
    drawn = {path.stem for path in (ROOT / "bot/sandbox/demo/page/emoji").glob("*.svg")}
    assert shown
    assert shown <= drawn
    ref = send(page, "CT head: subdural hematoma")
    bell = page.locator(".message", has_text=ref).locator("img.emoji").first
    expect(bell).to_have_js_property("complete", value=True)
    assert bell.evaluate("image => image.naturalWidth") > 0


def test_a_reply_on_the_phone_acknowledges(page: Page) -> None:
    ref = send(page, "Chest X-ray: tension pneumothorax")
    choose_person(page, "Dr. Sam Park")
    thread = page.locator("#thread")
    expect(thread).to_contain_text(ref, timeout=PATIENCE)
    page.locator("#suggestions button", has_text="ACK").click()
    expect(page.locator(".bubble.mine").last).to_contain_text("ACK")
    expect(page.locator(".hero")).to_contain_text("no read-back", timeout=PATIENCE)
    expect(thread).to_contain_text("delivered")


def test_a_call_is_taken_and_answered_by_a_key_and_the_code(page: Page) -> None:
    send(page, "Chest X-ray: tension pneumothorax")
    choose_person(page, "Dr. Sam Park")
    keys = page.locator("#suggestions button")
    expect(keys.filter(has_text="ACK")).to_be_visible(timeout=PATIENCE)
    keys.filter(has_text="let them ring").click()
    expect(keys.filter(has_text="pick up")).to_be_visible()
    page.get_by_role("button", name="+10 min").click()
    keys.filter(has_text="1 acknowledge").click(timeout=PATIENCE)
    keys.filter(has_text="#").click()
    expect(page.locator(".bubble.call").last).to_contain_text("is acknowledged", timeout=PATIENCE)
    expect(page.locator(".hero")).to_contain_text("no read-back", timeout=PATIENCE)


def test_the_clock_moves_the_alert_to_the_designee_and_the_screens_follow(page: Page) -> None:
    ref = send(page, "CTA chest: pulmonary embolism")
    choose_person(page, "Carla Reyes RN")
    page.get_by_role("button", name="Follow the owner").click()
    expect(page.locator("#slack-whose")).to_contain_text("Ada Osei")
    for _ in range(3):
        page.get_by_role("button", name="+10 min").click()
        expect(page.locator("[data-minutes][aria-busy]")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator(".hero .owner")).to_contain_text("Ben Ito", timeout=PATIENCE)
    expect(page.locator("#slack-whose")).to_contain_text("Ben Ito")
    expect(page.locator("#messages")).to_contain_text(ref)
    expect(page.locator(".rung.done")).to_have_count(5)
    assert page.locator(".ring").get_attribute("data-level") in {"soon", "calm"}
    reminders = page.locator(".rung.is-reminder time").all_inner_texts()
    done = page.locator(".entry", has_text="a reminder is due").locator("time").all_inner_texts()
    assert [time[:5] for time in reversed(done)] == reminders


def test_with_slack_down_and_the_phone_off_somebody_else_has_it_in_a_minute(page: Page) -> None:
    choose_person(page, "Dr. Tess Wolf")
    slack_down = page.get_by_role("switch", name="Slack down")
    slack_down.press("Space")
    expect(slack_down).to_be_checked()
    expect(page.locator("#slack")).to_contain_text("Slack is unreachable")
    page.get_by_role("radio", name="On", exact=True).press("ArrowLeft")
    expect(page.get_by_role("radio", name="Off")).to_be_checked()
    expect(page.locator("#phone")).to_contain_text("This phone is off")
    expect(page.get_by_role("button", name="Dr. Tess Wolf, phone off")).to_be_visible()
    send(page, "Ultrasound: testicular torsion")
    told = page.locator("#timeline")
    expect(told).to_contain_text("the possible repeat too", timeout=PATIENCE)
    expect(told).to_contain_text("the phone is off: twilio-30003, given up")
    page.get_by_role("button", name="+1 min").click()
    expect(page.locator(".hero .owner")).to_contain_text("Carla Reyes", timeout=PATIENCE)
    slack_down.click()
    # The bot connects again by itself, after growing pauses: until then no click arrives.
    expect(page.locator("#slack-trouble")).to_be_empty(timeout=2 * PATIENCE)
    page.locator("#phone-state label", has_text="On").click()
    expect(page.locator("#phone-trouble")).to_be_empty()


def test_an_hour_can_be_watched_in_a_minute(page: Page) -> None:
    page.get_by_role("button", name="×60").click()
    expect(page.get_by_role("button", name="×60")).to_have_attribute("aria-pressed", "true")
    minute = page.locator("#clock-time").inner_text()[:5]
    expect(page.locator("#clock-time")).not_to_contain_text(f"{minute}:", timeout=PATIENCE)
    page.get_by_role("button", name="×1", exact=True).click()
    expect(page.get_by_role("button", name="×1", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_slash_commands_answer_privately_and_their_modal_can_be_filled_in(page: Page) -> None:
    ref = send(page, "MR spine: cord compression")
    choose_person(page, "Carla Reyes RN")
    box = page.get_by_label("Slash command")
    box.fill("/readback open")
    box.press("Enter")
    expect(page.locator(".message.ephemeral").last).to_contain_text(ref, timeout=PATIENCE)
    box.fill(f"/readback called {ref}")
    box.press("Enter")
    modal = page.get_by_role("dialog")
    modal.get_by_label("Whom did you reach?").fill("Dr. Ada Osei")
    modal.get_by_label("On which number?").fill("312-555-0101")
    modal.get_by_label("Yes, repeated back").check()
    modal.get_by_role("button", name="Record the call").click()
    expect(page.locator("#timeline")).to_contain_text("recorded a phone call", timeout=PATIENCE)


def test_markup_in_a_report_is_text(page: Page, demo: Demo) -> None:
    template = sample("ct-head-hemorrhage").template.replace(
        "Acute left subdural hematoma with", "<script>window.hacked=1</script><img src=x onerror=1>"
    )
    template = template.replace("CT HEAD W/O CONTRAST", "<b onclick=1>CT</b>")
    message = fill(template, now=demo.time.now(), accession="X1", control_id="X1")
    page.get_by_label("HL7 of your own").fill(message.decode().replace("\r", "\n"))
    page.locator("#own button").click()
    expect(page.locator("#own-answer")).to_contain_text("AA")
    expect(page.locator(".hero h3")).to_contain_text("<b onclick=1>CT</b>", timeout=PATIENCE)
    choose_person(page, "Dr. Ada Osei")
    page.locator(".message").last.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("dialog")).to_contain_text("<script>", timeout=PATIENCE)
    assert page.evaluate("window.hacked") is None
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()


def test_what_is_half_typed_stays_while_the_page_changes(page: Page) -> None:
    choose_person(page, "Dr. Tess Wolf")
    reply = page.get_by_label("Reply by SMS")
    reply.press_sequentially("ACK 48")
    page.evaluate(
        "document.querySelector('[aria-label=\"Send Ultrasound: testicular torsion\"]').click()"
    )
    expect(page.locator("#thread")).to_contain_text("critical imaging result", timeout=PATIENCE)
    reply.press_sequentially("27")
    expect(reply).to_have_value("ACK 4827")
    expect(reply).to_be_focused()


def test_a_message_that_cannot_be_used_is_answered_with_the_reason(page: Page) -> None:
    page.get_by_label("HL7 of your own").fill("this is no HL7")
    page.locator("#own button").click()
    expect(page.locator("#own-answer .ack")).to_be_visible()
    expect(page.locator("#own-answer .said")).not_to_be_empty()


@pytest.mark.parametrize("tab", TABS)
def test_on_a_phone_nothing_scrolls_sideways(phone_page: Page, tab: str) -> None:
    phone_page.locator(f".tabs [data-tab={tab}]").click()
    if tab == "reports":
        phone_page.locator(".sample summary").first.click()
    widths = phone_page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
    for panel in phone_page.locator(".panel-body:visible, .thread:visible").all():
        assert panel.evaluate("(node) => node.scrollWidth - node.clientWidth") <= 0


def test_dark_and_light_are_a_key_away(page: Page) -> None:
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark look").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_a_bot_that_died_is_told_of_and_can_be_started_again(browser: Browser, demo: Demo) -> None:
    watched = Watched(browser, demo, WIDE)
    page = watched.page
    demo.bot.kill()
    banner = page.locator("#bot-stopped")
    expect(banner).to_contain_text("The bot has stopped", timeout=PATIENCE)
    page.get_by_role("button", name=re.compile("Send CT head")).click()
    expect(page.locator(".ack.bad").first).to_contain_text("no answer")
    banner.get_by_role("button", name="Start it again").click()
    expect(banner).to_be_hidden(timeout=30_000)
    expect(page.locator("#bot-state")).to_have_text("Bot running", timeout=30_000)
    watched.close(demo)
