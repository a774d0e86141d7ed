"""Notices that are messages of their own: they tell of something else than a page does. Pure."""

from collections.abc import Callable, Mapping
from functools import partial

from bot.domain.coverage import Role
from bot.domain.message import TOO_LARGE
from bot.domain.page import Callee, Notice, Page
from bot.slack import SlackSettings
from bot.slack.blocks import Message, due_line, page_message, what
from bot.slack.drill_blocks import asking
from bot.slack.elements import context, header, section
from bot.slack.words import clipped, escaped

_ONLY_THE_BEGINNING = (
    "Only its first 64 KB were kept, and it cannot be replayed: the sender has to send it again, "
    "smaller, or `hl7.max_message_bytes` (for a file `max_file_bytes`) has to be raised before."
)


def notice_message(page: Page, settings: SlackSettings) -> Message:
    """A notice that is a message of its own: it asks somebody to do something outside Slack."""
    worded = _WORDED.get(page.slip.notice) if page.slip.notice else None
    return worded(page) if worded else page_message(page, settings)


def _please_phone(page: Page) -> Message:
    blocks = [
        header(f"📞 Please phone · {what(page)}"),
        *[section(line) for line in ["\n".join(map(_to_phone, page.callees))] if line],
        context(
            f"Not answered; {due_line(page)} · ref *{page.ref}*",
            f"After the call: `/readback called {page.ref}`",
        ),
    ]
    return Message(f"READBACK: {page.ref} not answered, please phone", blocks)


def _to_phone(callee: Callee) -> str:
    role = callee.role.value.replace("_", " ")
    return f"*{escaped(callee.name)}* ({role}): {callee.number or 'no number on file'}"


def _directory_entry(page: Page) -> Message:
    blocks = [
        header(f"📒 Check the directory · {what(page)}"),
        context(
            f"Somebody who was paged says: not my patient · ref *{page.ref}*",
            f"Now with *{escaped(page.owner_name)}*. Please check who is on record for this order.",
        ),
    ]
    return Message(f"READBACK: {page.ref}, please check the directory", blocks)


def _older_version(page: Page) -> Message:
    blocks = [
        header(f"⏪ Check the versions · {what(page)}"),
        context(
            f"An older version, received later, is more urgent than the one that holds "
            f"· ref *{page.ref}*",
            "Nobody was paged for it. Please compare the versions in the EHR.",
        ),
    ]
    return Message(f"READBACK: {page.ref}, please check an older version", blocks)


def _quarantine(page: Page) -> Message:
    reason = escaped(clipped(page.reason.replace("-", " "), 200))
    kept = _ONLY_THE_BEGINNING if page.reason == TOO_LARGE else "Nothing is lost."
    blocks = [
        header("📥 A message could not be used"),
        section(f"It waits in quarantine: *{reason or 'unknown reason'}*. {kept}"),
        context("`readback quarantine list` shows it and says what to do"),
    ]
    return Message("READBACK: a message waits in quarantine", blocks)


def _before_final(page: Page) -> Message:
    """It names no patient: whoever read the report finds it in their worklist."""
    sender = f", from {escaped(clipped(page.sender, 100))}" if page.sender else ""
    for_reader = (
        "If you have phoned, dictate whom and when into the report. It stands in your worklist; "
        "this message names no patient."
    )
    for_coordinator = (
        "The reading radiologist is not known here or cannot be reached: please ask the reading "
        "room whether somebody has phoned."
    )
    coordinates = page.slip.role is Role.COORDINATOR
    blocks = [
        header("📝 Flagged before it is final"),
        section(f"{escaped(page.reason)}{sender}."),
        context(
            for_coordinator if coordinates else for_reader, "Nobody is paged before it is final."
        ),
    ]
    return Message("READBACK: a flagged report is not final yet", blocks)


def _opted_out(page: Page) -> Message:
    blocks = [
        header("🔕 Opted out of SMS"),
        section(f"*{escaped(page.reason)}* answered STOP: no SMS reaches them any more."),
        context("Back by START from that phone, or another number on file · `readback check`"),
    ]
    return Message("READBACK: somebody in the directory has opted out of SMS", blocks)


def _wrong_codes(page: Page) -> Message:
    blocks = [
        header("🔐 Wrong codes by SMS"),
        section(
            f"Ten wrong codes within an hour came from the number of *{escaped(page.reason)}*. "
            "For an hour no code from it counts."
        ),
        context(
            "Please ask them: they may be answering in vain, or somebody uses their number. "
            "Until then they can answer in Slack, or by phone."
        ),
    ]
    return Message("READBACK: ten wrong codes from one phone of the directory", blocks)


def _wrong_number(page: Page) -> Message:
    blocks = [
        header("☎️ Wrong number"),
        section(
            f"Whoever has the number on file for *{escaped(page.reason)}* says that it is not "
            "theirs: neither SMS nor call goes there any more."
        ),
        context("Please correct the directory · START from that phone takes it back"),
    ]
    return Message("READBACK: a number in the directory is somebody else's", blocks)


_OUTAGES: Mapping[Notice, str] = {
    Notice.SLACK_DOWN: "🔌 Slack was out of reach",
    Notice.SLACK_BACK: "🔌 Slack is back",
    Notice.SLACK_REFUSED: "🔌 Slack has refused all messages",
    Notice.SLACK_TAKEN: "🔌 Slack takes messages again",
    Notice.SMS_DOWN: "📞 No SMS can leave",
    Notice.SMS_BACK: "📞 SMS leave again",
    Notice.FEED_DOWN: "🔌 A source of reports is down",
    Notice.FEED_BACK: "🔌 A source of reports is back",
    Notice.DATABASE_DOWN: "🚨 Nobody is paged",
    Notice.DATABASE_BACK: "🔌 The database is back",
    Notice.SWEEP_LATE: "⏰ Alerts are late",
    Notice.SWEEP_BACK: "⏰ Alerts are on time again",
}
"""All of OF_OUTAGES, with the heading of each."""


def _outage(heading: str, page: Page) -> Message:
    said = f"READBACK: {page.reason}"
    return Message(said, [header(heading), section(escaped(said))])


def _shadow(page: Page) -> Message:
    over = page.slip.notice is Notice.SHADOW_OVER
    heading = "🚨 Shadow mode has not ended" if over else "🌒 Shadow mode"
    said = f"READBACK: {page.reason}"
    return Message(said, [header(heading), section(escaped(said))])


_WORDED: Mapping[Notice, Callable[[Page], Message]] = {
    Notice.PLEASE_PHONE: _please_phone,
    Notice.DIRECTORY_ENTRY: _directory_entry,
    Notice.OLDER_VERSION: _older_version,
    Notice.QUARANTINE: _quarantine,
    Notice.BEFORE_FINAL: _before_final,
    Notice.OPTED_OUT: _opted_out,
    Notice.WRONG_CODES: _wrong_codes,
    Notice.WRONG_NUMBER: _wrong_number,
    Notice.SHADOW: _shadow,
    Notice.SHADOW_OVER: _shadow,
    Notice.TEST: asking,
    **{notice: partial(_outage, heading) for notice, heading in _OUTAGES.items()},
}
