"""What became of an attempt: settled once, delivered, answered, and proven later."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.effects import SendNotice, SendPage
from bot.domain.page import Notice, Page, Sent
from storage import claims, looks, outbox, page_history, people, tables
from storage.database import Database
from storage.outbox import Claimed
from tests.storage.given import MINUTE, NOW, executing, opened, person_named, slip
from tests.storage.outgoing import ME, OTHER, claim, one_claimed, put, settle


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


def test_what_a_dead_copy_had_in_hand_goes_to_one_of_the_living(
    clinic: Database, adams: str
) -> None:
    put(clinic, opened(clinic).id, *(SendPage(slip(adams), NOW) for _ in range(3)))
    (mine,) = claim(clinic, instance=ME, limit=1)
    theirs = claim(clinic, instance=OTHER)

    def orphans(instance: int, gone: set[int], in_flight: set[str]) -> list[Claimed]:
        return clinic.run(lambda c: claims.orphans(c, gone, in_flight, instance))

    assert clinic.look(claims.claimers) == {ME, OTHER}
    assert orphans(ME, set(), {mine.delivery_id}) == []
    assert orphans(ME, {OTHER}, {mine.delivery_id}) == theirs
    assert clinic.look(claims.claimers) == {ME}
    flying = {one.delivery_id for one in [mine, *theirs]}
    assert orphans(ME, {OTHER}, flying) == []
    assert orphans(OTHER, set(), set()) == []


def test_after_a_restart_everything_claimed_is_an_orphan(clinic: Database, adams: str) -> None:
    claimed = one_claimed(clinic, adams)
    assert clinic.run(lambda c: claims.orphans(c, set(), set(), ME)) == [claimed]
    assert settle(clinic, claimed, "sent")
    assert clinic.run(lambda c: claims.orphans(c, set(), set(), ME)) == []
