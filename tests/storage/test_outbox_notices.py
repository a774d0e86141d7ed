"""Notices in the outbox, and the messages of one person in Slack."""

from dataclasses import replace
from datetime import datetime

from bot.domain.effects import CancelNotices, SendNotice, SendPage
from bot.domain.page import Notice, Posted, Sent
from storage import outbox, page_history
from storage.database import Database
from tests.storage.given import MINUTE, NOW, opened, person_named, slip
from tests.storage.outgoing import claim, put, settle


def test_a_notice_that_waits_is_cancelled_by_kind_and_person(clinic: Database, adams: str) -> None:
    alert_id = opened(clinic).id
    baker = clinic.look(lambda c: person_named(c, "Dr. Baker"))
    kinds = (Notice.CHANGED, Notice.REOPENED)
    waiting = [SendNotice(slip(who, notice=kind), NOW) for who in (adams, baker) for kind in kinds]
    page = SendPage(slip(adams), NOW)
    put(clinic, alert_id, *waiting, page)
    put(clinic, alert_id, CancelNotices(adams, frozenset({Notice.CHANGED})))
    put(clinic, alert_id, CancelNotices("", frozenset({Notice.REOPENED})))
    left = [(one.slip.person_id, one.slip.notice) for one in claim(clinic)]
    assert left == [(adams, None), (baker, Notice.CHANGED)]


def test_a_notice_of_the_same_unit_is_not_even_put(clinic: Database, adams: str) -> None:
    alert_id = opened(clinic).id
    changed, reopened = (slip(adams, notice=n) for n in (Notice.CHANGED, Notice.REOPENED))
    cancel = CancelNotices(adams, frozenset({Notice.CHANGED}))
    effects = [SendNotice(changed, NOW), cancel, SendNotice(reopened, NOW)]
    assert put(clinic, alert_id, *effects) == 1
    assert [one.slip for one in claim(clinic)] == [reopened]


def test_earlier_attempts_in_doubt_are_those_at_the_same_notice(
    clinic: Database, adams: str
) -> None:
    alert_id = opened(clinic).id
    first = slip(adams, notice=Notice.WITHDRAWN)
    effects = [SendNotice(one, NOW) for one in (first, replace(first, channel="sms"), first)]
    put(clinic, alert_id, *effects)
    for one in claim(clinic):
        settle(clinic, one, "uncertain")
    put(clinic, alert_id, SendNotice(replace(first, tries=2, possible_repeat=True), NOW))
    (again,) = claim(clinic)
    rows = clinic.look(lambda c: page_history.history(c, alert_id))
    doubtful = {r.delivery_id for r in rows if r.slip == first}
    assert set(clinic.look(lambda c: outbox.in_doubt(c, again))) == doubtful
    assert len(doubtful) == 2


def test_slack_messages_of_one_person_come_oldest_first_and_once(
    clinic: Database, adams: str
) -> None:
    alert_id = opened(clinic).id
    put(clinic, alert_id, *(SendPage(slip(adams), NOW) for _ in range(3)))
    for one, ts in zip(claim(clinic), ("1.1", "2.2", "1.1"), strict=True):
        settle(clinic, one, "sent", Sent(ts, "D1"))
    put(clinic, alert_id, SendPage(slip(adams, "sms"), NOW))
    settle(clinic, claim(clinic)[0], "sent", Sent("SM1"))
    found = clinic.look(lambda c: outbox.posted(c, alert_id, adams))
    assert found == (Posted("D1", "1.1"), Posted("D1", "2.2"))
    assert clinic.look(lambda c: outbox.posted(c, alert_id, "somebody else")) == ()


def test_a_collapsed_message_is_left_alone_from_then_on(clinic: Database, adams: str) -> None:
    alert_id = opened(clinic).id

    def posted() -> list[str]:
        return [found.ts for found in clinic.look(lambda c: outbox.posted(c, alert_id, adams))]

    def send(kind: Notice | None, ts: str, channel: str, now: datetime) -> None:
        effect = (SendNotice if kind else SendPage)(slip(adams, notice=kind), now)
        clinic.run(lambda c: outbox.put(c, alert_id, [effect], now, version=1))
        (one,) = claim(clinic, now)
        clinic.run(
            lambda c: outbox.settle(c, one.delivery_id, "sent", now, taken=Sent(ts, channel))
        )

    send(None, "10.000001", "D1", NOW)
    send(None, "10.000003", "D1", NOW + MINUTE)
    send(Notice.SUPERSEDED, "10.000001", "", NOW + MINUTE)
    assert posted() == ["10.000003"]
    send(None, "10.000000", "D1", NOW + 2 * MINUTE)
    assert posted() == ["10.000000", "10.000003"], "found out late: it is not collapsed yet"
    send(Notice.SUPERSEDED, "10.000000", "", NOW + 2 * MINUTE)
    assert posted() == ["10.000003"]


def test_a_notice_of_no_alert_keeps_what_it_is_about(clinic: Database, adams: str) -> None:
    put(clinic, None, SendNotice(slip(adams, notice=Notice.QUARANTINE), NOW), data="no-msh")
    (claimed,) = claim(clinic)
    assert (claimed.alert_id, claimed.data) == (None, "no-msh")
