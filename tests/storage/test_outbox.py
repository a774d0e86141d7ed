"""Pages leave once each, in their order, and their record says what became of them."""

from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from bot.domain.effects import CancelPages, SendNotice, SendPage
from bot.domain.page import Notice
from storage import alerts, claims, outbox, page_history
from storage.database import Database
from storage.loaded import AlertFacts
from storage.outbox import Claimed
from tests.storage.given import MINUTE, NOW, alert, opened, slip
from tests.storage.outgoing import claim, put


def test_a_page_comes_out_as_it_was_put(clinic: Database, adams: str) -> None:
    repeat = replace(slip(adams, "sms"), tries=3, possible_repeat=True)
    alert_id = opened(clinic).id
    assert put(clinic, alert_id, SendPage(repeat, NOW), data="about") == 1
    (claimed,) = claim(clinic)
    assert claimed == Claimed(claimed.delivery_id, alert_id, repeat, NOW, NOW, "about", 1)
    assert clinic.look(lambda c: outbox.by_delivery_id(c, claimed.delivery_id)) == claimed
    assert clinic.look(lambda c: outbox.by_delivery_id(c, "unknown")) is None


def test_pages_leave_before_notices_and_critical_before_significant(
    clinic: Database, adams: str
) -> None:
    alert_id = opened(clinic).id
    notice = slip(adams, notice=Notice.HANDED_OVER)
    put(clinic, alert_id, SendNotice(notice, NOW), SendPage(slip(adams, "late"), NOW), severity=1)
    put(clinic, alert_id, SendPage(slip(adams, "first"), NOW), SendPage(slip(adams, "second"), NOW))
    order = [(one.slip.channel, one.slip.notice) for one in claim(clinic)]
    assert order == [("first", None), ("second", None), ("late", None), ("slack", notice.notice)]


def test_a_page_is_claimed_once_and_not_before_its_time(clinic: Database, adams: str) -> None:
    alert_id = opened(clinic).id
    put(clinic, alert_id, SendPage(slip(adams), NOW + MINUTE), SendPage(slip(adams, "sms"), NOW))
    assert [one.slip.channel for one in claim(clinic)] == ["sms"]
    assert claim(clinic) == []
    assert clinic.look(claims.next_to_leave) == NOW + MINUTE
    assert [one.slip.channel for one in claim(clinic, NOW + MINUTE)] == ["slack"]
    assert clinic.look(claims.next_to_leave) is None
    assert clinic.look(outbox.under_way) == 2


def test_each_of_many_pages_goes_to_one_of_many_who_claim(clinic: Database, adams: str) -> None:
    alert_id = opened(clinic).id
    put(clinic, alert_id, *(SendPage(slip(adams), NOW) for _ in range(200)))
    futures = [
        clinic.submit(partial(claims.claim, now=NOW, instance=i, limit=7)) for i in range(40)
    ]
    shares = [future.result(20) for future in futures]
    assert all(len(claimed) <= 7 for claimed in shares)
    shares.append(claim(clinic, limit=500))
    ids = [one.delivery_id for claimed in shares for one in claimed]
    assert len(ids) == len(set(ids)) == 200


def test_cancelling_takes_back_what_nobody_has_claimed_but_no_notice(
    clinic: Database, adams: str
) -> None:
    alert_id, other_id = opened(clinic).id, opened(clinic).id
    put(clinic, alert_id, SendPage(slip(adams, "flying"), NOW))
    claim(clinic)
    notice = SendNotice(slip(adams, "notice", Notice.CHANGED), NOW)
    put(clinic, alert_id, SendPage(slip(adams, "old"), NOW), notice)
    put(clinic, other_id, SendPage(slip(adams, "other"), NOW))
    put(clinic, alert_id, SendPage(slip(adams, "never"), NOW), CancelPages(),
        SendPage(slip(adams, "new"), NOW))  # fmt: skip
    assert sorted(one.slip.channel for one in claim(clinic)) == ["new", "notice", "other"]
    states = {
        row.slip.channel: row.state
        for row in clinic.look(lambda c: page_history.history(c, alert_id))
    }
    assert states == {
        "flying": "claimed",
        "old": "cancelled",
        "notice": "claimed",
        "new": "claimed",
    }


def test_an_alert_of_the_same_unit_has_its_pages_cancelled_too(
    clinic: Database, adams: str
) -> None:
    def unit(c: Connection) -> None:
        new = alert()
        alerts.insert(c, new, AlertFacts())
        outbox.put(c, new.id, [CancelPages(), SendPage(slip(adams, "old"), NOW)], NOW, version=1)
        outbox.put(c, new.id, [CancelPages(), SendPage(slip(adams, "new"), NOW)], NOW, version=1)

    clinic.run(unit)
    assert [one.slip.channel for one in claim(clinic)] == ["new"]


def test_pages_put_out_after_there_was_nothing_to_cancel_are_cancelled_too(
    clinic: Database, adams: str
) -> None:
    alert_id = opened(clinic).id

    def unit(c: Connection) -> None:
        for channel in ("old", "new"):
            page = SendPage(slip(adams, channel), NOW)
            outbox.put(c, alert_id, [CancelPages(), page], NOW, version=1)

    clinic.run(unit)
    assert [one.slip.channel for one in claim(clinic)] == ["new"]


def test_the_backlog_is_what_is_due_and_waits(clinic: Database, adams: str) -> None:
    assert clinic.look(lambda c: outbox.backlog(c, NOW)) == (0, None)
    alert_id = opened(clinic).id
    put(clinic, alert_id, SendPage(slip(adams), NOW), SendPage(slip(adams, "sms"), NOW + MINUTE))
    assert clinic.look(lambda c: outbox.backlog(c, NOW)) == (1, NOW)
    assert clinic.look(lambda c: outbox.backlog(c, NOW + MINUTE)) == (2, NOW)
    claim(clinic)
    assert clinic.look(lambda c: outbox.backlog(c, NOW)) == (0, None)
