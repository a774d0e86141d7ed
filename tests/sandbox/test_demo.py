"""The demo without a browser: its board and its door."""

import http.client
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.sandbox.demo import Demo, run
from bot.sandbox.demo.reports import answered
from bot.sources.mllp.client import ask

PROGRAM = (sys.executable, "-m", "bot")


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


def test_the_ladder_shows_when_the_owners_phone_rings_before_and_after(demo: Demo) -> None:
    def rings() -> list[tuple[str, bool]]:
        ladder = demo.board(ref)["alert"]["ladder"]
        return [(one["who"], one["status"] == "done") for one in ladder if one["kind"] == "call"]

    demo.send_sample("ct-head-hemorrhage")
    ref = demo.board("")["alert"]["ref"]
    assert rings() == [("Dr. Ada Osei's phone rings", False)]
    demo.time.leap(timedelta(minutes=6))
    assert rings() == [("Dr. Ada Osei's phone rings", True)]
    demo.time.leap(timedelta(minutes=25))
    assert rings()[1:] == [("Dr. Ben Ito's phone rings", False)]


def test_what_was_not_needed_is_left_out(demo: Demo) -> None:
    demo.send_sample("cr-chest-pneumothorax")
    sam = demo.world.phone("+13125550106")
    sms = sam.expect_sms(re.compile(r"ACK \d+"))
    sms.reply(re.findall(r"ACK \d+", sms.body)[0])
    sam.expect_sms(re.compile("acknowledged", re.IGNORECASE))
    statuses = [rung["status"] for rung in demo.board("")["alert"]["ladder"]]
    assert statuses[0] == "done"
    assert set(statuses[1:]) == {"passed"}


def test_a_port_that_is_taken_is_said(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PROGRAM, ask, port=demo.page.port, browser=False) == 2
    assert f"Port {demo.page.port} is taken" in capsys.readouterr().out


def test_a_bot_that_several_start_again_at_once_runs_once(demo: Demo) -> None:
    """From two windows, or by a double click."""
    demo.bot.kill()
    with ThreadPoolExecutor(3) as windows:
        said = list(windows.map(lambda _: post(demo, "/api/bot", b"{}"), range(3)))
    assert said == [(200, '{"ok":true}')] * 3
    assert demo.bot.log.read_text(encoding="utf-8").count("another copy") == 0
    assert demo.bot.state == "running"
    assert answered(demo.send_sample("ct-abdomen-routine"))["code"] == "AA"
