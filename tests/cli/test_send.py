"""`readback send`: files to a listener, and what it says where there is none or it says no."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.app.rehearsal import READBACK
from bot.cli import app
from tests.cli.conftest import report
from tests.warm import warm


def send(*words: str) -> Result:
    return CliRunner().invoke(app, ["send", *words])


@pytest.fixture
def refusing() -> Iterator[int]:
    """The port of a listener that answers AE to whatever comes, and closes."""
    with answering("AE") as port:
        yield port


@contextmanager
def answering(code: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server, code), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def answer(server: socket.socket, code: str) -> None:
    said = f"MSH|^~\\&|A|B|C|D|20260101||ACK|1|P|2.3\rMSA|{code}|C1|no OBR segment\r"
    said += "ERR||OBR^1|100^Segment sequence error^HL70357|E||||Send the \\T\\ OBR as well\r"
    ack = b"\x0b" + said.encode() + b"\x1c\r"
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            while connection.recv(65536):
                connection.sendall(ack)


def test_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    file = tmp_path / "many.hl7"
    file.write_bytes(b"\r".join([report()] * 50))
    screen, terminal = pty.openpty()
    with answering("AA") as port:
        words = ["send", str(file), "--to", f"127.0.0.1:{port}"]
        sending = subprocess.Popen([*READBACK, *words], stderr=terminal, stdout=subprocess.DEVNULL)
        os.close(terminal)
        shown = b"".join(iter(lambda: on(screen), b"")).decode()
        assert sending.wait(20) == 0
    assert re.search(r"50 messages .*(?:9\d|100)%", shown)
    assert "50 of 50 messages accepted." in shown


def on(screen: int) -> bytes:
    """What has been written to this terminal since; nothing once nobody can write any more."""
    try:
        return os.read(screen, 65536)
    except OSError:
        return b""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.hl7"
    path.write_bytes(report())
    return path


def test_an_answer_other_than_aa_is_shown_and_found_in_the_exit_code(
    file: Path, refusing: int
) -> None:
    result = send(str(file), "--to", f"127.0.0.1:{refusing}")
    assert result.exit_code == 1
    assert "no OBR segment" in result.stdout
    assert "0 of 1 message accepted." in result.stderr
    told = json.loads(send(str(file), "--to", f"127.0.0.1:{refusing}", "--json").stdout)
    detail = "Send the & OBR as well"
    assert detail in result.stdout
    answer = {"file": str(file), "message": 1, "ack": "AE", "text": "no OBR segment"}
    assert told == [{**answer, "detail": detail}]


@pytest.mark.parametrize("code", ["AA", "CA"])
def test_a_commit_accept_is_as_good_as_an_application_accept(file: Path, code: str) -> None:
    with answering(code) as port:
        result = send(str(file), "--to", f"127.0.0.1:{port}")
    assert (result.exit_code, "1 of 1 message accepted." in result.stderr) == (0, True)


def test_of_many_messages_only_what_was_refused_is_listed(tmp_path: Path, refusing: int) -> None:
    many = tmp_path / "many.hl7"
    many.write_bytes(b"".join(report(f"A{number}") for number in range(60)))
    result = send(str(many), "--to", f"127.0.0.1:{refusing}")
    assert "0 of 60 messages accepted." in result.stderr


def test_a_listener_that_is_not_there_is_said(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = send(str(file), "--to", f"127.0.0.1:{port}")
    assert result.exit_code == 1
    assert f"127.0.0.1:{port} cannot be reached: Connection refused." in result.stderr


def test_a_listener_that_speaks_no_tls_is_said_to(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        result = send(str(file), "--to", f"127.0.0.1:{server.getsockname()[1]}", "--tls")
        thread.join(5)
    assert result.exit_code == 1
    assert "hung up before TLS was agreed on" in " ".join(result.stderr.split())


@pytest.mark.parametrize("address", ["nowhere", ":2575", "host:", "host:0", "host:70000", "host:x"])
def test_an_address_that_is_none_is_told_the_form(file: Path, address: str) -> None:
    result = send(str(file), "--to", address)
    assert result.exit_code == 2
    assert "HOST:PORT" in result.stderr


def test_a_file_that_is_not_there_is_said() -> None:
    assert send("absent.hl7").exit_code == 2


def test_ctrl_c_ends_it_without_a_traceback(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to = f"127.0.0.1:{silent.getsockname()[1]}"
        with warm().start(["send", str(file), "--to", to], os.environ) as process:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                assert process.stopped_by(signal.SIGINT) == 130
            assert "Traceback" not in process.said
