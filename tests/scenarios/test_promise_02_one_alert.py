"""One alert for one order's result, however often and in whichever order its versions arrive."""

import asyncio
from datetime import timedelta

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import (
    DISSECTION,
    acknowledge_by_sms,
    deliver,
    entries,
    expect_everything,
    paged,
    paged_until_acknowledged,
    pages,
    version,
)


def send(hospital: Hospital, minutes_ago: float, **about: str) -> str:
    """One version of order V1, finalized that long ago, under a control id of its own."""
    hospital.sent += 1
    final = hospital.now - timedelta(minutes=minutes_ago)
    return hospital.send(version("V1", final, control=f"V{hospital.sent}", **about))


def test_the_same_report_under_another_control_id_pages_nobody_again(hospital: Hospital) -> None:
    for _ in range(3):
        assert "MSA|AA|" in send(hospital, 1)
    paged_until_acknowledged(hospital, hospital.ada)
    assert (hospital.alerts(), len(pages(hospital))) == (1, 2)


def test_the_same_report_on_eight_connections_at_once_is_one_alert(hospital: Hospital) -> None:
    final = hospital.now
    copies = [version("V1", final, control=f"C{n}") for n in range(8)]

    async def at_once() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(deliver, hospital, c) for c in copies))

    assert all("MSA|AA|" in answer for answer in asyncio.run(at_once()))
    hospital.settle()
    paged_until_acknowledged(hospital, hospital.ada)
    assert (hospital.alerts(), len(pages(hospital))) == (1, 2)


def test_an_older_version_after_a_newer_one_changes_nothing(hospital: Hospital) -> None:
    send(hospital, 1, status="C", impression=DISSECTION)
    _, sms = paged(hospital.ada)
    send(hospital, 9)
    modal = hospital.ada.slack.click("Acknowledge").modal
    assert DISSECTION in modal.text
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert (hospital.alerts(), len(pages(hospital))) == (1, 2)


def test_an_upgrade_shortens_the_window_and_pages_the_owner_again(hospital: Hospital) -> None:
    send(hospital, 0, flag="RID49482")
    paged(hospital.ada, "significant")
    before = hospital.alert().due_at
    hospital.pass_time(hours=2)
    send(hospital, 0, status="C", flag="AA")
    alert = hospital.alert()
    assert (alert.category, alert.state) == ("critical", State.OPEN)
    assert alert.due_at == hospital.now + timedelta(hours=1) < before
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


def test_who_is_paged_again_reads_that_the_report_has_changed_and_nobody_else_does(
    hospital: Hospital,
) -> None:
    send(hospital, 5)
    message, sms = paged(hospital.ada)
    assert "changed" not in message.plain + sms.body
    acknowledge_by_sms(hospital, hospital.ada, sms)
    send(hospital, 0, status="C", impression=DISSECTION)
    message, sms = paged(hospital.ada)
    assert "The report has changed since you were first told" in message.plain
    assert "imaging result, report changed, ref" in sms.body
    hospital.pass_time(minutes=30)
    message, sms = paged(hospital.ben)
    assert "changed" not in message.plain + sms.body
    expect_everything(hospital)


def test_an_upgrade_never_gives_more_time_than_there_was(hospital: Hospital) -> None:
    send(hospital, 23.5 * 60, flag="RID49482")
    before = hospital.alert().due_at
    send(hospital, 0, status="C", flag="AA")
    assert hospital.alert().due_at == before
    expect_everything(hospital)


def test_a_lower_category_gives_the_time_back_counted_from_the_opening(hospital: Hospital) -> None:
    send(hospital, 5)
    paged(hospital.ada)
    opened = hospital.alert().window_opens_at
    send(hospital, 0, status="C", flag="RID49482")
    alert = hospital.alert()
    assert (alert.category, alert.due_at) == ("significant", opened + timedelta(hours=24))
    hospital.pass_time(minutes=50)
    assert hospital.alert().expired_at is None
    expect_everything(hospital)


def test_a_report_that_becomes_routine_ends_the_alert_and_says_so(hospital: Hospital) -> None:
    send(hospital, 5)
    message, _ = paged(hospital.ada)
    send(hospital, 0, status="C", flag="RID50261")
    assert hospital.alert().state is State.DOWNGRADED
    hospital.ada.slack.expect_now(message, "Downgraded")
    hospital.ada.slack.expect_new("routine")
    hospital.pass_time(hours=2)


def test_a_missing_flag_never_lowers_anything(hospital: Hospital) -> None:
    send(hospital, 5)
    _, sms = paged(hospital.ada)
    send(hospital, 0, status="C", flag="")
    alert = hospital.alert()
    assert (alert.state, alert.category) == (State.OPEN, "critical")
    assert len(pages(hospital)) == 2
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_a_withdrawal_after_the_acknowledgment_leaves_it_and_tells_who_acted(
    hospital: Hospital,
) -> None:
    send(hospital, 5)
    message, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect_now(message, "Acknowledged")
    send(hospital, 0, status="X")
    alert = hospital.alert()
    assert alert.state is State.ACKNOWLEDGED
    assert alert.withdrawn_at == hospital.now
    hospital.ada.slack.expect_now(message, "Withdrawn")
    hospital.ada.slack.expect_new("withdrawn")


def test_a_withdrawal_that_arrives_first_is_recorded_and_wakes_nobody(hospital: Hospital) -> None:
    send(hospital, 0, status="X", flag="")
    send(hospital, 5)
    alert = hospital.alert()
    assert (alert.state, pages(hospital)) == (State.WITHDRAWN, [])
    assert [entry.data for entry in entries(hospital, "withdrawn")] == [
        {"before_anybody_was_paged": True}
    ]


def test_what_is_issued_again_after_such_a_withdrawal_has_no_note_of_its_times(
    hospital: Hospital,
) -> None:
    send(hospital, 1, status="X")
    assert hospital.alert().state is State.WITHDRAWN
    send(hospital, 0, status="C")
    message, sms = paged(hospital.ada)
    assert "Note:" not in message.plain
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_a_result_flagged_again_after_its_withdrawal_reopens_the_same_alert(
    hospital: Hospital,
) -> None:
    send(hospital, 5)
    paged(hospital.ada)
    send(hospital, 3, status="X")
    assert hospital.alert().state is State.WITHDRAWN
    hospital.pass_time(minutes=1)
    send(hospital, 0, status="C", impression=DISSECTION)
    alert = hospital.alert()
    assert (alert.state, alert.cycle, hospital.alerts()) == (State.OPEN, 2, 1)
    expect_everything(hospital)


def test_a_modal_opened_on_the_older_version_shows_the_newer_one_instead(
    hospital: Hospital,
) -> None:
    send(hospital, 5)
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    send(hospital, 0, status="C", impression=DISSECTION)
    answer = hospital.ada.slack.submit(modal, {"words": "Subdural hematoma"})
    assert answer.outcome == "updated"
    assert answer.view is not None
    assert DISSECTION in answer.view.text
    assert hospital.alert().state is State.OPEN
    done = hospital.ada.slack.submit(answer.view, {"words": "Dissection"})
    assert done.outcome == "closed"
    assert hospital.alert().state is State.ACKNOWLEDGED
    hospital.settle()
    expect_everything(hospital)
