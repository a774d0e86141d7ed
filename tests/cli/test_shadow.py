"""`readback shadow report`: for the analyst at a terminal, and for programs."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.domain.effects import Record
from bot.sandbox.samples import fill, hl7_time, sample
from storage import audit
from storage.database import Database
from storage.retention import BEGAN
from tests.cli.conftest import ADA, BEN, CARLA, Place, Receive, report

WIDTH = 80


@pytest.fixture
def silent(place: Place) -> Place:
    """The site in shadow for a month."""
    until = SystemClock().now().date() + timedelta(days=30)
    text = place.config.read_text(encoding="utf-8")
    lines = f'[site]\nmode = "shadow"\nshadow_until = {until}\n'
    place.config.write_text(text.replace("[site]\n", lines), encoding="utf-8")
    place.env = {"COLUMNS": str(WIDTH)}
    return place


def known(place: Place) -> None:
    """Ada orders; she is 1001 of MAIN in the samples."""
    place.imported(ADA.replace(",,Ada", ",MAIN:1001,Ada"), BEN, CARLA)


def lines(place: Place, what: str = "", *words: str) -> list[dict[str, Any]]:
    result = place.run("shadow", "report", "--json", *words)
    assert result.exit_code == 0, result.output
    told = [json.loads(line) for line in result.stdout.splitlines()]
    return [line for line in told if what in {"", line["what"]}]


def unknown_provider(accession: str) -> bytes:
    template = sample("unknown-provider").template
    return fill(template, now=SystemClock().now(), accession=accession, control_id=f"C{accession}")


def final(accession: str, at: datetime) -> bytes:
    template = sample("ct-head-hemorrhage").template
    return fill(template, now=at, accession=accession, control_id=f"C{hl7_time(at)}{accession}")


def preliminary(accession: str, at: datetime) -> bytes:
    """The same, flagged already."""
    return final(accession, at).replace(b"|CT|F|", b"|CT|P|").replace(b"|C2", b"|P2")


def test_the_first_page_with_its_person_channels_and_time_to_answer(
    silent: Place, receive: Receive
) -> None:
    known(silent)
    receive(report("A1"))
    (alert,) = lines(silent, "alert")
    assert (alert["shadow"], alert["category"], alert["not_to_provider"]) == (
        True,
        "critical",
        None,
    )
    first = alert["first_page"]
    assert (first["person"], first["role"], first["sent"]) == ("Ada", "ordering_provider", False)
    assert first["channels"] == ["slack", "sms"]
    assert alert["due_at"] > first["at"]
    assert alert["rule"]
    (summary,) = lines(silent, "summary")
    assert (summary["alerts"], summary["would_page"], summary["paged"]) == (1, 1, 0)


def test_of_a_result_that_comes_too_late_for_a_ladder_the_ordering_provider_is_told_first(
    silent: Place, receive: Receive
) -> None:
    """Everybody is paged at once; that the coordinator owns it is no reason to name them alone."""
    known(silent)
    receive(final("A1", SystemClock().now() - timedelta(minutes=70)))
    (alert,) = lines(silent, "alert")
    assert (alert["first_page"]["person"], alert["not_to_provider"]) == ("Ada", None)


def test_an_alert_that_was_withdrawn_stays_in_the_numbers(silent: Place, receive: Receive) -> None:
    """Somebody would have been paged before; a rate without it would flatter."""
    known(silent)
    now = SystemClock().now()
    receive(final("A1", now - timedelta(minutes=5)))
    receive(final("A1", now).replace(b"|CT|F|", b"|CT|X|"))
    (alert,) = lines(silent, "alert")
    assert (alert["state"], alert["first_page"]["person"]) == ("withdrawn", "Ada")
    (summary,) = lines(silent, "summary")
    assert (summary["alerts"], summary["would_page"]) == (1, 1)


def test_what_a_later_version_leaves_out_is_told_of_an_older_one(
    silent: Place, receive: Receive
) -> None:
    """The alert is still that of the flag, and of whoever ordered."""
    silent.imported(CARLA)
    now = SystemClock().now()
    receive(final("A1", now - timedelta(minutes=5)))
    (before,) = lines(silent, "alert")
    later = final("A1", now).replace(b"|CT|F|", b"|CT|C|").replace(b"|AA|", b"||")
    receive(re.sub(rb"\|[^|]*\^OSEI\^[^|]*\|", b"||", later))
    (alert,) = lines(silent, "alert")
    assert before["rule"].endswith("=AA")
    assert (alert["rule"], alert["not_to_provider"]) == (before["rule"], "unknown-provider")
    assert [line["alerts"] for line in lines(silent, "unknown_provider")] == [1]


def test_an_unknown_provider_with_the_identifiers_to_add(silent: Place, receive: Receive) -> None:
    silent.imported(CARLA)
    receive(unknown_provider("A1"))
    receive(unknown_provider("A2"))
    first, _ = lines(silent, "alert")
    assert first["not_to_provider"] == "unknown-provider"
    assert first["first_page"]["person"] == "Carla"
    (provider,) = lines(silent, "unknown_provider")
    assert (provider["alerts"], provider["known_now"]) == (2, False)
    assert all(each["value"] for each in provider["identifiers"])


def test_a_provider_who_was_added_since_is_marked(silent: Place, receive: Receive) -> None:
    silent.imported(CARLA)
    receive(report("A1"))
    assert [line["known_now"] for line in lines(silent, "unknown_provider")] == [False]
    known(silent)
    assert [line["known_now"] for line in lines(silent, "unknown_provider")] == [True]


def test_a_provider_without_a_channel_and_an_alert_that_nobody_gets(
    silent: Place, receive: Receive, database: Database
) -> None:
    silent.imported("1234567893,MAIN:1001,Ada,,,,,,", CARLA)
    receive(report("A1"))
    (alert,) = lines(silent, "alert")
    assert alert["not_to_provider"] == "no-contact"
    assert alert["first_page"]["person"] == "Carla"


def test_reports_are_counted_by_sender_and_category(silent: Place, receive: Receive) -> None:
    known(silent)
    receive(report("A1"))
    receive(report("A2"))
    routine = sample("ct-abdomen-routine").template
    receive(fill(routine, now=SystemClock().now(), accession="A3", control_id="C3"))
    told = {(line["category"], line["count"]) for line in lines(silent, "reports")}
    assert told == {("critical", 2), (None, 1)}


def test_a_withdrawal_is_no_final_report_received(silent: Place, receive: Receive) -> None:
    """It is what takes one back: counted among them it would thin out the flagged ones."""
    known(silent)
    receive(final("A1", SystemClock().now() - timedelta(minutes=5)))
    receive(final("A1", SystemClock().now()).replace(b"|CT|F|", b"|CT|X|"))
    told = {(line["category"], line["count"]) for line in lines(silent, "reports")}
    assert told == {("critical", 1)}


def test_what_cannot_be_read_is_no_final_report_received(silent: Place, receive: Receive) -> None:
    """It opens an alert all the same. Replayed later, the one report was counted twice."""
    known(silent)
    receive(final("A1", SystemClock().now()).replace(b"|CT|F|", b"|CT|Q|"))
    assert len(lines(silent, "alert")) == 1
    assert lines(silent, "reports") == []


def test_minutes_from_a_flagged_preliminary_to_its_final(silent: Place, receive: Receive) -> None:
    known(silent)
    now = SystemClock().now()
    for number, minutes in ((1, 10), (2, 30)):
        receive(preliminary(f"A{number}", now - timedelta(minutes=minutes)))
        receive(final(f"A{number}", now))
    receive(preliminary("A9", now))
    with_final = [line for line in lines(silent, "preliminary") if line["final_at"]]
    assert sorted(line["minutes"] for line in with_final) == [10.0, 30.0]
    assert all(line["final_flagged"] and line["ref"] for line in with_final)
    (summary,) = lines(silent, "summary")
    assert summary["preliminary_to_final"] == {"count": 2, "median": 20.0, "p90": 30.0}
    shown = silent.run("shadow", "report").stdout
    assert "2 pairs: median 20 min, 90 % within 30 min." in shown
    assert "1 order without a final yet." in shown
    assert shown.count("no final") == 1
    assert max(map(len, shown.splitlines())) <= WIDTH


def test_a_preliminary_after_the_final_or_of_another_order_has_no_minutes(
    silent: Place, receive: Receive
) -> None:
    known(silent)
    now = SystemClock().now()
    receive(final("A1", now - timedelta(minutes=60)))
    receive(preliminary("A1", now - timedelta(minutes=5)))
    receive(preliminary("A2", now - timedelta(minutes=50)).replace(b"A2^RIS", b"F1^RIS"))
    other = final("A2", now - timedelta(minutes=40)).replace(b"A2^RIS", b"F2^RIS")
    receive(other.replace(b"|PA2|", b"|PB2|"))
    (told,) = lines(silent, "preliminary")
    assert told["final_at"] is None
    (summary,) = lines(silent, "summary")
    assert summary["preliminary_to_final"] is None


def test_on_a_terminal_of_80_columns_nothing_is_cut(silent: Place, receive: Receive) -> None:
    known(silent)
    for number in range(45):
        receive(report(f"A{number}"))
    receive(unknown_provider("B1"))
    result = silent.run("shadow", "report")
    assert max(map(len, result.stdout.splitlines())) <= WIDTH
    refs = [line["ref"] for line in lines(silent, "alert")]
    assert sum(ref in result.stdout for ref in refs) >= 40
    assert "6 earlier ones left out; --json has them all." in result.stderr
    assert "SHADOW until" in result.stderr
    for heading in ("First pages", "Not to the ordering provider", "Providers to add"):
        assert heading in result.stdout


def test_no_patient_and_no_accession_is_in_it(silent: Place, receive: Receive) -> None:
    known(silent)
    receive(report("ACC4711"))
    for result in (silent.run("shadow", "report"), silent.run("shadow", "report", "--json")):
        assert "ACC4711" not in result.output
        assert "subdural" not in result.output.lower()


def test_in_live_mode_it_says_how_many_were_paged(place: Place, receive: Receive) -> None:
    known(place)
    receive(report("A1"))
    (summary,) = lines(place, "summary")
    assert (summary["alerts"], summary["would_page"], summary["paged"]) == (1, 0, 0)
    (alert,) = lines(place, "alert")
    assert (alert["shadow"], alert["first_page"]["sent"]) == (False, False)
    assert "unsent" in place.run("shadow", "report").stdout


def test_an_empty_period_says_so(silent: Place, receive: Receive) -> None:
    known(silent)
    receive(report("A1"))
    result = silent.run("shadow", "report", "--from", "2020-01-01", "--to", "2020-01-31")
    assert result.stdout == ""
    assert "No report was received from 2020-01-01 to 2020-01-31." in result.stderr
    (summary,) = lines(silent, "", "--from", "2020-01-01", "--to", "2020-01-31")
    assert (summary["what"], summary["alerts"]) == ("summary", 0)


def test_what_was_removed_and_is_not_counted_is_said(
    silent: Place, receive: Receive, database: Database
) -> None:
    began = Record(BEGAN, data={"days": 90})
    now = SystemClock().now()
    database.run(lambda c: audit.append(c, audit.ADMIN, [began], now))
    day = f"{now - timedelta(days=90):%Y-%m}"
    said = f"What belongs to no alert and came before {day}"
    gone = silent.run("shadow", "report", "--from", "2020-01-01", "--to", "2020-02-01")
    assert said in " ".join(gone.stderr.split())
    assert "was removed" not in silent.run("shadow", "report").output
    receive(report("A1"))
    whole = silent.run("shadow", "report", "--from", "2020-01-01")
    assert said in " ".join(whole.output.split())
    assert "Final reports received" in whole.output


def test_a_period_that_ends_before_it_begins_is_refused(silent: Place, database: Database) -> None:
    result = silent.run("shadow", "report", "--from", "2020-02-01", "--to", "2020-01-31")
    assert result.exit_code == 2
    assert "lies after" in result.stderr


@pytest.mark.parametrize(
    "told", ["31.1.2020", "2020-13-01", "2020-02-30", "yesterday", "9999-12-31"]
)
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_day_that_is_none_is_told_with_one_that_is(silent: Place, told: str, option: str) -> None:
    result = silent.run("shadow", "report", option, told)
    assert result.exit_code == 2
    assert f"{told} is no day. Write year, month and day:" in result.stderr


def test_the_list_of_alerts_is_marked(silent: Place, receive: Receive) -> None:
    known(silent)
    receive(report("A1"))
    result = silent.run("alerts")
    assert "SHADOW" in result.stdout
    assert "SHADOW until" in result.stderr
    assert json.loads(silent.run("alerts", "--json").stdout)[0]["shadow"] is True


def test_what_a_message_would_do_is_told_with_that_it_does_not_yet(silent: Place) -> None:
    known(silent)
    file = silent.folder / "one.hl7"
    file.write_bytes(report("A1"))
    result = silent.run("explain", str(file))
    assert "would page at once the ordering provider" in result.stdout
    assert "SHADOW until" in result.stderr
