"""The modals: acknowledge, pass on, record a call, and one that only tells. Pure.

What comes back with a submission (``private_metadata``) holds opaque ids and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.events import DeclineReason, ReadBack
from bot.domain.viewer import address
from bot.engine.views import AlertView
from bot.slack import SlackSettings
from bot.slack.blocks import OPEN_IMAGES
from bot.slack.elements import (
    Block,
    actions,
    context,
    entry,
    link_button,
    modal,
    options,
    section,
    verbatim,
)
from bot.slack.words import PRELIMINARY, due, escaped, late, title_case

ACKNOWLEDGE, DECLINE, CALLED = "acknowledge_modal", "decline_modal", "called_modal"
ALREADY_CALLED = "already_called_modal"
# Block ids, which are also the action ids of the elements in them.
_SHORTEST_WORD = 2
"""Letters that say something, as "PE" does. A dot repeats nothing."""
CONFIRM, WORDS, REASON = "confirm", "words", "reason"
WHOM, WHEN, NUMBER, REPEATED = "whom", "when", "number", "repeated"
FINDING_BLOCKS = 80
WORDS_MOST = 1000

# With the finding in the EHR or on the phone alone, Slack must not get to carry it as typed words.
_ELSEWHERE = {
    "viewed_ehr": "I have read the report in the EHR",
    "viewed_phone": "I have heard the finding by phone",
    "repeated_phone": "I have heard it by phone and repeated it back",
}
_HERE = {"viewed_here": "I have read and understood this finding"}
_READ_BACK = {
    "viewed_ehr": ReadBack.VIEWED,
    "viewed_phone": ReadBack.VIEWED,
    "viewed_here": ReadBack.VIEWED,
    "repeated_phone": ReadBack.REPEATED,
}
_REASONS = {
    DeclineReason.NOT_MY_PATIENT: "Not my patient",
    DeclineReason.OFF_SHIFT: "I am off shift",
    DeclineReason.CANNOT_ACT: "I cannot act now",
}

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """Which alert a modal was about, and which version of it the person was shown."""

    alert_id: str
    version: int

    def packed(self) -> str:
        """As private_metadata."""
        return json.dumps({"alert": self.alert_id, "version": self.version})


def shown(metadata: str) -> Shown:
    """What ``packed`` wrote. Raises KeyError or ValueError for anything else."""
    told = json.loads(metadata)
    return Shown(str(told["alert"]), int(told["version"]))


def acknowledge(
    view: AlertView, settings: SlackSettings, now: datetime, *, changed: bool = False
) -> Block:
    """The finding where the site allows it here, and the read-back.

    ``changed`` says that it stands in the place of a version that was not accepted any more.
    """
    alert = view.alert
    warning = "*The report has changed since you opened it.* This is the newer version."
    blocks = [
        *([section(f"⚠️ {warning}")] if changed else []),
        *_summary(view, settings, now),
        *(_here(view, settings) if view.finding else _elsewhere(settings)),
    ]
    return modal(
        f"Acknowledge {alert.ref}",
        blocks,
        callback_id=ACKNOWLEDGE,
        metadata=Shown(alert.id, alert.version).packed(),
        submit="Acknowledge",
    )


def _summary(view: AlertView, settings: SlackSettings, now: datetime) -> list[Block]:
    alert = view.alert
    what = f"*{escaped(title_case(alert.category))}* · {escaped(view.exam or 'imaging')}"
    return [
        section(f"{what}\n{due(alert.due_at, view.person.timezone, now)}"),
        context(
            f"⚠️ A person must look: {escaped(alert.review)}" if alert.review else "",
            PRELIMINARY if view.preliminary else "",
            late(alert.late_by),
            f"Note: {escaped(alert.note)}" if alert.note else "",
            f"Questions: call {escaped(settings.callback_number)}",
        ),
    ]


def already_called(view: AlertView, settings: SlackSettings, now: datetime) -> Block:
    """For whom the report says to have been called: what it says, and one button to confirm it."""
    alert = view.alert
    claim = "The report says that you were told by phone. Confirming this *ends the alert*."
    shown = [*verbatim(view.finding, FINDING_BLOCKS), *_beside(view, settings)]
    return modal(
        f"Called about {alert.ref}",
        [*_summary(view, settings, now), section(claim), *(shown if view.finding else [])],
        callback_id=ALREADY_CALLED,
        metadata=Shown(alert.id, alert.version).packed(),
        submit="I was already called",
    )


def _beside(view: AlertView, settings: SlackSettings) -> list[Block]:
    """What stands with a finding: the call that the report documents, and the way to the images."""
    url = address(settings.viewer, view.accession, view.study_uid)
    told = [section("☎️ *The report documents a call:*"), *verbatim(view.called, 1)]
    return [
        *(told if view.called else []),
        *actions([link_button("Open images", OPEN_IMAGES, url)] if url else []),
    ]


def _here(view: AlertView, settings: SlackSettings) -> list[Block]:
    confirm = {"type": "checkboxes", "options": options(_HERE)}
    words = {"type": "plain_text_input", "multiline": True, "max_length": WORDS_MOST}
    return [
        *verbatim(view.finding, FINDING_BLOCKS),
        *_beside(view, settings),
        entry(CONFIRM, "Confirm", confirm, optional=True),
        entry(WORDS, "Or repeat it in your own words", words, optional=True),
    ]


def _elsewhere(settings: SlackSettings) -> list[Block]:
    number = escaped(settings.callback_number)
    choice = {"type": "radio_buttons", "options": options(_ELSEWHERE)}
    return [
        section(f"Read the report in the EHR, or call *{number}* to hear the finding."),
        entry(CONFIRM, "Confirm", choice, optional=True),
    ]


def read_back(values: Values) -> tuple[ReadBack, str] | None:
    """How the person says it came back, and their own words; None where they said nothing."""
    words = str(_value(values, WORDS, "value") or "").strip()
    if sum(map(str.isalnum, words)) >= _SHORTEST_WORD:
        return ReadBack.REPEATED, words
    chosen = _value(values, CONFIRM, "selected_option")
    ticked = [chosen] if chosen else _value(values, CONFIRM, "selected_options") or []
    return (_READ_BACK[ticked[0]["value"]], "") if ticked else None


def read_back_missing(values: Values) -> dict[str, str]:
    """The error on the field, in the words that fit what the modal offered."""
    if WORDS in values:
        return {CONFIRM: "Please confirm, or repeat the finding in your own words below."}
    return {CONFIRM: "Please say how you have read or heard the finding."}


def decline(view: AlertView) -> Block:
    """Why not; it goes to the next person at once."""
    choice = {
        "type": "radio_buttons",
        "options": options({reason.value: label for reason, label in _REASONS.items()}),
    }
    return modal(
        f"Pass on {view.alert.ref}",
        [
            section("It goes to the next person *at once*, and you will not be asked again."),
            entry(REASON, "Why can't you take it?", choice),
        ],
        callback_id=DECLINE,
        metadata=Shown(view.alert.id, view.alert.version).packed(),
        submit="Pass it on",
    )


def decline_reason(values: Values) -> DeclineReason:
    """What was chosen. Raises ValueError for what the modal did not offer."""
    return DeclineReason(str((_value(values, REASON, "selected_option") or {}).get("value")))


@dataclass(frozen=True, slots=True)
class Call:
    """A phone call as somebody reports it; ``at`` is UTC."""

    reached: str
    number: str
    at: datetime
    repeated_back: bool


def called(view: AlertView, now: datetime) -> Block:
    """Reached whom, when, on which number, repeated back or not."""
    text = {"type": "plain_text_input", "max_length": 100}
    when = {"type": "datetimepicker", "initial_date_time": int(now.timestamp())}
    yes_no = {
        "type": "radio_buttons",
        "options": options({"yes": "Yes, repeated back", "no": "No"}),
    }
    return modal(
        f"Record a call {view.alert.ref}",
        [
            section("This records that the finding was told by phone, and *ends the alert*."),
            entry(WHOM, "Whom did you reach?", text),
            entry(WHEN, "When?", when),
            entry(NUMBER, "On which number?", {**text, "max_length": 40}),
            entry(REPEATED, "Did they repeat it back?", yes_no),
        ],
        callback_id=CALLED,
        metadata=Shown(view.alert.id, view.alert.version).packed(),
        submit="Record the call",
    )


def call_told(values: Values) -> Call | dict[str, str]:
    """The call, or the errors by field."""
    at = datetime.fromtimestamp(int(_value(values, WHEN, "selected_date_time") or 0), UTC)
    call = Call(
        reached=str(_value(values, WHOM, "value") or "").strip(),
        number=str(_value(values, NUMBER, "value") or "").strip(),
        at=at,
        repeated_back=(_value(values, REPEATED, "selected_option") or {}).get("value") == "yes",
    )
    return problems(call) or call


def problems(call: Call) -> dict[str, str]:
    """What is missing in a reported call, by field."""
    found = {
        WHOM: "" if call.reached else "Please name the person you reached.",
        NUMBER: "" if sum(map(str.isdigit, call.number)) > 2 else "Please give the number.",  # noqa: PLR2004 - the shortest extensions
    }
    return {field: problem for field, problem in found.items() if problem}


def told(title: str, text: str) -> Block:
    """A modal that only says something; ``text`` is escaped already."""
    return modal(title, [section(text)])


def _value(values: Values, field: str, key: str) -> Any:
    return values.get(field, {}).get(field, {}).get(key)
