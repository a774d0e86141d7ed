"""One connection by itself, and whoever answers in Slack's stead."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import structlog
from slack_bolt import App

from bot.slack import SlackSettings
from bot.slack.connection import Connection
from bot.slack.link import Link
from bot.slack.transport import web_client
from tests.waiting import until

PATIENCE = 10.0


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that treats every request so; its address."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/"
        server.shutdown()


def linking(
    site: SlackSettings, url: str, made: list[Link]
) -> Callable[[Callable[[], None]], Link]:
    """Makes links that ask for their addresses there."""
    client = web_client(site)
    client.token = site.bot_token
    app, settings = App(client=client), replace(site, api_url=url)

    def make(changed: Callable[[], None]) -> Link:
        made.append(Link(app, settings, 1, changed))
        return made[-1]

    return make


def all_gone(made: list[Link]) -> bool:
    return all(link.closed and not link.message_processor.is_alive() for link in made)


@pytest.mark.parametrize(
    ("status", "page"),
    [
        (200, "Zugriff verweigert für Sie".encode("latin-1")),
        (502, b"\xff"),
        (200, b"[]"),
        (200, b"5"),
    ],
)
def test_what_a_proxy_says_in_slacks_stead_is_a_failure_like_any_other_and_leaves_no_thread(
    site: SlackSettings, status: int, page: bytes
) -> None:
    def tell(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(page)))
        request.end_headers()
        request.wfile.write(page)

    made: list[Link] = []
    with answering(tell) as url, structlog.testing.capture_logs() as logged:
        connection = Connection(linking(site, url, made))
        connection.start()
        until(lambda: logged)
        connection.end()
        connection.join()
    assert {line["event"] for line in logged} == {"slack_not_connected"}
    assert all_gone(made)


def test_an_answer_that_never_ends_is_given_up_and_slack_is_asked_again(
    site: SlackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.connection.CONNECT_LIMIT", 0.5)
    enough, asked, made = threading.Event(), threading.Semaphore(0), list[Link]()

    def dribble(request: BaseHTTPRequestHandler) -> None:
        asked.release()
        request.send_response(200)
        request.end_headers()
        while not enough.wait(0.05):
            request.wfile.write(b" ")

    with answering(dribble) as url:
        connection = Connection(linking(site, url, made))
        connection.start()
        try:
            assert asked.acquire(timeout=PATIENCE)
            assert asked.acquire(timeout=PATIENCE)
        finally:
            enough.set()
            connection.end()
            connection.join()
        until(lambda: all_gone(made))


def test_a_stop_does_not_wait_for_a_slack_that_does_not_answer(site: SlackSettings) -> None:
    enough, asked, made = threading.Event(), threading.Event(), list[Link]()

    def say_nothing(_: BaseHTTPRequestHandler) -> None:
        asked.set()
        enough.wait(PATIENCE)

    with answering(say_nothing) as url:
        connection = Connection(linking(site, url, made))
        connection.start()
        try:
            assert asked.wait(PATIENCE)
            began = time.monotonic()
            connection.end()
            connection.join()
            assert time.monotonic() - began < PATIENCE / 2
        finally:
            enough.set()
        until(lambda: all_gone(made))
