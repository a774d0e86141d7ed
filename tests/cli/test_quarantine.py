"""`readback quarantine`: what waits, why, the message itself on record, and another try."""

import base64
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.app import policy_of
from bot.app.feeds import known_of
from bot.clock import SystemClock
from bot.domain.legible import STEERING
from bot.domain.message import Unusable
from bot.sandbox.samples import fill, hl7_time, sample
from bot.settings import load
from bot.sources import files
from bot.sources.fhir import reader as fhir
from bot.sources.hl7 import reader as hl7
from bot.sources.refused import BadReport
from storage import alert_lists, audit, messages, quarantine
from storage.database import Database
from tests.cli.conftest import CARLA, Place, Receive, report
from tests.sources.fhir_samples import ORIGIN, resource

MARKER = b"MARKERPATIENT"


def broken() -> bytes:
    """Without anything that names the order; the patient's name is the marker."""
    lines = [line for line in report().split(b"\r") if not line.startswith((b"OBR", b"ORC"))]
    return b"\r".join(lines).replace(b"PID|", b"PID|" + MARKER)


@pytest.fixture
def entry(place: Place, receive: Receive) -> str:
    """The id of a message that waits."""
    place.imported(CARLA)
    assert receive(broken()).quarantined
    (found,) = json.loads(place.run("quarantine", "list", "--json").stdout)
    return str(found["id"])


def admin(database: Database) -> list[str]:
    return [entry.what for entry in database.look(lambda c: audit.chain(c, audit.ADMIN))]


def test_what_waits_is_listed_with_the_reason_and_nothing_of_the_patient(
    place: Place, entry: str
) -> None:
    text = place.run("quarantine", "list").stdout
    assert entry[-8:] in text
    assert "no-obr" in text
    assert MARKER.decode() not in text


def test_with_all_of_them_each_says_whether_it_still_waits_and_whether_it_is_flagged(
    place: Place, receive: Receive, entry: str
) -> None:
    place.run("quarantine", "dismiss", entry, "--reason", "a test")
    receive(report("A2").replace(b"OBR|", b"XXX|"))
    told = json.loads(place.run("quarantine", "list", "--all", "--json").stdout)
    states = {(one["state"], one["flagged"]) for one in told}
    assert states == {("dismissed", True), ("waiting", True)}
    text = place.run("quarantine", "list", "--all").stdout
    assert "dismissed" in text
    assert "waiting" in text
    assert "waiting" not in place.run("quarantine", "list").stdout


def test_a_dismissal_says_that_an_alert_goes_on(place: Place, receive: Receive, entry: str) -> None:
    receive(b"no header")
    for one in json.loads(place.run("quarantine", "list", "--json").stdout):
        said = place.run("quarantine", "dismiss", one["id"], "--reason", "a test").stderr
        assert ("goes on until somebody answers it" in said) == (one["id"] == entry)


def test_an_empty_quarantine_says_so(place: Place, database: Database) -> None:
    assert "Nothing waits in quarantine." in place.run("quarantine", "list").stderr


def test_an_entry_is_shown_without_its_message(place: Place, entry: str) -> None:
    result = place.run("quarantine", "show", entry[-8:])
    assert result.exit_code == 0
    assert "no-obr" in result.stdout
    assert MARKER.decode() not in result.output


def test_the_message_itself_is_shown_on_demand_and_that_is_on_record(
    place: Place, database: Database, entry: str
) -> None:
    result = place.run("quarantine", "show", entry, "--reveal")
    assert MARKER.decode() in result.stdout
    assert "\nPID|" in result.stdout
    told = json.loads(place.run("quarantine", "show", entry, "--reveal", "--json").stdout)
    assert MARKER in base64.b64decode(told["data_base64"])
    assert admin(database).count("quarantine_revealed") == 2


def test_a_message_cannot_steer_the_terminal(place: Place, receive: Receive) -> None:
    place.imported(CARLA)
    receive(b"no header\x1b[2J\x07")
    (found,) = json.loads(place.run("quarantine", "list", "--json").stdout)
    text = place.run("quarantine", "show", found["id"], "--reveal").stdout
    assert "\x1b" not in text
    assert "\\x1b[2J\\x07" in text


def test_an_id_that_is_not_there_is_said(place: Place, entry: str) -> None:
    result = place.run("quarantine", "show", "zzz")
    assert result.exit_code == 2
    assert "There is no entry zzz." in result.stderr


def test_no_id_at_all_is_nobodys(place: Place, entry: str) -> None:
    assert entry
    result = place.run("quarantine", "dismiss", "", "--reason", "an empty variable")
    assert result.exit_code == 2
    assert json.loads(place.run("quarantine", "list", "--json").stdout)[0]["state"] == "waiting"


@pytest.mark.usefixtures("database")
def test_a_replay_of_all_where_nothing_waits_says_so(place: Place) -> None:
    result = place.run("quarantine", "replay", "--all")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Nothing waits in quarantine.\n"


def test_an_end_that_several_have_asks_for_more(place: Place, receive: Receive, entry: str) -> None:
    for nth in range(16):  # the last digits of seventeen ids cannot all differ
        receive(b"no header %d" % nth)
    waiting = json.loads(place.run("quarantine", "list", "--json").stdout)
    last = Counter(found["id"][-1] for found in waiting).most_common(1)[0][0]
    result = place.run("quarantine", "show", last)
    assert result.exit_code == 2
    assert "write more of it" in result.stderr


def test_what_still_cannot_be_used_keeps_waiting(
    place: Place, database: Database, entry: str
) -> None:
    result = place.run("quarantine", "replay", entry)
    assert result.exit_code == 1
    assert "0 messages of 1 can be used now." in result.stderr
    assert json.loads(place.run("quarantine", "list", "--json").stdout)
    assert "quarantine_replayed" not in admin(database)


def test_what_can_be_read_now_opens_its_alert_and_waits_no_longer(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    kept_by_an_older_reader(receive, place)
    result = place.run("quarantine", "replay", "--all", "--json")
    assert result.exit_code == 0, result.output
    assert [(r["ok"], r["outcome"]) for r in json.loads(result.stdout)] == [(True, "used")]
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    assert (alert["accession"], alert["owner"]) == ("A9", "Carla")
    assert admin(database)[-1] == "quarantine_replayed"
    assert json.loads(place.run("quarantine", "list", "--json").stdout) == []
    (replayed,) = json.loads(place.run("quarantine", "list", "--all", "--json").stdout)
    assert replayed["replayed_at"]


def test_a_second_replay_opens_nothing_twice(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    entry = kept_by_an_older_reader(receive, place)
    place.run("quarantine", "replay", entry)
    result = place.run("quarantine", "replay", entry)
    assert result.exit_code == 0
    assert "was replayed before" in result.stdout
    assert len(json.loads(place.run("alerts", "--all", "--json").stdout)) == 1


def test_a_message_of_which_only_the_beginning_was_kept_says_so(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    entry = kept_by_an_older_reader(receive, place)
    database.run(lambda c: c.execute(text("UPDATE messages SET size = size + 1")))
    result = place.run("quarantine", "replay", entry)
    assert result.exit_code == 1
    assert "only its beginning was kept" in result.stdout


def test_replay_wants_to_know_which(place: Place, entry: str) -> None:
    for words in ([], [entry, "--all"]):
        result = place.run("quarantine", "replay", *words)
        assert result.exit_code == 2
        assert "Name the entries to replay, or --all" in result.stderr


def kept_by_an_older_reader(receive: Receive, place: Place) -> str:
    """The id of a sound message that an older reader could not read."""
    receive(report("A9"), Unusable("old-reader", "The reader did not know this layout"))
    (found,) = json.loads(place.run("quarantine", "list", "--json").stdout)
    return str(found["id"])


def test_a_time_that_came_twice_is_read_as_of_the_receipt_and_not_of_the_replay(
    place: Place, database: Database
) -> None:
    place.imported(CARLA)
    final = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)
    data = fill(sample("ct-head-hemorrhage").template, now=final, accession="A9", control_id="C9")
    stamp = hl7_time(final)
    data = data.replace(stamp.encode(), b"20251102013000")
    bad = BadReport("old-reader", "not known then", "207")
    raw, received = hl7.unusable(data, bad, source="hl7"), final + timedelta(minutes=1)
    reading = raw.reading
    assert isinstance(reading, Unusable)
    database.run(
        lambda c: quarantine.put(
            c, messages.keep(c, raw, received, "quarantined", "old").id, raw, reading, received
        )
    )
    assert place.run("quarantine", "replay", "--all").exit_code == 0
    (row,) = database.look(alert_lists.listing)
    assert row.window_opens_at == final


def test_a_fhir_message_is_read_anew_by_its_own_reader(
    place: Place, database: Database, receive: Receive
) -> None:
    place.imported(CARLA)
    with place.config.open("a", encoding="utf-8") as config:
        config.write('[[fhir]]\nname = "ehr"\nbase_url = "http://127.0.0.1:9"\n')
    data = json.dumps(resource("report")).encode()
    raw = fhir.read(data, origin=ORIGIN, now=SystemClock().now())
    assert receive(raw, Unusable("not-read-then", "An older release could not")).quarantined
    result = place.run("quarantine", "replay", "--all")
    assert result.exit_code == 0, result.output
    assert len(database.look(alert_lists.listing)) == 1


def from_a_folder(place: Place, kind: str) -> tuple[files.Known, bytes]:
    """A folder of the settings, and the file that was found in it."""
    with place.config.open("a", encoding="utf-8") as config:
        config.write('[[folder]]\npath = "in"\nname = "ris"\n')
    settings = load(place.config, {})
    known = known_of(settings.folder[0], settings, policy_of(settings))
    return known, json.dumps(resource("report")).encode() if kind == "fhir" else report("A9")


@pytest.mark.parametrize("kind", ["hl7", "fhir"])
def test_a_message_from_a_file_is_read_anew_as_what_it_is(
    place: Place, database: Database, receive: Receive, kind: str
) -> None:
    place.imported(CARLA)
    known, data = from_a_folder(place, kind)
    raw = files.read(data, known, SystemClock().now())
    assert receive(raw, Unusable("not-read-then", "An older release could not")).quarantined
    result = place.run("quarantine", "replay", "--all")
    assert result.exit_code == 0, result.output
    assert len(database.look(alert_lists.listing)) == 1


@pytest.mark.parametrize("kind", ["hl7", "fhir"])
def test_a_flagged_message_from_a_file_that_can_be_read_now_takes_over_the_alert_that_stood_in(
    place: Place, database: Database, receive: Receive, kind: str
) -> None:
    place.imported(CARLA)
    known, data = from_a_folder(place, kind)
    bad = BadReport("not-read-then", "An older release could not", "207")
    raw = files.refused(data, bad, known)
    assert isinstance(raw.reading, Unusable)
    assert receive(raw, replace(raw.reading, numbers=())).quarantined
    assert len(database.look(alert_lists.listing)) == 1
    result = place.run("quarantine", "replay", "--all")
    assert result.exit_code == 0, result.output
    [alert] = database.look(alert_lists.listing)
    assert alert.accession


def test_a_message_of_a_server_that_is_gone_stays_where_it_is(
    place: Place, receive: Receive
) -> None:
    place.imported(CARLA)
    raw = fhir.read(b"{}", origin=ORIGIN, now=SystemClock().now())
    assert receive(raw).quarantined
    assert "nothing here reads fhir" in place.run("quarantine", "replay", "--all").output


def test_a_sender_whose_name_steers_terminals_is_shown_with_marks(
    place: Place, receive: Receive
) -> None:
    place.imported(CARLA)
    receive(broken().replace(b"MSH|^~\\&|", "MSH|^~\\&|EV\x1b[2J\u009bIL".encode()))
    (found,) = json.loads(place.run("quarantine", "list", "--json").stdout)
    assert "EV\x1b[2J" in found["sender"]
    shown = [("list",), ("list", "--json"), ("show", found["id"]), ("show", found["id"], "--json")]
    for words in shown:
        text = place.run("quarantine", *words).stdout
        assert not STEERING.search(text)
        assert "[2J" in text
