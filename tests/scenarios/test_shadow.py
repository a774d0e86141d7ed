"""Shadow mode: everything happens but sending, and going live wakes nobody for what was."""

import json
import re
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.domain.alert import State
from bot.domain.page import Notice
from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import hl7_time
from bot.sandbox.slack_render import rendered
from storage import claims
from tests.scenarios.looking import (
    attempts,
    code_in,
    entries,
    operate,
    paged,
    paged_until_acknowledged,
    pages,
    version,
)
from tests.scenarios.receiving import kept
from tests.scenarios.test_quarantine import kept_by_an_older_reader

SHADOW = re.compile("runs in shadow until")
OVER = re.compile("NOBODY IS PAGED")
# The job looks every second of real time.
SOON = 20.0
EARLIEST = -12
"""Hours from UTC in the last zone in which a day begins."""


@pytest.fixture
def settings() -> dict[str, str]:
    """An end that lies ahead of any day on which this is run."""
    return shadow_for(30)


def shadow_for(days: int) -> dict[str, str]:
    until = SystemClock().now().date() + timedelta(days=days)
    return {
        "READBACK_SITE__MODE": "shadow",
        "READBACK_SITE__SHADOW_UNTIL": str(until),
        "READBACK_SITE__TIMEZONE": where_it_is_nine(),
    }


def where_it_is_nine() -> str:
    """Whenever this is run: the notice of eight o'clock, which every test would have to await, is
    most of a day off there."""
    ahead = 9 - SystemClock().now().hour
    ahead += 24 if ahead < EARLIEST else 0
    return f"Etc/GMT{-ahead:+d}"  # east of Greenwich has a minus there


def restart(hospital: Hospital, **environment: str) -> None:
    """Stop it, change the settings, start it again."""
    hospital.close()
    hospital.place.environment = {**hospital.place.environment, **environment}
    hospital.open()


def go_live(hospital: Hospital) -> None:
    restart(hospital, READBACK_SITE__MODE="live")


def back_into_shadow(hospital: Hospital) -> None:
    """Who believed since that people are paged is told at once, and not the next morning."""
    restart(hospital, READBACK_SITE__MODE="shadow")
    told(hospital)


def told(hospital: Hospital) -> None:
    """The first notice, which every coordinator gets at the start."""
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect_new(SHADOW, timeout=SOON)


def ready(hospital: Hospital) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{hospital.place.ports.web}/readyz") as answer:
        body: dict[str, object] = json.load(answer)
    return body


def lines_of_the_log(hospital: Hospital) -> list[dict[str, Any]]:
    assert hospital.bot
    return [json.loads(line) for line in hospital.bot.log_text().splitlines()]


def metric(hospital: Hospital) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{hospital.place.ports.web}/metrics") as answer:
        text = answer.read().decode()
    found = re.search(r"^readback_shadow (\S+)$", text, re.MULTILINE)
    assert found
    return found[1]


def test_everything_happens_but_sending(hospital: Hospital) -> None:
    """The whole ladder is written down, until it ends; nobody's Slack or phone has anything."""
    told(hospital)
    assert "MSA|AA|" in hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(hours=3)
    alert = hospital.alert()
    assert (alert.state, alert.shadow, alert.paged) == (State.SHADOW, True, ())
    names = [row.slip.person_id for row in pages(hospital)]
    assert len(set(names)) == 4, "ordering provider, designee and both coordinators"
    assert {row.slip.channel for row in pages(hospital)} == {"slack", "sms"}
    for row in attempts(hospital):
        assert (row.state, row.reason, row.claimed_at) == ("cancelled", "shadow", None)
        assert row.provider_id == ""
    assert entries(hospital, "opened")[0].data["shadow"] is True
    assert not entries(hospital, "page_sent")
    assert not hospital.ada.slack.messages


def test_a_notice_of_the_quarantine_stays_here_too(hospital: Hospital) -> None:
    told(hospital)
    hospital.send(b"MSH|^~\\&|A|B|C|D|20260101||ORU^R01|1|P|2.5\rPID|1\r", "one without an order")
    assert [message.outcome for message in kept(hospital)] == ["quarantined"]


def test_in_live_mode_the_coordinator_hears_once_of_what_waits_from_shadow(
    hospital: Hospital,
) -> None:
    told(hospital)
    for number in (1, 2):
        data = f"MSH|^~\\&|A|B|C|D|20260101||ORU^R01|{number}|P|2.5\rPID|1\r"
        hospital.send(data.encode(), "one without an order")
    go_live(hospital)
    hospital.carla.slack.expect_new("readback quarantine list")
    restart(hospital)


def test_what_is_replayed_in_shadow_pages_nobody_either(hospital: Hospital) -> None:
    """The command has an engine of its own, and the running copy sends whatever may leave."""
    told(hospital)
    kept_by_an_older_reader(hospital, hospital.report("ct-head-hemorrhage"))
    operate(hospital, "quarantine", "replay", "--all")
    hospital.pass_time(minutes=1)  # the command has a clock of its own, a little ahead
    assert hospital.alert().shadow
    assert {row.state for row in attempts(hospital)} == {"cancelled"}


def test_nobody_can_answer_and_the_list_says_why(hospital: Hospital) -> None:
    told(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    ref = hospital.alert().ref
    listed = hospital.carla.slack.command("/readback", "open").ephemeral.plain
    assert "SHADOW until" in listed
    assert f"SHADOW · {ref}" in listed
    refused = hospital.carla.slack.command("/readback", f"ack {ref}").ephemeral
    assert "opened in SHADOW" in refused.plain
    recorded = hospital.carla.slack.command(
        "/readback", f"called {ref} Dr. Lee at 00:00 on 312-555-0100 repeated yes"
    )
    assert "nobody was paged" in recorded.ephemeral.plain
    theirs = hospital.ada.slack.command("/readback", "open").ephemeral.plain
    assert "No open alert concerns you" in theirs
    assert hospital.alert().state is State.OPEN


def test_where_an_alert_is_listed_slack_shows_that_the_site_is_in_shadow(
    hospital: Hospital,
) -> None:
    """Of a message with blocks nothing else is shown; and this alert is none of shadow's."""
    told(hospital)
    go_live(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    back_into_shadow(hospital)
    answer = hospital.carla.slack.command("/readback", "open").ephemeral
    assert "SHADOW until" in rendered(answer.blocks)


def test_going_live_wakes_nobody_for_what_was_opened_in_shadow(hospital: Hospital) -> None:
    told(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage", accession="A1"))
    hospital.pass_time(minutes=5)
    go_live(hospital)
    hospital.pass_time(hours=3)
    assert hospital.alert("A1").state is State.SHADOW
    assert (ready(hospital)["mode"], metric(hospital)) == ("live", "0.0")
    ended = [line for line in lines_of_the_log(hospital) if line["event"] == "shadow_ended"]
    assert [line["count"] for line in ended] == [1]
    hospital.send(hospital.report("cta-chest-pe", accession="A2"))
    paged_until_acknowledged(hospital, hospital.ada)


def test_a_correction_after_going_live_that_raises_it_pages(hospital: Hospital) -> None:
    told(hospital)
    hospital.send(version("A1", hospital.now, control="1", flag="AA"))
    hospital.pass_time(minutes=5)
    go_live(hospital)
    same = version("A1", hospital.now, control="2", status="C")
    hospital.send(same, "a correction that changes nothing of the finding")
    assert hospital.alert("A1").state is State.SHADOW
    hospital.pass_time(minutes=1)
    words = "Acute subdural hematoma, and midline shift."
    hospital.send(version("A1", hospital.now, control="3", status="C", impression=words))
    _, sms = paged(hospital.ada)
    assert hospital.alert("A1").state is State.OPEN
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    hospital.settle()
    alert = hospital.alert("A1")
    assert (alert.state, alert.shadow) == (State.ACKNOWLEDGED, False)


def test_an_alert_for_which_people_were_paged_goes_on_in_shadow(hospital: Hospital) -> None:
    told(hospital)
    go_live(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    back_into_shadow(hospital)
    logged = {line["event"]: line for line in lines_of_the_log(hospital)}
    assert logged["still_paging"]["count"] == 1
    assert "T00:00:00" in logged["shadow_mode"]["until"]
    hospital.pass_time(minutes=10)
    paged_until_acknowledged(hospital, hospital.ada)


def test_in_shadow_nobody_hears_of_what_had_ended_before_anybody_was_paged(
    hospital: Hospital,
) -> None:
    """A withdrawal came first, in live mode; what it withdraws comes in shadow, and is doubtful."""
    told(hospital)
    go_live(hospital)
    hospital.send(version("A1", hospital.now, control="1", status="X"))
    back_into_shadow(hospital)
    hospital.pass_time(minutes=5)
    earlier = hospital.now - timedelta(hours=1)
    sent = hl7_time(hospital.now)
    hospital.send(version("A1", earlier, control="2", sent=sent), "an older version")
    assert entries(hospital, "older_version")
    assert {(row.slip.notice, row.state) for row in attempts(hospital)} == {
        (Notice.OLDER_VERSION, "cancelled")
    }


def test_a_restart_within_the_same_mode_tells_nobody_again(hospital: Hospital) -> None:
    told(hospital)
    restart(hospital)
    hospital.pass_time(minutes=1)
    go_live(hospital)
    restart(hospital)


def test_every_morning_the_coordinators_hear_how_many_would_have_been_paged(
    hospital: Hospital,
) -> None:
    told(hospital)
    assert (ready(hospital)["mode"], metric(hospital)) == ("shadow", "1.0")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.send(hospital.report("unknown-provider"))
    hospital.pass_time(hours=24)
    hospital.carla.slack.expect_new(re.compile("2 results would have been paged"), timeout=SOON)
    hospital.chris.slack.expect_new(re.compile("2 results would have been paged"), timeout=SOON)
    hospital.settle()


def test_past_its_end_it_stays_in_shadow_and_insists(hospital: Hospital) -> None:
    told(hospital)
    hospital.pass_time(hours=24 * 33)
    insisted(hospital)
    assert (ready(hospital)["mode"], metric(hospital)) == ("shadow-over", "2.0")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(hours=4, minutes=1)
    insisted(hospital)
    restart(hospital)
    assert hospital.alert().shadow
    assert ready(hospital)["mode"] == "shadow-over"


def insisted(hospital: Hospital) -> None:
    """Every coordinator, on every channel that they have."""
    for coordinator in (hospital.carla, hospital.chris):
        coordinator.slack.expect_new(OVER, timeout=SOON)
        coordinator.phone.expect_sms(OVER, timeout=SOON)
    hospital.settle()


def test_the_notices_of_shadow_are_the_only_rows_that_left(hospital: Hospital) -> None:
    told(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    assert {row.slip.notice for row in attempts(hospital)} == {None}
    assert Notice.SHADOW.insists
    assert hospital.database.look(claims.next_to_leave) is None
