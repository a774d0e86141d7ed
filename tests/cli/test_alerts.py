"""`readback alerts`: what is open, for people and for programs."""

import json
import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.domain.legible import STEERING
from bot.domain.page import Sent
from storage import alerts, audit, claims, outbox
from storage.database import Database
from tests.cli.conftest import CARLA, Place, Receive, report

KEYS = [
    "ref",
    "category",
    "state",
    "owner",
    "window_opens_at",
    "due_at",
    "next_action_at",
    "accession",
]


def test_an_open_alert_is_printed_as_json_with_its_owner_and_times_in_utc(
    place: Place, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(report("A7"))
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    assert list(alert) == KEYS
    assert alert["category"] == "critical"
    assert alert["state"] == "open"
    assert alert["owner"] == "Carla"
    assert alert["accession"] == "A7"
    assert all(re.fullmatch(r"\d{4}-.*T.*Z", alert[k]) for k in ("due_at", "next_action_at"))


def test_the_table_leaves_the_accession_number_out(place: Place, receive: Receive) -> None:
    place.imported(CARLA)
    receive(report("A7777"))
    text = place.run("alerts").stdout
    assert "Carla" in text
    assert "A7777" not in text


def test_a_window_too_narrow_for_the_table_gets_a_line_a_fact(
    place: Place, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(report("A7"))
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    place.env["COLUMNS"] = "40"
    lines = [line.split() for line in place.run("alerts").stdout.splitlines()]
    assert ["ref", alert["ref"]] in lines
    assert ["owner", "Carla"] in lines
    assert max(map(len, place.run("alerts").stdout.splitlines())) <= 40


def test_alerts_that_ended_are_listed_on_demand(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(report("A7"))
    receive(report("A7").replace(b"|F|", b"|X|").replace(b"CA7", b"CA8"))
    assert json.loads(place.run("alerts", "--json").stdout) == []
    (ended,) = json.loads(place.run("alerts", "--all", "--json").stdout)
    assert (ended["state"], ended["next_action_at"]) == ("withdrawn", None)


def test_no_alert_is_a_sentence_for_people_and_a_list_for_programs(
    place: Place, database: Database
) -> None:
    result = place.run("alerts")
    assert (result.stdout, result.stderr) == ("", "No alert is open.\n")
    assert place.run("alerts", "--json").stdout == "[]\n"


def test_more_than_the_limit_is_said_and_not_put_into_the_json(
    place: Place, receive: Receive
) -> None:
    place.imported(CARLA)
    for accession in ("A1", "A2"):
        receive(report(accession))
    result = place.run("alerts", "--json", "--limit", "1")
    assert len(json.loads(result.stdout)) == 1
    assert "--limit" in result.stderr


def test_a_database_that_is_not_there_is_not_made_by_looking(new_place: Place) -> None:
    result = new_place.run("alerts")
    assert result.exit_code == 2
    assert "There is no database" in result.stderr
    assert not (new_place.folder / "readback.db").exists()


def test_a_database_without_tables_is_told_what_to_do(new_place: Place) -> None:
    (new_place.folder / "readback.db").touch()
    result = new_place.run("alerts")
    assert result.exit_code == 2
    assert "`readback migrate`" in result.stderr


def test_settings_that_cannot_be_used_end_the_command_with_every_problem(place: Place) -> None:
    place.config.write_text('[site]\nname = "General"\n[hl7]\nprot = 1\n', encoding="utf-8")
    result = place.run("alerts")
    assert result.exit_code == 2
    assert result.stderr.count("✗") == 3
    assert 'hl7.prot is no setting. Did you mean "port"?' in result.stderr


CALLED = b"Called to Dr. Osei at 14:02."


def called(accession: str) -> bytes:
    return report(accession).replace(b"consultation advised.", b"consultation advised. " + CALLED)


def test_one_alert_is_shown_with_its_pages_and_without_the_finding(
    place: Place, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(called("A7777"))
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    result = place.run("alerts", "show", alert["ref"].lower())
    assert result.exit_code == 0, result.output
    assert "waiting" in result.stdout
    assert "the report documents one; --reveal quotes it" in result.stdout
    for patient in ("A7777", "subdural", CALLED.decode()):
        assert patient not in result.output


def test_the_finding_and_the_call_are_revealed_on_demand_and_that_is_recorded(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(called("A1"))
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    hidden = json.loads(place.run("alerts", "show", alert["ref"], "--json").stdout)
    assert (hidden["finding"], hidden["called"], hidden["documents_a_call"]) == (None, None, True)
    told = json.loads(place.run("alerts", "show", alert["ref"], "--reveal", "--json").stdout)
    assert "subdural" in told["finding"]
    assert CALLED.decode() in told["called"]
    assert told["pages"]
    stored = database.look(lambda c: alerts.by_ref(c, alert["ref"]))
    assert stored
    shown = [e for e in database.look(lambda c: audit.chain(c, stored.id)) if "shown" in e.what]
    assert [e.actor.startswith("os:") for e in shown] == [True]
    assert database.look(audit.verify).ok


def test_a_reference_that_nothing_has_is_told(place: Place, database: Database) -> None:
    result = place.run("alerts", "show", "ZZZZ")
    assert result.exit_code == 2
    assert "There is no alert ZZZZ" in result.stderr


def test_each_fact_of_a_page_is_told_apart(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(called("A1"))
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    now = datetime.now(UTC) + timedelta(hours=1)

    def fare(c: Connection) -> None:
        for n, one in enumerate(claims.claim(c, now, 1)):
            outbox.settle(c, one.delivery_id, "sent", now, taken=Sent(f"SM{n}"))
            if n:
                outbox.lost(c, one.delivery_id, now, "twilio-30003")
            else:
                outbox.delivered(c, one.delivery_id, now + timedelta(minutes=3))

    database.run(fare)
    shown = place.run("alerts", "show", alert["ref"])
    assert ", late" in shown.stdout
    first, *others = json.loads(place.run("alerts", "show", alert["ref"], "--json").stdout)["pages"]
    assert first["delivered_at"] > first["handed_over_at"]
    for page in others:
        assert (page["reason"], page["delivered_at"]) == ("twilio-30003", None)
        assert page["lost_at"]


def test_nothing_in_a_report_steers_the_terminal(place: Place, receive: Receive) -> None:
    place.imported(CARLA)
    evil = "CT \x1b]0;pwned\x07\x1b[2J\x9b31m\u202eHEAD".encode()
    receive(report("A7").replace(b"CT HEAD W/O CONTRAST", evil))
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    for words in (("show", alert["ref"]), ("show", alert["ref"], "--reveal")):
        text = place.run("alerts", *words).stdout
        assert not STEERING.search(text)
        assert "HEAD" in text
