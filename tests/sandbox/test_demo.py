"""The demo without a browser: its clock, its board, its words, its door, and how it ends."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.demo import Demo, run
from bot.sandbox.demo.bot_process import BotDied, BotProcess
from bot.sandbox.demo.bot_time import BotTime
from bot.sandbox.demo.reports import Reports, answered, from_text, offered
from bot.sandbox.demo.telling import told
from bot.sources.mllp_client import ask
from storage.audit import Entry
from tests.warm import Started, warm

PROGRAM = (sys.executable, "-m", "bot")
NAMES = {"p1": "Dr. Ada Osei", "p2": "Dr. Ben Ito"}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(what: str, actor: str = "readback", **data: str | int | bool | None) -> Entry:
    return Entry("chain", 1, NOON, what, actor, data, "0" * 64)


# ---- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "what", "detail"),
    [
        (entry("page_sent", person="p1", channel="sms"), "SMS sent to Dr. Ada Osei", ""),
        (
            entry("notice_sent", person="p1", channel="slack", notice="handed_over"),
            "Slack notice sent to Dr. Ada Osei",
            "handed over",
        ),
        (
            entry("page_failed", person="p2", channel="sms", reason="twilio-30003"),
            "SMS to Dr. Ben Ito failed",
            "the phone is off: twilio-30003",
        ),
        (
            entry("acknowledged", "p1", channel="slack", read_back="viewed", late=True),
            "Dr. Ada Osei acknowledged",
            "Slack, after the window, read and confirmed",
        ),
        (
            entry("declined", "p1", reason="not_my_patient"),
            "Dr. Ada Osei passed it on",
            "not my patient",
        ),
        (entry("refused", "U0EVE", reason="not_paged"), "U0EVE was refused", "not paged"),
        (entry("reopened", "p2"), "Open again", "by Dr. Ben Ito"),
        (
            entry("page_uncertain", person="p1", channel="sms", possible_repeat=True),
            "SMS to Dr. Ada Osei: outcome unknown",
            "the possible repeat too",
        ),
        (
            entry("page_uncertain", person="p1", channel="slack"),
            "Slack page to Dr. Ada Osei: outcome unknown",
            "looked for, and repeated once at most",
        ),
        (
            entry("page_failed", person="p1", channel="slack", reason="slack-x", permanent=True),
            "Slack page to Dr. Ada Osei failed",
            "slack-x, given up",
        ),
        (
            entry(
                "page_failed", person="p1", channel="sms", reason="twilio-30003", permanent=False
            ),
            "SMS to Dr. Ada Osei failed",
            "the phone is off: twilio-30003, tried again",
        ),
        (
            entry(
                "page_failed",
                person="p1",
                channel="sms",
                reason="twilio-20429",
                permanent=False,
                again=False,
            ),
            "SMS to Dr. Ada Osei failed",
            "twilio-20429, not tried again",
        ),
        (
            entry("call_recorded", "p2", reached="Dr. Ada Osei", repeated_back=True),
            "Dr. Ben Ito recorded a phone call",
            "reached Dr. Ada Osei, repeated back",
        ),
        (
            entry("amended", version=2, material=True),
            "Report version 2 received",
            "the finding or its category has changed",
        ),
        (
            entry("notice_failed", person="p1", channel="sms", notice="withdrawn", reason="busy"),
            "SMS notice to Dr. Ada Osei failed",
            "withdrawn, busy",
        ),
        (
            entry("page_failed", person="p1", channel="sms", reason="twilio-30005"),
            "SMS to Dr. Ada Osei failed",
            "the number is out of service: twilio-30005",
        ),
        (
            entry("notice_given_up", person="p1", channel="slack", notice="acknowledged"),
            "Slack notice to Dr. Ada Osei given up",
            "acknowledged, after a day",
        ),
        (entry("unreachable", person="p9", role="owner"), "p9 cannot be reached", "owner"),
        (entry("brand_new", step=3, note=None), "Brand new", "step 3"),
    ],
)
def test_an_entry_is_told_in_words(line: Entry, what: str, detail: str) -> None:
    assert (told(line, NAMES).what, told(line, NAMES).detail) == (what, detail)


# ---- the clock ------------------------------------------------------------------------------


class Bot:
    """Does at once what is due, and notes when it was done."""

    def __init__(self, *due: timedelta) -> None:
        self.due = list(due)
        self.done: list[datetime] = []
        self.time: BotTime | None = None
        self.start = datetime.max.replace(tzinfo=UTC)

    def next_due(self) -> datetime | None:
        if self.time is None or not self.due:
            return None
        at = self.start + self.due[0]
        if at <= self.time.now():
            self.done.append(self.time.now())
            self.due.pop(0)
        return at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def clock_with(bot: Bot, folder: Path) -> BotTime:
    bot.time = BotTime(folder / "clock", bot.next_due, lambda: False)
    bot.start = bot.time.now()
    return bot.time


def test_a_leap_stops_at_everything_that_falls_due_on_the_way(folder: Path) -> None:
    bot = Bot(timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=50))
    time_of_bot = clock_with(bot, folder)
    time_of_bot.leap(timedelta(minutes=30))
    late = [at - bot.start for at in bot.done]
    assert [round(each / timedelta(minutes=1)) for each in late] == [10, 20]
    assert timedelta(minutes=30) <= time_of_bot.now() - bot.start < timedelta(minutes=31)


@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1])
def test_the_clock_leaps_forward_by_a_day_at_most(folder: Path, minutes: int) -> None:
    with pytest.raises(ValueError, match="forward by a day"):
        clock_with(Bot(), folder).leap(timedelta(minutes=minutes))


def test_it_knows_what_the_bot_showed_at_a_real_time(folder: Path) -> None:
    time_of_bot = clock_with(Bot(), folder)
    real = time_of_bot.last().real
    time_of_bot.leap(timedelta(hours=1))
    later = time_of_bot.last().real
    assert time_of_bot.shown(later) - time_of_bot.shown(real) >= timedelta(hours=1)
    assert time_of_bot.shown(real - 5) < time_of_bot.shown(real)


def test_the_clock_has_two_speeds(folder: Path) -> None:
    time_of_bot = clock_with(Bot(), folder)
    time_of_bot.run_at(60)
    assert time_of_bot.rate == 60
    with pytest.raises(ValueError, match="1, 60"):
        time_of_bot.run_at(3600)


# ---- reports --------------------------------------------------------------------------------


def test_every_sample_is_offered_and_each_report_has_numbers_of_its_own() -> None:
    reports = Reports()
    offers = offered(NOON)
    made = [reports.made(offer["name"], NOON) for offer in offers]
    assert len(offers) >= 12
    assert len({message.split(b"|")[9] for message in made}) == len(made)
    assert all("$" not in offer["hl7"] for offer in offers)


def test_pasted_text_gets_the_line_ends_of_hl7() -> None:
    assert from_text("MSH|a\nPID|b\r\nOBR|c\n\n") == b"MSH|a\rPID|b\rOBR|c\r"


def test_an_answer_is_taken_apart() -> None:
    ack = "MSH|^~\\&|R\rMSA|AE|C1\rERR|||207^x|E||||no OBR segment\r"
    assert answered(ack)["code"] == "AE"
    assert answered(ack)["said"] == "no OBR segment"
    assert answered("") == {"code": "", "said": "", "ack": ""}


# ---- the whole of it ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with Demo(PROGRAM, ask) as started:
        yield started


def post(demo: Demo, path: str, body: bytes, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", demo.page.port, timeout=10)
    given = {"content-type": "application/json", **headers}
    try:
        connection.request("POST", path, body, given)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/api/send", b"{}", "there is no sample None"),
        ("/api/send", b'{"hl7": " "}', "nothing to send"),
        ("/api/send", b"[", "no JSON"),
        ("/api/send", b"[]", "an object"),
        ("/api/clock", b'{"rate": 7}', "1, 60 times"),
        ("/api/clock", b"{}", "minutes"),
        ("/api/clock", b'{"minutes": 1e99}', ""),
        ("/api/act", b'{"do": "dance"}', "no act 'dance'"),
        ("/api/act", b'{"do": "home", "user": "U0EVE"}', "nobody here has the id"),
    ],
)
def test_what_makes_no_sense_is_answered_with_the_reason(
    demo: Demo, path: str, body: bytes, reason: str
) -> None:
    status, said = post(demo, path, body)
    assert status == 400
    assert reason in said


def test_another_sites_form_or_name_cannot_reach_the_stand_ins(demo: Demo) -> None:
    body = b'{"sample": "ct-head-hemorrhage"}'
    assert post(demo, "/api/send", body, **{"content-type": "text/plain"})[0] == 400
    assert post(demo, "/api/send", body, host="evil.example")[0] == 400
    assert post(demo, "/api/bot", b"", **{"content-type": "text/plain"})[0] == 400


@pytest.mark.parametrize(
    "path", ["/page/../server.py", "/page/server.py", "/page/nothing.js", "/page/emoji/README.md"]
)
def test_only_the_pages_own_files_are_served(demo: Demo, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", demo.page.port, timeout=10)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


def test_the_page_may_load_nothing_from_elsewhere(demo: Demo) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", demo.page.port, timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    policy = answer.getheader("content-security-policy") or ""
    text = answer.read().decode()
    connection.close()
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    assert re.findall(r"(?:src|href)=\"(?!page/|#)([^\"]*)", text) == []


def test_the_board_shows_the_ladder_as_it_stands(demo: Demo) -> None:
    assert answered(demo.send_sample("ct-chest-nodule"))["code"] == "AA"
    demo.time.leap(timedelta(minutes=1))
    alert = demo.board("")["alert"]
    assert [rung["status"] for rung in alert["ladder"]][:2] == ["done", "next"]
    assert alert["ladder"][-1]["who"] == "Window ends"
    assert alert["timeline"][-1]["what"] == "Report received"
    assert alert["timeline"][0]["seq"] == len(alert["timeline"])


def test_after_the_window_the_ladder_shows_who_is_next_until_somebody_answers(demo: Demo) -> None:
    demo.send_sample("us-testis-torsion")
    tess = demo.world.phone("+13125550107")
    sms = tess.expect_sms(re.compile(r"ACK \d+"))
    ref = demo.board("")["alert"]["ref"]
    demo.time.leap(timedelta(minutes=65))
    late = demo.board(ref)["alert"]["ladder"]
    assert [(rung["kind"], rung["status"]) for rung in late[-2:]] == [
        ("expiry", "done"),
        ("repeat", "next"),
    ]
    sms.reply(re.findall(r"ACK \d+", sms.body)[0])
    tess.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    assert demo.board(ref)["alert"]["acknowledged"]["by"] == "Dr. Tess Wolf"
    assert demo.board(ref)["alert"]["ladder"][-1]["kind"] == "expiry"


def test_a_step_that_came_early_stands_where_it_came(demo: Demo) -> None:
    demo.send_sample("ct-head-hemorrhage")
    ada = demo.world.phone("+13125550101")
    sms = ada.expect_sms(re.compile(r"PASS \d+"))
    sms.reply(re.findall(r"PASS \d+", sms.body)[0])
    ada.expect_sms(re.compile("went to the next person"))
    ref = re.findall(r"ref (\w+)", sms.body)[0]
    rungs = demo.board(ref)["alert"]["ladder"]
    assert [rung["at"] for rung in rungs] == sorted(rung["at"] for rung in rungs)
    assert [rung["status"] for rung in rungs][:2] == ["done", "done"]
    assert "designee" in rungs[1]["who"]


def test_what_was_not_needed_is_left_out(demo: Demo) -> None:
    demo.send_sample("cr-chest-pneumothorax")
    sam = demo.world.phone("+13125550106")
    sms = sam.expect_sms(re.compile(r"ACK \d+"))
    sms.reply(re.findall(r"ACK \d+", sms.body)[0])
    sam.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    statuses = [rung["status"] for rung in demo.board("")["alert"]["ladder"]]
    assert statuses[0] == "done"
    assert set(statuses[1:]) == {"passed"}


# ---- how it ends ----------------------------------------------------------------------------


def listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """`readback demo`, with a folder for temporary files of its own."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with warm().start(["demo", "--no-browser", "--port", "0"], environment) as demo:
        yield demo


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_leaves_nothing_behind(
    started: Started, tmp_path: Path, number: signal.Signals
) -> None:
    said = started.until_it_says("Ctrl-C")
    page = int(re.findall(r"http://127\.0\.0\.1:(\d+)/", said)[0])
    config = next(tmp_path.glob("readback-demo-*/readback.toml")).read_text(encoding="utf-8")
    hl7 = int(re.findall(r"\[hl7\]\nport = (\d+)", config)[0])
    assert listens(page)
    assert listens(hl7)
    assert started.stopped_by(number) == 0
    assert "Traceback" not in started.said
    assert not listens(page)
    assert not listens(hl7)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PROGRAM, ask, port=demo.page.port, browser=False) == 2
    assert f"Port {demo.page.port} is taken" in capsys.readouterr().out


def test_a_bot_that_cannot_start_is_told_of_with_its_last_words(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "import sys; sys.exit('no database here')")
    bot = BotProcess(words, tmp_path / "x.toml", tmp_path / "bot.log", 1, {})
    bot.start()
    with pytest.raises(BotDied, match="no database here"):
        bot.wait_until_running()


SHOWN_AND_LEFT = """
import sys, time
from bot.sandbox.demo import Demo
from bot.sources.mllp_client import ask
with Demo((sys.executable, "-m", "bot"), ask) as demo:
    print(demo.ports.web, flush=True)
    time.sleep(60)
"""


def answers(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def test_a_demo_that_is_killed_takes_its_bot_with_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SHOWN_AND_LEFT], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process, process.stdout:
        port = int(process.stdout.readline())
        assert answers(port)
        process.kill()
    deadline = time.monotonic() + 20
    while answers(port):
        assert time.monotonic() < deadline, "the bot is still there"
        time.sleep(0.05)
