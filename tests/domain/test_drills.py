"""Test pages: when one is over, what counts as proof, and what people read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.answers import answered_test, only_a_test
from bot.domain.coverage import Person, Role, having_words
from bot.domain.drills import (
    Answered,
    Asked,
    Drill,
    Outcome,
    Proof,
    is_proven,
    months,
)
from bot.domain.gsm import SEGMENT, septets
from bot.domain.page import Notice, Page, Slip
from bot.domain.wording import sms

NOW = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ADA = Person(
    "ada", "Dr. Ada Osei", "America/Chicago", ("slack", "sms"), "+13125550101", ("T1", "U1")
)
PROOF = Proof(ADA.mobile, NOW - 30 * DAY)


def test_it_is_over_after_a_day() -> None:
    assert Drill("d", "ada", "carla", NOW, "", "").expires_at == NOW + DAY


def test_one_that_was_sent_lately_waits_until_it_is_answered() -> None:
    asked = Asked("sms", ADA.mobile, 0, NOW)
    assert asked.waits(NOW + 9 * MINUTE)
    assert not asked.waits(NOW + 10 * MINUTE)
    assert not replace(asked, answered_at=NOW).waits(NOW)


def test_a_channel_is_proven_from_the_address_that_answered() -> None:
    assert is_proven(PROOF, ADA.address("sms"), NOW)
    assert not is_proven(PROOF, "+13125550177", NOW)
    assert not is_proven(None, ADA.address("sms"), NOW)


def test_a_proof_grows_old() -> None:
    assert is_proven(PROOF, ADA.mobile, NOW, months(1))
    assert not is_proven(PROOF, ADA.mobile, NOW + DAY, months(1))
    assert months(12) == 365.25 * DAY


def test_each_channel_goes_to_an_account_or_a_number() -> None:
    addresses = {ADA.address(channel) for channel in ("slack", "sms", "voice")}
    assert addresses == {"T1/U1", "+13125550101"}
    assert replace(ADA, slack=None).address("slack") == ""


def test_people_are_found_by_words_of_their_name() -> None:
    ben = replace(ADA, name="Dr. Ben Ito")
    assert having_words("osei ada", [ADA, ben]) == [ADA]
    assert having_words("dr", [ADA, ben]) == [ADA, ben]
    assert having_words(ben.name, [ADA, ben]) == [ben], "the whole name as well"
    assert having_words("@", [ADA, ben]) == []


@pytest.mark.parametrize("repeat", [False, True])
def test_the_sms_says_test_first_and_fits_one_segment(*, repeat: bool) -> None:
    slip = Slip("ada", Role.OWNER, "sms", 0, possible_repeat=repeat, notice=Notice.TEST)
    text = sms(Page("d", slip, ADA, NOW, code="48271234"), "312-555-0100")
    assert text.startswith("TEST")
    assert "ACK 48271234" in text
    assert ("possible repeat" in text) is repeat
    assert septets(text) <= SEGMENT


def test_an_answer_to_a_test_is_answered_in_one_segment() -> None:
    texts = [answered_test(Answered(outcome, 3 * MINUTE)) for outcome in Outcome]
    texts.append(only_a_test("4827"))
    assert len(set(texts)) == len(Outcome) + 1
    assert all("TEST" in text and septets(text) <= SEGMENT for text in texts)
    assert "after 3 min" in texts[0]
