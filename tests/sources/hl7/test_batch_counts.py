"""What a batch says of how many messages it has, against what is there."""

import pytest

from bot.sources.hl7.batch import split
from bot.sources.hl7.batch_counts import lacking
from tests.sources.oru import sample

ONE = sample()
FHS, BHS = b"FHS|^~\\&|RIS\r", b"BHS|^~\\&|RIS\r"


def told(*parts: bytes) -> str:
    return lacking(split(b"".join(parts)))


@pytest.mark.parametrize(
    "batch",
    [
        [ONE],
        [ONE, ONE],
        [FHS, BHS, ONE, ONE, b"BTS|2\rFTS|1\r"],
        [BHS, ONE, ONE, b"BTS|2||0"],
        [FHS, ONE, b"FTS|1"],
        [FHS, BHS, ONE, b"BTS|1\r", BHS, ONE, ONE, b"BTS|2\rFTS|2\r\n"],
        [BHS, ONE, b"BTS|\rFTS|\r"],
        [BHS, ONE, b"BTS\r"],
        [FHS, BHS, b"BTS|0\rFTS|1\r"],
        [ONE.replace(b"Tension", b"BTS|7 tension")],
    ],
)
def test_a_whole_batch_and_what_is_none_lack_nothing(batch: list[bytes]) -> None:
    assert told(*batch) == ""


def test_one_that_was_cut_between_two_messages_says_so() -> None:
    end = "its end is missing, a BTS or FTS"
    assert told(FHS, BHS, ONE, ONE) == told(BHS, ONE) == told(FHS, BHS) == end
    assert told(FHS, BHS, ONE, b"BTS|1\r", BHS, ONE) == end


def test_a_message_that_is_missing_is_counted() -> None:
    assert told(BHS, ONE, b"BTS|3\r") == "BTS-1 says that it has 3 messages, and 1 are there"
    assert told(FHS, BHS, ONE, b"BTS|1\rFTS|2\r") == (
        "FTS-1 says that it has 2 batches, and 1 are there"
    )


def test_the_frames_of_mllp_around_it_are_no_part_of_it() -> None:
    assert told(BHS, ONE, b"BTS|1\r\x1c\r") == ""
