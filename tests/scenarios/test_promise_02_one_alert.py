"""One alert for one order's result, however often and in whichever order its versions arrive."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bot.app import DEFAULT_POLICY
from bot.clock import SystemClock
from bot.domain.alert import State
from bot.domain.policy_file import parse_policy
from bot.engine import intake
from bot.engine.context import Engine, Site
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.hospital import EVERY_STATE, Hospital
from bot.sources import mllp
from bot.sources.mllp_client import ask
from storage import alert_lists, alerts, reports
from storage.database import Database
from tests.scenarios.looking import (
    acknowledge_by_sms,
    deliver,
    entries,
    expect_everything,
    paged,
    paged_until_acknowledged,
    pages,
    version,
)

CHICAGO = ZoneInfo("America/Chicago")
DISSECTION = "Acute dissection of the descending aorta."


def send(hospital: Hospital, minutes_ago: float, **about: str) -> str:
    """One version of order V1, finalized that long ago, under a control id of its own."""
    hospital.sent += 1
    final = hospital.now - timedelta(minutes=minutes_ago)
    return hospital.send(version("V1", final, control=f"V{hospital.sent}", **about))


# ---- the whole bot --------------------------------------------------------------------------


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


# ---- any order: the listener and the intake alone, nobody is paged ------------------------------


Spec = tuple[float, str, str, str]
"""Minutes before now, OBR-25, OBX-8, impression."""

HEMATOMA = "Acute left subdural hematoma."
SETS: dict[str, Sequence[Spec]] = {
    "ends routine": (
        (40, "F", "AA", HEMATOMA),
        (30, "C", "", HEMATOMA),
        (20, "C", "AA", DISSECTION),
        (10, "C", "RID50261", HEMATOMA),
    ),
    "ends withdrawn": (
        (40, "F", "RID49482", HEMATOMA),
        (30, "C", "AA", HEMATOMA),
        (20, "C", "RID50261", HEMATOMA),
        (10, "X", "", HEMATOMA),
    ),
    "flagged again after a withdrawal": (
        (40, "F", "AA", HEMATOMA),
        (30, "X", "", HEMATOMA),
        (20, "C", "RID49482", DISSECTION),
        (10, "C", "", DISSECTION),
    ),
    "all at the same second": (
        (10, "F", "AA", HEMATOMA),
        (10, "C", "RID49482", HEMATOMA),
        (10, "X", "", HEMATOMA),
    ),
    "preliminary and unknown code among them": (
        (40, "P", "AA", DISSECTION),
        (30, "F", "RID49482", HEMATOMA),
        (20, "C", "RID49489", HEMATOMA),
        (10, "F", "RID49482", HEMATOMA),
    ),
}
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class _At(SystemClock):
    """Stands still."""

    def now(self) -> datetime:
        return NOW


@contextmanager
def intake_alone(database_url: str) -> Iterator[Engine]:
    database = Database(database_url)
    people_move_in(database, _At())
    yield Engine(
        database=database,
        clock=_At(),
        policy=parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8")),
        site=Site("General", CHICAGO, "312-555-0100"),
        wake=lambda: None,
        instance=1,
    )
    database.close()


async def play(engine: Engine, messages: Sequence[bytes]) -> list[str]:
    listener = mllp.Listener(
        lambda raw: intake.receive(engine, raw), engine.clock.now, mllp.Listening(timezone=CHICAGO)
    )
    await listener.open("127.0.0.1", 0)
    answers = [await ask("127.0.0.1", listener.port, message) for message in messages]
    await listener.stop()
    return answers


def end_of(engine: Engine, accession: str) -> tuple[str, str, str, str, bool]:
    """State, category, impression of the version that holds, review, whether time still runs."""
    rows = engine.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000))
    (row,) = [row for row in rows if row.accession == accession]
    alert = engine.database.look(lambda c: alerts.load(c, row.id, for_update=False))
    shown = engine.database.look(lambda c: reports.load(c, alert.report_id))
    return (
        row.state,
        row.category,
        f"{shown.status.name} {shown.impression}",
        alert.review,
        alert.next_action_at is not None,
    )


def versions(accession: str, specs: Sequence[Spec], order: Sequence[int]) -> Iterator[bytes]:
    for place, index in enumerate(order):
        ago, status, flag, impression = specs[index]
        about = {"status": status, "flag": flag, "impression": impression}
        final = NOW - timedelta(minutes=ago)
        yield version(accession, final, control=f"{accession}-{place}", **about)


@pytest.mark.parametrize("specs", SETS.values(), ids=SETS)
def test_every_order_and_repetition_of_the_versions_ends_alike(
    database_url: str, specs: Sequence[Spec]
) -> None:
    dice = Random(1)
    orders = list(permutations(range(len(specs))))
    with intake_alone(database_url) as engine:
        messages = [
            message
            for number, order in enumerate(orders)
            for message in versions(f"V{number}", specs, [*order, dice.choice(order)])
        ]
        answers = asyncio.run(play(engine, messages))
        ends = {end_of(engine, f"V{number}"): orders[number] for number in range(len(orders))}
    assert all("MSA|AA|" in answer for answer in answers)
    assert len(ends) == 1, ends


def test_versions_of_the_same_second_and_rank_end_alike_in_either_order(tmp_path: Path) -> None:
    specs = ((10, "C", "AA", HEMATOMA), (10, "C", "AA", DISSECTION), (10, "C", "RID50261", "None."))
    ends = set()
    for number, order in enumerate(permutations(range(len(specs)))):
        with intake_alone(f"sqlite:///{tmp_path / str(number)}.db") as engine:
            asyncio.run(play(engine, list(versions("V1", specs, order))))
            ends.add(end_of(engine, "V1"))
    assert len(ends) == 1, ends
