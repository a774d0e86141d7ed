"""`readback explain`: what an interface analyst sees of a message."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from bot.app.rehearsal import READBACK
from bot.cli import app
from bot.domain.legible import STEERING
from tests.cli.conftest import ADA, BEN, CARLA, CLEAN, Place
from tests.cli.explain.conftest import ADT, BAD, explain, lines, written
from tests.sources.oru import MSH, OBX, message, obr, sample


def test_a_person_sees_values_and_fields_and_what_comes_of_it(nowhere: Path) -> None:
    result = explain(str(written(nowhere, sample(), ADT, BAD)))
    assert result.exit_code == 1
    for part in (
        "message 1 · MSG1 · RIS/MAIN · ORU^R01^ORU_R01 · utf-8",
        "report A2000",
        "PARK, SAM (MAIN:1003)",
        "OBR-16",
        "critical by OBX[1]-8=HH",
        "would page at once the ordering provider PARK, SAM (MAIN:1003) by slack and sms",
        "set aside: adt-a08 carries no report",
        "quarantine: unknown-status at OBR-25",
        "send a code of table 0123 in OBR-25",
        "flagged HH OBX[1]-8",
        "3 messages, 1 of them would wait in quarantine.",
    ):
        assert part in result.output


def test_each_number_of_the_order_and_the_sender_s_own_of_the_message_are_shown(
    nowhere: Path,
) -> None:
    """By any of them a later version is matched, and by MSH-10 the message is found again."""
    fields = {2: "P77^OE", 3: "F88^RIS", 18: "A2000"}
    msh = MSH.replace("|MSG1|", "|CTRL5|")
    shown = explain(str(written(nowhere, message(obr(fields), OBX, msh=msh)))).output
    assert "message 1 · CTRL5 · " in shown
    said = [line.split() for line in shown.splitlines()]
    assert ["filler", "F88", "OBR-3"] in said
    assert ["placer", "P77", "OBR-2"] in said
    assert [line[-1] for line in said if line[:1] == ["sent"]] == ["MSH-7"]


def test_on_a_terminal_it_is_in_colour_and_for_programs_never(nowhere: Path) -> None:
    file = written(nowhere, sample(), BAD)
    environment = {**os.environ, "COLUMNS": "120", "FORCE_COLOR": "1", "TERM": "xterm-256color"}

    def printed(*words: str) -> str:
        run = [*READBACK, "explain", str(file), *words]
        done = subprocess.run(run, env=environment, cwd=nowhere, capture_output=True, check=False)
        return done.stdout.decode()

    shown = printed()
    assert "\x1b[36mOBR-16" in shown
    assert "\x1b[1;31mcritical" in shown
    assert "\x1b" not in printed("--json")


def test_long_texts_are_shortened_unless_asked_for(nowhere: Path) -> None:
    text = "~".join(f"Line {number}" for number in range(9))
    file = str(written(nowhere, sample(f"OBX|1|TX|X||{text}||||||F")))
    assert "… 5 more lines (--text)" in explain(file).output
    assert "Line 8" in explain(file, "--text").output


def test_a_single_line_more_is_shown_and_not_counted(nowhere: Path) -> None:
    text = "~".join(f"Line {number}" for number in range(5))
    shown = explain(str(written(nowhere, sample(f"OBX|1|TX|X||{text}||||||F")))).output
    assert "Line 4" in shown
    assert "--text" not in shown


def test_nothing_of_a_message_is_taken_for_markup(nowhere: Path) -> None:
    result = explain(str(written(nowhere, sample(OBX.replace("Tension", "[red]Tension[/]")))))
    assert "[red]Tension[/]" in result.output


def test_without_settings_it_says_what_it_assumes(nowhere: Path) -> None:
    result = explain(str(written(nowhere, ADT)))
    assert result.exit_code == 0
    assert "No settings here" in result.stderr


def test_a_batch_that_was_cut_between_two_messages_is_told(nowhere: Path) -> None:
    whole = explain(str(written(nowhere, b"BHS|^~\\&\r", ADT, b"BTS|1\r")))
    assert "not whole" not in whole.stderr
    cut = explain(str(written(nowhere, b"BHS|^~\\&\r", ADT, b"BTS|2\r")))
    told = "holds a batch that is not whole: BTS-1 says that it has 2 messages, and 1 are there."
    assert told in " ".join(cut.stderr.split())


def test_a_file_that_is_no_hl7_is_refused_and_no_crash(nowhere: Path) -> None:
    for data in (b"", b"{}", b"\x00\xff" * 50):
        (one,) = lines(explain(str(written(nowhere, data)), "--json"))
        assert one["outcome"] == "refused"


def test_a_dash_is_standard_input_beside_other_files(nowhere: Path) -> None:
    file = str(written(nowhere, ADT))
    words = ["explain", "-", file]
    piped = CliRunner().invoke(app, [*words, "--json"], input=sample(), env=CLEAN)
    assert [(one["file"], one["outcome"]) for one in lines(piped)] == [
        ("-", "report"),
        (file, "refused"),
    ]
    shown = CliRunner().invoke(app, words, input=sample(), env=CLEAN)
    assert "standard input message 1" in shown.stdout


def test_a_closed_standard_input_is_told(nowhere: Path) -> None:
    command = "import sys; sys.stdin = None; from bot.cli import app; app(['explain', '-'])"
    told = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, cwd=nowhere, check=False
    )
    assert (told.returncode, "Standard input is closed." in told.stderr) == (2, True), told.stderr


def test_files_that_are_not_there_are_told_before_any_is_shown(nowhere: Path) -> None:
    there = str(written(nowhere, ADT))
    result = explain(there, "gone.hl7", "lost.hl7")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "gone.hl7 does not exist" in result.stderr
    assert "lost.hl7 does not exist" in result.stderr


def test_the_profile_of_the_sender_is_named_and_used(place: Place) -> None:
    profile = (
        '[[hl7.profile]]\nname = "vendor"\napplication = "RIS"\n'
        'rules = [{ code = "ALERT", category = "significant" }]\n'
    )
    with place.config.open("a") as config:
        config.write(profile)
    data = message(obr(), OBX.replace("HH", ""), "ZCF|1|ALERT", msh=MSH)
    result = place.run("explain", str(written(place.folder, data)))
    assert "profile vendor" in result.output
    assert "significant by ZCF-2=ALERT" in result.output


def test_a_rule_for_an_unknown_category_stops_it(place: Place) -> None:
    with place.config.open("a") as config:
        config.write('[[hl7.profile]]\nrules = [{ code = "A", category = "criticl" }]\n')
    result = place.run("explain", str(written(place.folder, sample())))
    assert result.exit_code == 2
    assert 'Did you mean "critical"?' in result.output


def test_a_database_that_cannot_be_used_is_told_and_nobody_looked_up(place: Place) -> None:
    (place.folder / "readback.db").write_bytes(b"")
    result = place.run("explain", str(written(place.folder, sample())))
    assert "nobody is looked up" in result.stderr
    assert "would page at once the ordering provider PARK, SAM (MAIN:1003)" in result.output


def test_addenda_a_machine_and_who_cannot_be_reached_are_shown(place: Place) -> None:
    place.imported(CARLA, "1245319599,,Ben,,,,,,")
    with place.config.open("a") as config:
        config.write('[[hl7.profile]]\napplication = "OTHER"\n')
    addendum = "OBX|2|TX|&ADT||Now seen: air.|||AA|||F"
    data = sample(OBX.replace("HH", ""), addendum, fields={16: "1245319599^LEE^BEN^^^^^^NPI"})
    result = place.run("explain", str(written(place.folder, data)))
    why = "because Ben has neither a number nor a Slack account"
    for part in ("addendum", "Now seen: air.", "flag AA OBX[2]-8", why):
        assert part in result.output
    machine = place.config.read_text().replace("port = 0\n", 'port = 0\nmachines = ["RIS"]\n', 1)
    place.config.write_text(machine)
    again = place.run("explain", str(written(place.folder, data)))
    assert "(a machine)" in again.output
    assert "for review: interpreted by a machine" in again.output
    assert "would page at once the coordinator → Carla" in again.output


def test_whose_phone_would_ring_is_told_where_the_site_can_call(place: Place) -> None:
    place.imported(CARLA, ADA, BEN)
    data = sample(fields={16: "1234567893^OSEI^ADA^^^^^^NPI"})
    file = str(written(place.folder, data))
    assert "call" not in place.run("explain", file).output
    place.env["READBACK_TWILIO__CALL_FROM"] = "+13125550198"
    told = " ".join(place.run("explain", file).output.split())
    assert "→ Ada by slack and sms, and by a call after 5 min" in told
    assert "→ Ben by sms, and by a call after 5 min" in told
    assert "the coordinator → Carla by slack and sms and a call" in told
    steps = lines(place.run("explain", file, "--json"))[0]["would_page"]
    assert [step["call_after_minutes"] for step in steps] == [5.0, 5.0, None]


def test_what_a_message_holds_does_not_steer_the_terminal(place: Place) -> None:
    file = written(place.folder, sample(fields={4: "CT\x1b[2J\u202eHEAD"}), name="a.hl7")
    for words in ((), ("--json",)):
        text = place.run("explain", str(file), *words).stdout
        assert not STEERING.search(text)
        assert "HEAD" in text
