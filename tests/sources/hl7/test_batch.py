"""Batches, and several messages in one frame: cut where messages begin, and nothing is lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.message import Reports, SetAside, Unusable
from bot.sources.hl7 import batch
from bot.sources.hl7.batch import from_header, split
from bot.sources.hl7.reader import read_all
from bot.sources.mllp.frames import frame
from tests.sources.mllp_senders import HOW, Inbox, Sender, told
from tests.sources.oru import CHICAGO, NOW, message, obr, report, sample

HEAD = b"FHS|^~\\&|RIS\rBHS|^~\\&|RIS\r"
TAIL = b"BTS|2\rFTS|1\r"
CUTS = [
    b"MSH|^~\\&|RIS|M|R|M|20260101||ORU^R01|1|P",
    b"MSH|^~\\&|",
    b"MSH",
    b"FHS|^~\\&|RIS",
    b"BHS|x",
    b"\r",
    b"\n",
    b"\x1c",
    b"\x0b",
    b" ",
    b"\xef\xbb\xbf",
    b"OBX|1||x",
    b"|",
]


def second() -> bytes:
    return sample(fields={2: "P9", 3: "B9000^RIS", 18: ""}).replace(b"|MSG1|", b"|MSG2|")


def readings(data: bytes) -> list[object]:
    return [raw.reading for raw in read_all(data, source="hl7", timezone=CHICAGO, now=NOW)]


def test_each_message_of_a_batch_is_read_by_itself() -> None:
    found = read_all(HEAD + sample() + second() + TAIL, source="hl7", timezone=CHICAGO, now=NOW)
    assert [raw.control_id for raw in found] == ["MSG1", "MSG2"]
    keys = [r.reading.reports[0].key.value for r in found if isinstance(r.reading, Reports)]
    assert keys == ["A2000", "B9000"]


def test_the_envelope_stays_with_the_message_beside_it_and_changes_nothing() -> None:
    first, last = split(HEAD + sample() + second() + TAIL)
    assert (first, last) == (HEAD + sample(), second() + TAIL)
    assert report(first) == report(sample())
    assert report(last).content_hash == report(second()).content_hash


@pytest.mark.parametrize("head", [b"FHS#@!$%#RIS\rBHS#@!$%#RIS\r", b"BHS|^~\\&|RIS\r\n\r\n"])
def test_an_envelope_may_have_other_separators_than_its_message(head: bytes) -> None:
    other = sample().translate(bytes.maketrans(b"|^~", b"#@!"))
    first, last = split(head + sample() + other + b"BTS$2\rFTS$1\r")
    assert report(first).accession == report(last).accession == "A2000"


def test_a_line_of_prose_that_begins_like_an_envelope_stays() -> None:
    found = report(sample("OBX|1|TX|&IMP||Reported by\nBTS trainee|||HH|||F"))
    assert found.impression == "Reported by\nBTS trainee"


def test_a_file_of_several_batches_is_cut_at_their_headers() -> None:
    pieces = split(HEAD + sample() + TAIL + HEAD + second() + TAIL)
    assert pieces == (HEAD + sample() + TAIL, HEAD + second() + TAIL)


def test_messages_one_after_the_other_and_framed_ones_are_cut_too() -> None:
    assert split(sample() + second()) == (sample(), second())
    assert len(split(frame(sample()) + frame(second()))) == 2
    crlf = (sample() + second()).replace(b"\r", b"\r\n")
    assert len(split(crlf)) == 2


def test_a_form_feed_before_a_message_is_a_blank_and_joins_no_two() -> None:
    first, last = sample(), second()
    assert split(b"\f" + first + b"\f" + last + b"\f") == (b"\f" + first, b"\f" + last + b"\f")
    kinds = [type(reading) for reading in readings(b"\f" + first + b"\r\n \f" + last + b"\f")]
    assert kinds == [Reports, Reports]
    assert report(b"\f" + first) == report(first)


def test_messages_without_a_line_end_between_them_are_cut() -> None:
    first = sample().rstrip(b"\r")
    assert split(first + second()) == (first, second())
    assert split(first + b"|||" + second()) == (first + b"|||", second())
    assert report(second()).accession == "B9000"


def test_a_header_that_a_note_quotes_is_no_message() -> None:
    note = message(
        obr(), r"NTE|1||Answer to MSH|^~\&|RIS|MAIN|R|M|20260101||ORU^R01|1|P", "NTE|2||x"
    )
    assert split(note) == (note,)


def test_one_that_cannot_be_used_does_not_spoil_its_neighbours() -> None:
    adt = sample().replace(b"ORU^R01^ORU_R01", b"ADT^A08")
    kinds = [type(reading) for reading in readings(sample() + b"MSH|^~\r" + adt + second())]
    assert kinds == [Reports, Unusable, SetAside, Reports]


def test_a_line_of_prose_that_begins_with_msh_is_no_message() -> None:
    text = message(obr(), "OBX|1|TX|&GDT||Seen by\nMSH: Dr. A\nMSH staff||||||F")
    assert split(text) == (text,)


def test_a_message_alone_is_itself_whatever_it_is() -> None:
    for data in (b"", b"nonsense", b"MSH", sample(), HEAD + TAIL):
        assert split(data) == (data,)
    assert from_header(HEAD + TAIL) == HEAD + TAIL


PIECES = st.sampled_from(
    [b"MSH|^~\\&|", b"\r", b"\n", b"FHS|", b"BHS|^~\\&", b"BTS|1", b"MSH", b" "]
)


@given(st.lists(PIECES | st.binary(max_size=4), max_size=30).map(b"".join))
def test_cutting_loses_no_byte(data: bytes) -> None:
    assert b"".join(split(data)) == data


def test_a_long_run_of_blanks_after_an_envelope_costs_no_time() -> None:
    data = b"MSH|^~\\&|\r" + b"FHS|" + b" " * 200_000 + b"\r" * 200_000 + b"x MSH MSH"
    assert split(data) == (data,)


def answer_to(*messages: bytes) -> tuple[bytes, Inbox]:
    """The one answer to a frame with these messages in it, and what was stored."""
    answers: list[bytes] = []

    async def conversation(_: Inbox, __: object, sender: Sender) -> None:
        await sender.send(frame(b"".join(messages)))
        answers.append(await sender.answer())

    inbox = told(conversation, HOW)
    return answers[0], inbox


def test_one_frame_gets_one_answer_which_names_the_first_message() -> None:
    answer, inbox = answer_to(HEAD, sample(), second(), TAIL)
    assert len(inbox.messages) == 2
    assert b"\rMSA|AA|MSG1\r" in answer


def test_the_answer_for_several_is_the_gravest() -> None:
    answer, inbox = answer_to(sample(), sample(fields={25: "?"}), second())
    assert len(inbox.messages) == 3
    assert b"kept in quarantine: unknown-status" in answer


def test_an_envelope_in_frames_of_its_own_is_no_message_that_waits() -> None:
    for alone in (HEAD, TAIL, b"FHS|^~\\&|A\r\n", b"FTS"):
        assert readings(alone) == [SetAside("batch-envelope")]
        answer, _ = answer_to(alone)
        assert b"\rMSA|AA" in answer
        assert b"quarantine" not in answer
    assert isinstance(readings(b"\r")[0], Unusable)


# Headers that begin within one another.
@example(b"MSH|^~\\&|A|MSH|^~\\&|MSH|^~\\&|MSH|^~\\&|RIS|M|R|M|20260101||ORU^R01|1|P")
@given(st.lists(st.sampled_from(CUTS), max_size=14).map(b"".join))
def test_it_is_cut_where_a_search_of_all_bytes_at_once_would_cut_it(data: bytes) -> None:
    forms = (batch._BEGINS, batch._RUNS_ON)
    found = {match.start() for form in forms for match in form.finditer(data)}
    starts = sorted(found)[1:] if data.count(b"MSH") > 1 else []
    ends = [*starts, len(data)]
    cut = tuple(data[a:b] for a, b in zip([0, *starts], ends, strict=True))
    assert split(data) == cut


def test_a_large_file_is_searched_bit_by_bit_so_that_pages_need_not_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "_WINDOW", 7)
    assert split(HEAD + sample() + second() + TAIL) == (HEAD + sample(), second() + TAIL)
    assert split(sample().rstrip(b"\r") + second()) == (sample().rstrip(b"\r"), second())
