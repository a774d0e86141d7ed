"""Which version holds where its sender states no status time, or one that stands still."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import hl7_time
from tests.scenarios.looking import (
    acknowledge_by_sms,
    entries,
    expect_everything,
    paged,
    pages,
    version,
)

ROUTINE, SIGNIFICANT, CRITICAL = "RID50261", "RID49482", "RID49480"
HEMATOMA = "Acute left subdural hematoma."
DISSECTION = "Acute dissection of the descending aorta."


@dataclass
class Feed:
    """A sender whose versions come a minute apart. ``states`` tells whether it fills in OBR-22:
    then always with the time of the first version. MSH-7 is the time of sending."""

    hospital: Hospital
    states: bool
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.hospital.now

    def send(self, status: str, flag: str = "AA", impression: str = HEMATOMA) -> None:
        self.hospital.pass_time(minutes=1)
        self.put(status, flag, impression, sent=self.hospital.now)

    def put(
        self,
        status: str,
        flag: str,
        impression: str = HEMATOMA,
        *,
        sent: datetime,
        reached: datetime | None = None,
    ) -> None:
        """The same with any time of sending, and any OBR-22, without waiting."""
        self.hospital.sent += 1
        message = version(
            "V1",
            reached or self.began,
            control=f"V{self.hospital.sent}",
            status=status,
            flag=flag,
            impression=impression,
            sent=hl7_time(sent),
            stated=None if self.states else "",
        )
        assert "MSA|AA|" in self.hospital.send(message)


@pytest.fixture(params=[False, True], ids=["no OBR-22", "OBR-22 stands still"])
def feed(hospital: Hospital, request: pytest.FixtureRequest) -> Feed:
    return Feed(hospital, request.param)


# ---- flagged at last ------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [3, 30])
@pytest.mark.parametrize(
    ("first", "then"),
    [(("P", "AA"), ("F", "AA")), (("P", ""), ("F", "AA")), (("F", ""), ("C", "AA"))],
    ids=["preliminary", "unflagged preliminary", "unflagged"],
)
def test_the_first_version_that_asks_is_not_as_late_as_what_came_before_it(
    feed: Feed, hospital: Hospital, first: tuple[str, str], then: tuple[str, str], hours: float
) -> None:
    """Its status time is the older one's: it paged everybody at once, or a coordinator alone."""
    feed.send(*first)
    hospital.pass_time(hours=hours)
    feed.send(*then)
    alert = hospital.alert()
    assert (alert.stale, alert.expired_at, alert.late_by) == (False, None, None)
    assert hospital.now - alert.window_opens_at < timedelta(seconds=1)
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_a_final_version_that_was_sent_before_its_preliminary_one_is_as_late_as_it_says(
    hospital: Hospital,
) -> None:
    feed, now = Feed(hospital, states=True), hospital.now
    hospital.pass_time(minutes=50)
    feed.put("P", "AA", sent=now + timedelta(minutes=2))
    feed.put("F", "AA", sent=now + timedelta(minutes=1))
    assert now - hospital.alert().window_opens_at < timedelta(seconds=1)
    expect_everything(hospital)


# ---- issued again ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "flag", "state"),
    [("X", "", State.WITHDRAWN), ("C", ROUTINE, State.DOWNGRADED)],
    ids=["withdrawn", "downgraded"],
)
def test_the_same_text_issued_again_after_its_end_is_paged(
    hospital: Hospital, feed: Feed, status: str, flag: str, state: State
) -> None:
    feed.send("F")
    paged(hospital.ada)
    feed.send(status, flag)
    assert hospital.alert().state is state
    feed.send("F")
    alert = hospital.alert()
    assert (alert.state, alert.cycle, alert.stale, hospital.alerts()) == (State.OPEN, 2, False, 1)
    assert alert.window_opens_at >= hospital.now - timedelta(seconds=1)
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    feed.send(status, flag)
    assert hospital.alert().withdrawn_at
    expect_everything(hospital)


def test_the_same_report_sent_again_with_a_newer_message_time_pages_nobody_twice(
    hospital: Hospital, feed: Feed
) -> None:
    for _ in range(3):
        feed.send("F")
    _, sms = paged(hospital.ada)
    assert (hospital.alerts(), len(pages(hospital)), hospital.alert().version) == (1, 2, 1)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    feed.send("F")
    assert hospital.alert().state is State.ACKNOWLEDGED


def test_an_old_version_sent_again_does_not_take_back_a_correction(
    hospital: Hospital, feed: Feed
) -> None:
    feed.send("F", SIGNIFICANT)
    feed.send("C", CRITICAL, impression=DISSECTION)
    version_, sent = hospital.alert().version, len(pages(hospital))
    feed.send("F", SIGNIFICANT)
    alert = hospital.alert()
    assert (alert.category, alert.version, len(pages(hospital))) == ("critical", version_, sent)
    expect_everything(hospital)


def test_without_any_usable_time_a_coordinator_hears_of_what_is_issued_again(
    hospital: Hospital,
) -> None:
    """Nothing tells it from a copy that comes late; arrival says nothing."""

    def bare(status: str, control: str) -> bytes:
        message = version("V1", hospital.now, control=control, status=status, stated="")
        fields = message.split(b"|")
        fields[6] = b""
        return b"|".join(fields)

    first = bare("F", "V1")
    assert b"|||ORU" in first
    hospital.send(first)
    paged(hospital.ada)
    hospital.pass_time(minutes=1)
    hospital.send(bare("X", "V2"))
    hospital.pass_time(minutes=1)
    hospital.send(first)
    assert hospital.alert().state is State.WITHDRAWN
    hospital.send(bare("F", "V3"))
    assert hospital.alert().state is State.WITHDRAWN
    hospital.carla.slack.expect_new("older")
    expect_everything(hospital)


# ---- a status time that does not move -------------------------------------------------------


@pytest.mark.parametrize(
    "impression", [DISSECTION, "Tension pneumothorax.", "Free air.", "Stroke."]
)
@pytest.mark.parametrize("status", ["C", "F"])
def test_the_last_correction_holds_whatever_its_words(
    hospital: Hospital, status: str, impression: str
) -> None:
    feed = Feed(hospital, states=True)
    feed.send("F", SIGNIFICANT)
    feed.send("C", SIGNIFICANT, impression="Nodule of 9 mm.")
    feed.send(status, CRITICAL, impression=impression)
    assert hospital.alert().category == "critical"
    expect_everything(hospital)


@pytest.mark.parametrize(
    "impression", [DISSECTION, "Tension pneumothorax.", "Free air.", "Stroke."]
)
def test_of_versions_that_nothing_tells_apart_the_most_severe_holds(
    hospital: Hospital, impression: str
) -> None:
    feed = Feed(hospital, states=True)
    for flag, words in ((SIGNIFICANT, "Nodule."), (CRITICAL, impression), (ROUTINE, "None.")):
        feed.put("C", flag, sent=feed.began, impression=words)
    assert (hospital.alert().category, hospital.alert().state) == ("critical", State.OPEN)
    expect_everything(hospital)


def test_a_first_version_by_a_clock_that_is_ahead_does_not_outlast_its_correction(
    hospital: Hospital,
) -> None:
    feed = Feed(hospital, states=True)
    ahead = hospital.now + timedelta(minutes=4)
    feed.put("F", SIGNIFICANT, sent=hospital.now, reached=ahead)
    hospital.pass_time(minutes=1)
    now = hospital.now
    feed.put("C", CRITICAL, sent=now, reached=now, impression=DISSECTION)
    assert hospital.alert().category == "critical"
    hospital.pass_time(minutes=9)
    feed.put("F", SIGNIFICANT, sent=hospital.now, reached=ahead)
    assert hospital.alert().category == "critical"
    expect_everything(hospital)


# ---- a severe version that loses all the same ----------------------------------------------


@pytest.mark.parametrize(
    ("status", "flag", "state"),
    [
        ("C", SIGNIFICANT, State.OPEN),
        ("C", ROUTINE, State.DOWNGRADED),
        ("X", "", State.WITHDRAWN),
    ],
)
def test_a_coordinator_hears_of_a_severe_version_sent_later_with_an_older_status_time(
    hospital: Hospital, status: str, flag: str, state: State
) -> None:
    feed = Feed(hospital, states=True)
    feed.put("F", SIGNIFICANT, sent=hospital.now)
    paged(hospital.ada, "significant")
    hospital.pass_time(minutes=2)
    feed.put(status, flag, sent=hospital.now, reached=hospital.now)
    expect_everything(hospital)
    hospital.pass_time(minutes=1)
    sent = len(pages(hospital))
    for _ in range(2):
        hospital.pass_time(minutes=1)
        feed.put("C", CRITICAL, sent=hospital.now, impression=DISSECTION)
    assert (hospital.alert().state, len(pages(hospital))) == (state, sent)
    hospital.carla.slack.expect_new("older")
    (entry,) = entries(hospital, "older_version")
    assert entry.data == {"category": "critical", "doubtful": True}
    expect_everything(hospital)


def test_a_severe_version_that_is_older_by_every_clock_is_recorded_and_wakes_nobody(
    hospital: Hospital,
) -> None:
    feed = Feed(hospital, states=True)
    feed.put("C", SIGNIFICANT, sent=hospital.now, reached=hospital.now)
    _, sms = paged(hospital.ada, "significant")
    before = hospital.now - timedelta(minutes=5)
    feed.put("F", CRITICAL, sent=before, reached=before, impression=DISSECTION)
    assert (hospital.alert().category, len(pages(hospital))) == ("significant", 2)
    (entry,) = entries(hospital, "older_version")
    assert entry.data == {"category": "critical", "doubtful": False}
    acknowledge_by_sms(hospital, hospital.ada, sms)


# ---- codes and placeholders as senders write them -------------------------------------------


def test_a_status_time_that_is_a_placeholder_makes_nothing_stale(hospital: Hospital) -> None:
    said = {"control": "V1", "sent": hl7_time(hospital.now)}
    hospital.send(version("V1", hospital.now, stated="19000101000000", **said))
    alert = hospital.alert()
    assert (alert.stale, alert.window_opens_at) == (False, hospital.now)
    assert "no usable finalization time" in alert.note
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_small_letters_in_code_and_processing_id_page_as_capitals_do(hospital: Hospital) -> None:
    message = version("V1", hospital.now, control="V1", flag="rid49480")
    hospital.send(message.replace(b"|P|2.5", b"|p^T|2.5"))
    assert hospital.alert().category == "critical"
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
