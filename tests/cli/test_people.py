"""`readback people import`: all of a file or nothing, and what would change."""

import json
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.domain.coverage import Person
from bot.sandbox.world import World
from storage import audit, people
from storage.database import Database
from tests.cli.conftest import ADA, BEN, CARLA, Place, Receive, report
from tests.requirements import ROOT


def names(url: str) -> list[str]:
    opened = Database(url)
    try:
        return [person.name for person in opened.look(people.everybody)]
    finally:
        opened.close()


def test_a_file_becomes_the_directory(any_place: Place) -> None:
    result = any_place.run("people", "import", str(any_place.people(CARLA, ADA, BEN)))
    assert result.exit_code == 0, result.output
    assert "3 added, 0 changed, 0 removed, 0 unchanged." in result.stderr
    assert names(any_place.url) == ["Carla", "Ada", "Ben"]


def test_a_second_file_replaces_the_first_and_says_how(any_place: Place) -> None:
    any_place.imported(CARLA, ADA, BEN)
    file = any_place.people(CARLA, ADA.replace("5550101", "5550109"), BEN.replace("Ben", "Benno"))
    told = json.loads(any_place.run("people", "import", str(file), "--json").stdout)
    assert told["changed"] == [
        {"name": "Ada", "fields": ["mobile"]},
        {"name": "Benno", "fields": ["name"]},
    ]
    any_place.imported(CARLA)
    assert names(any_place.url) == ["Carla"]


def test_the_example_is_a_directory_that_a_site_can_start_from(place: Place) -> None:
    example = str(ROOT / "people.example.csv")
    result = place.run("people", "import", example, "--slack-team", "T024BE7LD")
    assert result.exit_code == 0, result.output
    assert "4 added" in result.stderr


def test_a_workspace_that_is_none_is_refused_before_anything_is_imported(place: Place) -> None:
    example = str(ROOT / "people.example.csv")
    result = place.run("people", "import", example, "--slack-team", "our workspace")
    assert result.exit_code == 2
    assert "--slack-team is no id of a Slack workspace." in result.stderr


def test_the_example_report_is_critical_and_belongs_to_somebody_of_the_example(
    place: Place, receive: Receive
) -> None:
    example = str(ROOT / "people.example.csv")
    place.run("people", "import", example, "--slack-team", "T024BE7LD")
    data = (ROOT / "report.example.hl7").read_bytes()
    assert not receive(data).quarantined
    (alert,) = json.loads(place.run("alerts", "--json").stdout)
    assert (alert["category"], alert["owner"]) == ("critical", "Dr. Ada Osei")


def test_a_dry_run_shows_the_change_and_writes_nothing(any_place: Place) -> None:
    any_place.imported(CARLA, BEN)
    file = any_place.people(CARLA, ADA.replace("1245319599", ""))
    result = any_place.run("people", "import", str(file), "--dry-run")
    assert "Nothing was written (--dry-run): 1 added, 0 changed, 1 removed" in result.stderr
    assert "Ada" in result.stdout
    assert names(any_place.url) == ["Carla", "Ben"]


def test_one_bad_row_keeps_the_whole_file_out(place: Place) -> None:
    place.imported(CARLA)
    result = place.run("people", "import", str(place.people(CARLA, ADA, BEN + "x")))
    assert result.exit_code == 1
    assert "line 4, designee_npi: is not ten digits" in result.stderr
    assert "Nothing was imported: 1 problem." in result.stderr
    assert names(place.url) == ["Carla"]


def test_problems_are_json_where_a_program_reads_them(place: Place) -> None:
    result = place.run("people", "import", str(place.people(CARLA, ",,,,,,,,x")), "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert {(p["line"], p["column"]) for p in told["problems"]} == {
        (3, "designee_npi"),
        (3, "name"),
        (3, "npi"),
    }


def test_an_import_is_on_record_with_the_account_that_did_it(place: Place) -> None:
    place.imported(CARLA, ADA, BEN)
    opened = Database(place.url)
    (entry,) = opened.look(lambda c: audit.chain(c, audit.ADMIN))
    opened.close()
    assert entry.what == "people_imported"
    assert entry.actor.startswith("os:")
    counts = {"people": 3, "added": 3, "changed": 0, "removed": 0, "alerts_passed_on": 0, "pins": 0}
    assert entry.data == counts


def test_a_file_whose_only_coordinator_answered_stop_is_refused(
    place: Place, database: Database
) -> None:
    by_phone = CARLA.replace("T01/U0CARLA", "")
    place.imported(CARLA, ADA, BEN)
    database.run(lambda c: people.opt_out(c, "+13125550103", SystemClock().now()))
    result = place.run("people", "import", str(place.people(by_phone, ADA, BEN)))
    assert result.exit_code == 1
    assert "no coordinator in this file can be paged" in result.stderr
    assert database.look(people.coordinators)[0].channels == ("slack",)


def test_an_import_says_whose_number_has_answered_stop(place: Place, database: Database) -> None:
    """Also where it was entered anew: nobody but its holder can take that back."""
    place.imported(CARLA, ADA.replace("+13125550101", ""), BEN)
    database.run(lambda c: people.opt_out(c, "+13125550101", SystemClock().now()))
    done = place.run("people", "import", str(place.people(CARLA, ADA, BEN)))
    assert "No SMS goes to Ada: their number answered STOP" in " ".join(done.output.split())
    told = place.run("people", "import", str(place.people(CARLA, ADA, BEN)), "--json")
    assert json.loads(told.stdout)["stopped"] == ["Ada"]


def test_a_member_id_without_its_workspace_gets_that_of_the_option(place: Place) -> None:
    file = place.people(CARLA.replace("T01/", ""))
    assert place.run("people", "import", str(file), "--slack-team", "T77").exit_code == 0
    assert directory(place)[0].slack == ("T77", "U0CARLA")


def test_a_member_id_without_its_workspace_gets_that_of_the_bot_token(place: Place) -> None:
    file = place.people(CARLA.replace("T01/", ""))
    with World() as world:
        place.env = {
            "SLACK_BOT_TOKEN": world.slack_tokens.bot,
            "READBACK_SLACK__API_URL": world.slack_api_url,
        }
        result = place.run("people", "import", str(file))
    assert result.exit_code == 0, result.output
    assert directory(place)[0].slack == ("T0STANDIN", "U0CARLA")


def test_a_member_id_whose_workspace_nobody_knows_is_refused(place: Place) -> None:
    result = place.run("people", "import", str(place.people(CARLA.replace("T01/", ""))))
    assert result.exit_code == 2
    assert "SLACK_BOT_TOKEN is not set" in result.stderr
    assert "--slack-team" in result.stderr


def test_a_token_that_slack_refuses_tells_no_workspace(place: Place) -> None:
    with World() as world:
        place.env = {
            "SLACK_BOT_TOKEN": "xoxb-wrong",
            "READBACK_SLACK__API_URL": world.slack_api_url,
        }
        result = place.run("people", "import", str(place.people(CARLA.replace("T01/", ""))))
    assert result.exit_code == 2
    assert "invalid_auth" in result.stderr
    assert "xoxb-wrong" not in result.output


def directory(place: Place) -> list[Person]:
    opened = Database(place.url)
    try:
        return opened.look(people.everybody)
    finally:
        opened.close()


@pytest.mark.parametrize("missing", ["absent.csv", "."])
def test_a_file_that_is_none_is_refused(place: Place, missing: str) -> None:
    assert place.run("people", "import", missing).exit_code == 2


def test_an_import_says_how_many_alerts_it_passes_on_and_a_dry_run_passes_on_none(
    place: Place, receive: Receive
) -> None:
    place.imported(CARLA, ADA, BEN)
    receive(report().replace(b"|1001^OSEI", b"|1234567893^OSEI"))

    def owner() -> str:
        (alert,) = json.loads(place.run("alerts", "--json").stdout)
        return str(alert["owner"])

    assert owner() == "Ada"
    file = str(place.people(CARLA, BEN))
    dry = place.run("people", "import", file, "--dry-run")
    assert "1 open alert would go to the next person" in dry.stderr
    assert owner() == "Ada"
    told = json.loads(place.run("people", "import", file, "--json").stdout)
    assert (told["alerts_passed_on"], owner()) == (1, "Ben")
    assert "went to" not in place.run("people", "import", file).stderr


def test_a_dry_run_before_there_is_a_database_makes_none(new_place: Place) -> None:
    result = new_place.run("people", "import", str(new_place.people(CARLA, BEN)), "--dry-run")
    assert "Nothing was written (--dry-run): 2 added" in result.stderr
    assert not list(new_place.folder.glob("*.db*"))


def test_the_database_of_a_site_is_the_same_from_whatever_folder(
    new_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = new_place.config.read_text(encoding="utf-8")
    new_place.config.write_text(text.replace(new_place.url, "sqlite:///site.db"), encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    new_place.imported(CARLA)
    assert names(f"sqlite:///{tmp_path / 'site.db'}") == ["Carla"]
    assert not list(elsewhere.iterdir())


@pytest.mark.usefixtures("database")
def test_a_test_of_an_empty_directory_says_that_nobody_is_in_it(place: Place) -> None:
    result = place.run("people", "test", "--all")
    assert result.exit_code == 1
    assert "Nobody is in the directory" in result.stderr
    assert result.stdout == ""
    told = place.run("check", "--without", "slack").stdout
    assert "0 people" not in told


@pytest.mark.usefixtures("database")
def test_a_test_call_where_no_phone_can_ring_is_refused_and_sends_nothing(place: Place) -> None:
    place.imported(CARLA, ADA, BEN)
    result = place.run("people", "test", "--all", "--channel", "voice")
    assert result.exit_code == 2
    assert "set twilio.call_from" in result.stderr
    assert place.run("people", "test", "--results", "--json").stdout == "[]\n"


@pytest.mark.usefixtures("database")
def test_a_test_of_somebody_whom_nobody_knows_is_a_wrong_command(place: Place) -> None:
    place.imported(CARLA, ADA, BEN)
    result = place.run("people", "test", "Carlo")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'Nobody in the directory is Carlo. Did you mean "Carla"?' in result.stderr
