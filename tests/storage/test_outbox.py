"""Pages leave once each, in their order, and their record says what became of them."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.domain.events import CancelNotices, CancelPages, SendNotice, SendPage
from bot.domain.page import Notice, Page, Posted, Sent, Slip
from storage import alerts, claims, looks, outbox, page_history, people, tables
from storage.alerts import AlertFacts
from storage.database import Database
from storage.outbox import Claimed
from tests.storage.given import MINUTE, NOW, alert, executing, opened, person_named, slip

ME, OTHER = 1, 2


@pytest.fixture
def adams(clinic: Database) -> str:
    return clinic.look(lambda c: person_named(c, "Dr. Adams"))


def put(database: Database, alert_id: str | None, *effects: Any, **options: Any) -> int:
    return database.run(lambda c: outbox.put(c, alert_id, effects, NOW, version=1, **options))


def claim(
    database: Database, now: Any = NOW, instance: int = ME, limit: int = 100
) -> list[Claimed]:
    return database.run(lambda c: claims.claim(c, now, instance, limit))


def settle(
    database: Database, claimed: Claimed, outcome: str, taken: Sent | None = None, reason: str = ""
) -> bool:
    return database.run(
        lambda c: outbox.settle(c, claimed.delivery_id, outcome, NOW, taken=taken, reason=reason)
    )


def one_claimed(database: Database, adams: str, page: Slip | None = None) -> Claimed:
    alert_id = opened(database).id
    put(database, alert_id, SendPage(page or slip(adams), NOW))
    (claimed,) = claim(database)
    return claimed


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


@pytest.mark.parametrize("outcome", ["sent", "failed", "uncertain"])
def test_an_attempt_is_settled_once(clinic: Database, adams: str, outcome: str) -> None:
    claimed = one_claimed(clinic, adams)
    assert settle(clinic, claimed, outcome, Sent("SM1"), "why")
    assert not settle(clinic, claimed, "failed")
    (row,) = clinic.look(lambda c: page_history.history(c, str(claimed.alert_id)))
    assert (row.state, row.settled_at, row.provider_id, row.reason) == (outcome, NOW, "SM1", "why")


def test_an_outcome_that_does_not_exist_is_refused(clinic: Database, adams: str) -> None:
    with pytest.raises(IntegrityError):
        settle(clinic, one_claimed(clinic, adams), "probably")


def test_an_outcome_without_a_claim_cannot_be_stored(clinic: Database, adams: str) -> None:
    put(clinic, opened(clinic).id, SendPage(slip(adams), NOW))
    for change in ({"state": "sent", "settled_at": NOW}, {"state": "claimed"}, {"tries": 0},
                   {"delivered_at": NOW}):  # fmt: skip
        with pytest.raises(IntegrityError):
            clinic.run(executing(tables.pages.update().values(change)))


def test_delivered_is_noted_once_also_before_the_sending_is_settled(
    clinic: Database, adams: str
) -> None:
    claimed = one_claimed(clinic, adams, slip(adams, "sms"))
    assert clinic.run(lambda c: outbox.delivered(c, claimed.delivery_id, NOW + MINUTE))
    assert not clinic.run(lambda c: outbox.delivered(c, claimed.delivery_id, NOW))
    settle(clinic, claimed, "sent", Sent("SM1"))
    (row,) = clinic.look(lambda c: page_history.history(c, str(claimed.alert_id)))
    assert (row.state, row.delivered_at) == ("sent", NOW + MINUTE)


@pytest.mark.parametrize("outcome", ["sent", "uncertain", "failed"])
def test_an_sms_can_be_answered_whatever_is_known_of_its_sending(
    clinic: Database, adams: str, outcome: str
) -> None:
    """What is in doubt, and even what failed, may have arrived."""
    assert clinic.look(lambda c: looks.last_answerable_sms(c, NOW)) is None
    claimed = one_claimed(clinic, adams, slip(adams, "sms"))
    settle(clinic, claimed, outcome)
    assert clinic.look(lambda c: looks.last_answerable_sms(c, NOW)) == NOW


def test_another_attempt_to_the_same_person_by_the_same_channel_may_explain_a_call(
    clinic: Database, adams: str
) -> None:
    baker = clinic.look(lambda c: person_named(c, "Dr. Baker"))

    def attempt(person: str, channel: str) -> Claimed:
        return one_claimed(clinic, adams, slip(person, channel))

    def doubtful(one: Claimed, since: datetime = NOW) -> bool:
        (person,) = [p for p in clinic.look(people.everybody) if p.id == adams]
        about = Page(one.delivery_id, one.slip, person, NOW)
        return clinic.look(lambda c: outbox.another_in_doubt(c, about, since))

    mine, _, _ = attempt(adams, "voice"), attempt(baker, "voice"), attempt(adams, "sms")
    assert not doubtful(mine)
    other = attempt(adams, "voice")
    assert doubtful(mine), "it is under way"
    settle(clinic, other, "uncertain")
    assert doubtful(mine)
    assert not doubtful(mine, since=NOW + MINUTE), "its call would be older than mine"
    clinic.run(lambda c: outbox.proven(c, other.delivery_id, NOW, Sent("CA1")))
    assert not doubtful(mine)


def test_a_page_is_found_by_what_the_provider_calls_it(clinic: Database, adams: str) -> None:
    claimed = one_claimed(clinic, adams)
    settle(clinic, claimed, "sent", Sent("SM1"))
    assert clinic.look(lambda c: outbox.by_provider_id(c, "SM1")) == claimed
    assert clinic.look(lambda c: outbox.by_provider_id(c, "")) is None
    assert clinic.look(lambda c: outbox.by_provider_id(c, "SM2")) is None


def test_proof_turns_an_uncertain_attempt_into_a_sent_one(clinic: Database, adams: str) -> None:
    claimed = one_claimed(clinic, adams)
    settle(clinic, claimed, "uncertain")
    assert clinic.run(lambda c: outbox.proven(c, claimed.delivery_id, NOW, Sent("SM1")))
    assert not clinic.run(lambda c: outbox.proven(c, claimed.delivery_id, NOW, Sent("SM1")))
    assert clinic.look(lambda c: outbox.by_provider_id(c, "SM1")) == claimed


@pytest.mark.parametrize("outcome", ["uncertain", "failed"])
@pytest.mark.parametrize("notice", [None, Notice.WITHDRAWN])
def test_proof_cancels_the_repeat_that_still_waits_and_nothing_else(
    clinic: Database, adams: str, outcome: str, notice: Notice | None
) -> None:
    first = slip(adams, notice=notice)
    claimed = one_claimed(clinic, adams, first)
    settle(clinic, claimed, outcome)
    repeat = replace(first, possible_repeat=True)
    others = [
        replace(first, round=9),
        replace(first, channel="sms"),
        replace(first, notice=Notice.CHANGED),
    ]
    send = SendPage if notice is None else SendNotice
    alert_id, other_id = str(claimed.alert_id), opened(clinic).id
    put(clinic, alert_id, send(repeat, NOW), *(send(other, NOW) for other in others))
    put(clinic, other_id, send(repeat, NOW))
    clinic.run(lambda c: outbox.proven(c, claimed.delivery_id, NOW, Sent("SM1")))
    states = [(r.slip, r.state) for r in clinic.look(lambda c: page_history.history(c, alert_id))]
    assert states == [(first, "sent"), (repeat, "cancelled"), *((o, "waiting") for o in others)]
    assert clinic.look(lambda c: page_history.history(c, other_id))[0].state == "waiting"


def test_proof_of_a_notice_of_no_alert_cancels_its_repeat_too(clinic: Database, adams: str) -> None:
    first = slip(adams, notice=Notice.QUARANTINE)
    put(clinic, None, SendNotice(first, NOW), data="no-msh")
    (claimed,) = claim(clinic)
    settle(clinic, claimed, "uncertain")
    for about in ("no-msh", "no-obr"):
        put(clinic, None, SendNotice(replace(first, tries=2), NOW), data=about)
    clinic.run(lambda c: outbox.proven(c, claimed.delivery_id, NOW, Sent("SM1")))
    assert [one.data for one in claim(clinic)] == ["no-obr"]


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


def test_what_a_dead_copy_had_in_hand_goes_to_one_of_the_living(
    clinic: Database, adams: str
) -> None:
    put(clinic, opened(clinic).id, *(SendPage(slip(adams), NOW) for _ in range(3)))
    (mine,) = claim(clinic, instance=ME, limit=1)
    theirs = claim(clinic, instance=OTHER)

    def orphans(instance: int, alive: set[int], in_flight: set[str]) -> list[Claimed]:
        return clinic.run(lambda c: claims.orphans(c, alive, in_flight, instance))

    assert orphans(ME, {ME, OTHER}, {mine.delivery_id}) == []
    assert orphans(ME, {ME}, {mine.delivery_id}) == theirs
    flying = {one.delivery_id for one in [mine, *theirs]}
    assert orphans(ME, {ME}, flying) == []
    assert orphans(OTHER, {ME, OTHER}, set()) == []


def test_after_a_restart_everything_claimed_is_an_orphan(clinic: Database, adams: str) -> None:
    claimed = one_claimed(clinic, adams)
    assert clinic.run(lambda c: claims.orphans(c, {ME}, set(), ME)) == [claimed]
    assert settle(clinic, claimed, "sent")
    assert clinic.run(lambda c: claims.orphans(c, {ME}, set(), ME)) == []


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


def test_the_backlog_is_what_is_due_and_waits(clinic: Database, adams: str) -> None:
    assert clinic.look(lambda c: outbox.backlog(c, NOW)) == (0, None)
    alert_id = opened(clinic).id
    put(clinic, alert_id, SendPage(slip(adams), NOW), SendPage(slip(adams, "sms"), NOW + MINUTE))
    assert clinic.look(lambda c: outbox.backlog(c, NOW)) == (1, NOW)
    assert clinic.look(lambda c: outbox.backlog(c, NOW + MINUTE)) == (2, NOW)
    claim(clinic)
    assert clinic.look(lambda c: outbox.backlog(c, NOW)) == (0, None)
