"""PDFs are read in a process that can be ended."""

import io
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sources import pdf_process
from bot.sources.pdf_process import HEAD, PdfProcess, TooSlow
from bot.sources.pdf_words import answer
from tests.sources.pdf_samples import endless_pdf, pdf

POPEN = subprocess.Popen
SCAN, BROKEN = pdf([]), b"%PDF-1.7 and no more"


@pytest.fixture
def pdfs() -> Iterator[PdfProcess]:
    process = PdfProcess()
    yield process
    process.stop()


def pid(pdfs: PdfProcess) -> int:
    assert pdfs._running is not None
    return pdfs._running.pid


def test_one_process_reads_one_after_the_other(pdfs: PdfProcess) -> None:
    assert pdfs.words_of(pdf(["One", "two"]), 60)[0] == "One\ntwo"
    first = pid(pdfs)
    assert [pdfs.words_of(data, 60)[0] for data in (SCAN, BROKEN, pdf(["Three"]))] == [
        "",
        "",
        "Three",
    ]
    assert pid(pdfs) == first


def test_one_that_takes_too_long_is_given_up_and_the_next_one_is_read(pdfs: PdfProcess) -> None:
    assert pdfs.words_of(SCAN, 60)[0] == ""
    with pytest.raises(TooSlow):
        pdfs.words_of(endless_pdf(), 0.2)
    assert pdfs.words_of(pdf(["Next"]), 60)[0] == "Next"


def test_a_process_that_takes_nothing_in_is_given_up_as_well(pdfs: PdfProcess) -> None:
    """Stopped, or without memory: the document does not fit into its pipe."""
    assert pdfs.words_of(SCAN, 60)[0] == ""
    os.kill(pid(pdfs), signal.SIGSTOP)
    with pytest.raises(TooSlow):
        pdfs.words_of(b"%PDF" + bytes(1_000_000), 0.2)
    assert pdfs.words_of(pdf(["Next"]), 60)[0] == "Next"


def test_one_that_was_too_slow_is_not_tried_again(pdfs: PdfProcess) -> None:
    """A sender whose patience was shorter than ours sends it again and again."""
    slow = endless_pdf()
    with pytest.raises(TooSlow):
        pdfs.words_of(slow, 0.2)
    began = time.monotonic()
    with pytest.raises(TooSlow):
        pdfs.words_of(slow, 3_600)
    assert time.monotonic() - began < 5


def test_a_process_that_is_slow_to_start_is_ended_and_its_document_is_read_later(
    pdfs: PdfProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ran on, and the document counted as slow for good."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*args: Any, **how: Any) -> subprocess.Popen[bytes]:
        started.append(POPEN(*args, **how))
        return started[-1]

    with monkeypatch.context() as busy:
        busy.setattr(pdf_process, "_START_SECONDS", 0.0)
        busy.setattr(subprocess, "Popen", start)
        with pytest.raises(TooSlow):
            pdfs.words_of(pdf(["One"]), 60)
    assert started[0].returncode == -signal.SIGKILL
    assert pdfs.words_of(pdf(["One"]), 60)[0] == "One"


def test_a_process_that_has_died_is_replaced(pdfs: PdfProcess) -> None:
    assert pdfs.words_of(pdf(["One"]), 60)[0] == "One"
    os.kill(pid(pdfs), signal.SIGKILL)
    os.waitid(os.P_PID, pid(pdfs), os.WEXITED | os.WNOWAIT)
    assert pdfs.words_of(pdf(["Two"]), 60)[0] == ""
    assert pdfs.words_of(pdf(["Two"]), 60)[0] == "Two"


def test_requests_are_answered_until_there_are_no_more() -> None:
    """What the process does, in this one."""
    requests = [b"", pdf(["One"]), BROKEN]
    answers = io.BytesIO()
    answer(io.BytesIO(b"".join(HEAD.pack(len(one)) + one for one in requests)), answers)
    assert answers.getvalue() == HEAD.pack(0) + HEAD.pack(3) + b"One" + HEAD.pack(0)
