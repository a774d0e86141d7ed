from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from bot.domain.events import DeclineReason, ReadBack
from bot.engine.views import AlertView
from bot.sandbox.slack_render import rendered_view
from bot.slack import SlackSettings, modals
from bot.slack.modals import Call, Shown
from tests.slack.given import NOW, SITE, alert, sites, view, views

Check = Callable[[Any], None]
MARKER = "SUBDURAL-MARKER"


def state(**entered: Any) -> dict[str, Any]:
    return {field: {field: value} for field, value in entered.items()}


def chosen(value: str) -> dict[str, Any]:
    return {"type": "radio_buttons", "selected_option": {"value": value}}


def ticked(*values: str) -> dict[str, Any]:
    return {"type": "checkboxes", "selected_options": [{"value": value} for value in values]}


def typed(text: str | None) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": text}


def test_without_phi_the_person_says_how_they_have_learned_of_the_finding() -> None:
    told = rendered_view(modals.acknowledge(view(), replace(SITE, phi="none"), NOW))
    assert "Read the report in the EHR, or call 312-555-0100" in told
    assert "I have heard it by phone and repeated it back" in told


def test_without_phi_there_is_no_field_that_would_take_the_finding() -> None:
    shown = modals.acknowledge(view(), replace(SITE, phi="none"), NOW)
    assert "plain_text_input" not in str(shown)


def test_with_phi_the_finding_stands_in_the_modal_as_it_was_written() -> None:
    finding = "Left subdural <9 mm> & midline shift\n*not bold*"
    shown = modals.acknowledge(view(finding=finding), SITE, NOW)
    assert finding in [b["text"]["text"] for b in shown["blocks"] if b["type"] == "section"]


VIEWER = replace(SITE, viewer="https://pacs.example/?acc={accession}&study={study_uid}")


def test_the_images_and_the_documented_call_stand_beside_the_finding() -> None:
    shown = view(finding=MARKER, study_uid="1.2.3", called="Called to Dr. Osei.")
    told = rendered_view(modals.acknowledge(shown, VIEWER, NOW))
    assert "[Open images] (opens https://pacs.example/?acc=A1&study=1.2.3)" in told
    assert "Called to Dr. Osei." in told


def test_where_no_finding_is_shown_there_is_no_address_and_no_quotation() -> None:
    """What an AlertView holds without a finding must not matter."""
    bare = view(study_uid="1.2.3", called="Called to Dr. Osei.")
    for shown in (modals.acknowledge, modals.already_called):
        told = rendered_view(shown(bare, VIEWER, NOW))
        assert "pacs.example" not in told
        assert "Osei." not in told


def test_the_modal_of_a_documented_call_only_asks_to_confirm_it() -> None:
    shown = modals.already_called(view(finding=MARKER), SITE, NOW)
    assert modals.shown(shown["private_metadata"]) == Shown("a1", 1)
    assert shown["submit"]["text"] == "I was already called"
    assert not [block for block in shown["blocks"] if block["type"] == "input"]


def test_a_modal_in_the_place_of_an_older_version_says_that_the_report_has_changed() -> None:
    told = rendered_view(modals.acknowledge(view(finding=MARKER), SITE, NOW, changed=True))
    assert "The report has changed since you opened it." in told


def test_a_late_report_says_so_in_the_modal() -> None:
    opened = alert().opened_at
    of = alert(window_opens_at=opened - timedelta(minutes=25))
    assert "Received late: 25 min" in rendered_view(modals.acknowledge(view(of), SITE, NOW))


def test_metadata_holds_the_alert_and_the_version_shown_and_nothing_else() -> None:
    shown = modals.acknowledge(view(alert(version=3), finding=MARKER), SITE, NOW)
    assert shown["private_metadata"] == '{"alert": "a1", "version": 3}'
    assert modals.shown(shown["private_metadata"]) == Shown("a1", 3)


@pytest.mark.parametrize(
    ("value", "read_back"),
    [
        ("viewed_ehr", ReadBack.VIEWED),
        ("viewed_phone", ReadBack.VIEWED),
        ("repeated_phone", ReadBack.REPEATED),
    ],
)
def test_how_the_finding_was_learned_decides_the_read_back(value: str, read_back: ReadBack) -> None:
    assert modals.read_back(state(confirm=chosen(value))) == (read_back, "")


def test_a_ticked_box_is_viewed_and_own_words_are_repeated() -> None:
    assert modals.read_back(state(confirm=ticked("viewed_here"), words=typed(None))) == (
        ReadBack.VIEWED,
        "",
    )
    assert modals.read_back(state(confirm=ticked(), words=typed(" left subdural "))) == (
        ReadBack.REPEATED,
        "left subdural",
    )


def test_own_words_count_more_than_a_ticked_box() -> None:
    both = state(confirm=ticked("viewed_here"), words=typed("left subdural"))
    assert modals.read_back(both) == (ReadBack.REPEATED, "left subdural")


@pytest.mark.parametrize(
    "empty",
    [
        state(confirm={"selected_option": None}),
        state(confirm=ticked(), words=typed(None)),
        state(confirm=ticked(), words=typed("  \n ")),
        state(confirm=ticked(), words=typed(".")),
        state(confirm=ticked(), words=typed("? k !")),
    ],
)
def test_no_read_back_is_an_error_on_a_field_that_the_modal_has(empty: dict[str, Any]) -> None:
    assert modals.read_back(empty) is None
    assert modals.read_back_missing(empty).keys() == {"confirm"}


@pytest.mark.parametrize("reason", DeclineReason)
def test_every_reason_can_be_chosen(reason: DeclineReason) -> None:
    assert f'"{reason.value}"' in str(modals.decline(view())).replace("'", '"')
    assert modals.decline_reason(state(reason=chosen(reason.value))) is reason


def told(**changes: Any) -> dict[str, Any]:
    entered = {
        "whom": typed("Dr. Lee"),
        "when": {"selected_date_time": int(NOW.timestamp()) - 120},
        "number": typed("312-555-0199"),
        "repeated": chosen("yes"),
    }
    return state(**{**entered, **changes})


def test_a_call_is_read_with_whom_when_number_and_read_back() -> None:
    assert modals.call_told(told()) == Call(
        "Dr. Lee", "312-555-0199", NOW - timedelta(minutes=2), repeated_back=True
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("whom", typed("  ")),
        ("number", typed("desk")),
    ],
)
def test_what_is_wrong_with_a_call_is_said_at_its_field(field: str, value: Any) -> None:
    errors = modals.call_told(told(**{field: value}))
    assert isinstance(errors, dict)
    assert errors.keys() == {field}


@settings(max_examples=60, deadline=None)  # a long finding is a hundred blocks to validate
@given(drawn=views(), site=sites)
def test_every_modal_is_what_slack_takes(
    drawn: AlertView, site: SlackSettings, sound_view: Check
) -> None:
    sound_view(modals.acknowledge(drawn, site, NOW, changed=True))
    sound_view(modals.already_called(drawn, site, NOW))
    sound_view(modals.decline(drawn))
    sound_view(modals.called(drawn, NOW))
    sound_view(modals.told("Not acknowledged", "Somebody else has already acknowledged this."))
