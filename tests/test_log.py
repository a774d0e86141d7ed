"""The log, into which no patient identifier can get."""

import errno
import io
import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.page import SendFailed
from bot.log import about, configure, log
from bot.log_filter import KINDS, constants_of, exception_facts, fits
from tests.requirements import ROOT
from tests.written import Written, as_it_was, writing

PATIENT = "DOE^JANE MRN-00471142"
ID = "0" * 32
TAKEN = {"event", "level", "timestamp", "dropped", "exc_info"}
NO_KEYWORDS = {"self"}
"""What Python lets nobody pass on to a method by its name."""


@pytest.fixture
def written() -> Iterator[Written]:
    with writing() as stream:
        yield stream


def test_a_line_carries_what_is_on_the_list(written: Written) -> None:
    log.info("page_sent", ref="K7QX", delivery=ID, channel="sms", tries=2)
    (line,) = written.lines
    assert {k: line[k] for k in ("event", "ref", "delivery", "channel", "tries", "level")} == {
        "event": "page_sent",
        "ref": "K7QX",
        "delivery": ID,
        "channel": "sms",
        "tries": 2,
        "level": "info",
    }
    assert "dropped" not in line


def test_an_unknown_key_is_dropped_and_named(written: Written) -> None:
    log.info("page_sent", patient=PATIENT, tries=2)
    assert written.lines[0]["dropped"] == ["patient"]
    assert written.lines[0]["tries"] == 2
    assert written.dropped == ["patient"]
    assert "DOE" not in written.getvalue()


def test_a_known_key_with_a_value_of_another_kind_is_dropped(written: Written) -> None:
    log.warning("page_failed", reason=PATIENT, delivery="00471142", ref="doe", count="DOE")
    assert written.lines[0]["dropped"] == ["reason", "delivery", "ref", "count"]
    assert "DOE" not in written.getvalue()


def test_an_event_that_is_a_sentence_is_dropped(written: Written) -> None:
    log.info(f"sent a page about {PATIENT}")
    log.info("sent a page about %s", PATIENT)
    assert [line["event"] for line in written.lines] == ["no_slug_for_an_event"] * 2
    assert "DOE" not in written.getvalue()


def test_a_key_that_is_itself_text_is_not_repeated(written: Written) -> None:
    log.info("page_sent", **{PATIENT: 1})
    assert written.lines[0]["dropped"] == ["?"]
    assert "DOE" not in written.getvalue()


@given(
    st.dictionaries(
        (st.text() | st.sampled_from(sorted(KINDS))).filter(
            lambda key: key not in TAKEN | NO_KEYWORDS
        ),
        st.text() | st.integers() | st.lists(st.text()) | st.none() | st.binary(),
    )
)
def test_whatever_is_logged_only_fitting_values_stay(facts: dict[str, object]) -> None:
    with writing() as stream:
        log.info("anything", **facts)
        (line,) = stream.lines
    kept = line.keys() - TAKEN
    assert all(fits(key, facts[key]) for key in kept)
    assert len(stream.dropped) == len(facts.keys() - kept)


def test_an_exception_shows_its_type_and_place_but_not_its_text(written: Written) -> None:
    try:
        raise ValueError(PATIENT) from KeyError(PATIENT)
    except ValueError:
        log.exception("step_failed")
    (line,) = written.lines
    assert line["error"] == "ValueError"
    assert line["because"] == ["KeyError"]
    assert "test_log.py:" in str(line["frames"])
    assert "DOE" not in written.getvalue()


def test_the_reason_of_our_own_exceptions_is_shown() -> None:
    assert exception_facts(SendFailed("twilio-21610", permanent=True))["error_reason"] == (
        "twilio-21610"
    )
    assert "error_reason" not in exception_facts(SendFailed(PATIENT, permanent=True))
    assert "error_reason" not in exception_facts(ValueError("twilio-21610"))


def test_an_error_of_the_database_does_not_show_its_parameters(written: Written) -> None:
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT :who FROM nowhere"), {"who": PATIENT})
    except SQLAlchemyError:
        log.exception("step_failed")
    engine.dispose()
    assert written.lines[0]["error"] == "OperationalError"
    assert "DOE" not in written.getvalue()


def test_lines_written_inside_carry_the_reference(written: Written) -> None:
    with about(ref="K7QX"):
        log.info("inside")
    log.info("outside")
    assert [line.get("ref") for line in written.lines] == ["K7QX", None]


def test_a_library_is_quoted_only_where_its_text_is_a_constant(written: Written) -> None:
    library = logging.getLogger("slack_bolt.App")
    library.warning(f"Unhandled request {PATIENT}")
    library.warning("Unhandled request %s", PATIENT)
    first, second = written.lines
    assert "template" not in first
    assert second["template"] == "Unhandled request %s"
    assert {line["logger"] for line in written.lines} == {"slack_bolt.App"}
    assert "DOE" not in written.getvalue()


def test_what_a_library_says_below_a_warning_is_not_said(written: Written) -> None:
    logging.getLogger("twilio.async_http_client").info("Query Params: %s", PATIENT)
    logging.getLogger("uvicorn.access").info("GET /")
    assert written.lines == []


def test_an_exception_that_a_library_logs_loses_its_text_too(written: Written) -> None:
    try:
        raise RuntimeError(PATIENT)
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    assert written.lines[0]["error"] == "RuntimeError"
    assert written.lines[0]["level"] == "error"
    assert "DOE" not in written.getvalue()


def test_a_warning_of_python_is_a_line_without_its_text(written: Written) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(PATIENT, stacklevel=1)
    assert written.lines[0]["logger"] == "py.warnings"
    assert "DOE" not in written.getvalue()


def test_configuring_twice_says_everything_once(written: Written) -> None:
    configure("json", stream=written)
    logging.getLogger("slack_sdk").warning("once")
    assert len(written.lines) == 1


def test_a_thread_that_dies_is_a_line_without_its_text(written: Written) -> None:
    def die() -> None:
        raise RuntimeError(PATIENT)

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    assert written.lines[0]["event"] == "thread_crashed"
    assert "DOE" not in written.getvalue()


def test_what_fails_in_a_finalizer_is_a_line_without_its_text(written: Written) -> None:
    class Bad:
        def __del__(self) -> None:
            raise RuntimeError(PATIENT)

    Bad()
    assert written.lines[0]["event"] == "unraisable"
    assert "DOE" not in written.getvalue()


def test_a_process_that_dies_prints_no_text_of_its_exception() -> None:
    code = f"from bot.log import configure; configure('json'); raise RuntimeError('{PATIENT}')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 1
    assert json.loads(done.stderr)["event"] == "crashed"
    assert "DOE" not in done.stderr + done.stdout


def test_ctrl_c_is_no_crash(written: Written) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert written.lines == []


def test_it_is_just_as_strict_before_it_is_configured() -> None:
    code = f"from bot.log import log; log.info('early', patient='{PATIENT}')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(done.stderr)["dropped"] == ["patient"]
    assert "DOE" not in done.stderr + done.stdout


def test_pretty_lines_are_as_strict_as_json(written: Written) -> None:
    configure("pretty", stream=written)
    log.info("page_sent", patient=PATIENT, ref="K7QX")
    assert "page_sent" in written.getvalue()
    assert "K7QX" in written.getvalue()
    assert "DOE" not in written.getvalue()


def test_a_file_that_cannot_be_read_has_no_constants() -> None:
    assert constants_of("/nowhere/at/all.py") == frozenset()


class FullDisk(io.StringIO):
    """Where nothing can be written any more."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_pipe_that_nobody_empties_stops_nobody_and_what_is_left_out_is_counted() -> None:
    reading, writing_to = os.pipe()
    with as_it_was(), os.fdopen(writing_to, "w") as pipe:
        configure("json", stream=pipe)
        for _ in range(2000):
            log.info("message_sent", ref="K7QX")
        there = len(os.read(reading, 1 << 20).splitlines())
        log.info("message_sent", ref="K7QX")
        said = [json.loads(line) for line in os.read(reading, 1 << 20).splitlines()]
    os.close(reading)
    assert [line["event"] for line in said] == ["log_lines_lost", "message_sent"]
    assert said[0]["count"] == 2000 - there > 0


def test_a_line_that_cannot_be_written_stops_nobody(written: Written) -> None:
    configure("json", stream=FullDisk())
    log.error("message_not_stored", size=1)
    log.info("started")
    configure("json", stream=written)
    log.info("started")
    assert [line["event"] for line in written.lines] == ["started"]


def test_a_stream_that_was_closed_decides_nothing() -> None:
    stream = io.StringIO()
    with as_it_was():
        configure("json", stream=stream)
        stream.close()
        log.warning("message_failed", kind="page")
