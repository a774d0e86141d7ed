"""The sender with the real SDK against the stand-in: what people see."""

import pytest

from bot.domain.page import Notice, Posted, SendFailed, Sent
from bot.sandbox.people import SlackPerson
from bot.slack import SlackSettings
from tests.slack.given import notice, page
from tests.slack.sending import find, posted, send


def test_a_page_reaches_the_person_with_its_buttons(site: SlackSettings, ada: SlackPerson) -> None:
    [sent] = send(site, page())
    message = ada.expect("Critical result")
    assert message.buttons == ["Acknowledge", "I can't take this"]
    assert sent == Sent(message.ts, message.channel)


def test_metadata_carries_the_delivery_id_and_nothing_else(
    site: SlackSettings, ada: SlackPerson
) -> None:
    send(site, page())
    event = {"event_type": "readback_page", "event_payload": {"delivery_id": "d1"}}
    assert ada.expect("Critical").metadata == event


def test_a_notice_rewrites_the_newest_message_and_leaves_the_others(
    site: SlackSettings, ada: SlackPerson
) -> None:
    first, second = send(site, page(), page(delivery_id="d2"))
    told = notice(
        Notice.ACKNOWLEDGED,
        state="acknowledged",
        ended_by="Dr. Ben Ito",
        posted=(*posted(first), *posted(second)),
    )
    assert send(site, told) == [Sent("")]
    assert ["✅ Acknowledged" in message.plain for message in ada.messages] == [False, True]


def test_older_messages_are_collapsed_and_the_answer_says_up_to_which(
    site: SlackSettings, ada: SlackPerson
) -> None:
    sent = send(site, page(), page(delivery_id="d2"), page(delivery_id="d3"))
    out = tuple(where for one in sent for where in posted(one))
    told = notice(Notice.SUPERSEDED, delivery_id="d4", posted=out)
    assert send(site, told) == [Sent(sent[1].provider_id)]
    assert [bool(m.buttons) for m in ada.messages] == [False, False, True]
    assert find(site, told) is None


def test_with_one_message_there_is_nothing_to_collapse(
    site: SlackSettings, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    assert send(site, notice(Notice.SUPERSEDED, posted=posted(sent))) == [Sent("")]
    assert len(ada.messages[0].versions) == 1


@pytest.mark.parametrize("kind", [Notice.WITHDRAWN, Notice.CHANGED, Notice.REOPENED])
def test_what_matters_to_a_sleeper_also_comes_as_a_message(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    told = notice(kind, delivery_id="d2", posted=posted(sent))
    [reply] = send(site, told)
    assert reply.slack_channel == ""
    assert ada.messages[-1].record.thread_ts == sent.provider_id
    assert find(site, told) == reply


@pytest.mark.parametrize("kind", [Notice.ACKNOWLEDGED, Notice.ANOTHER_PROVIDER, Notice.EXPIRED])
def test_what_finds_no_message_to_rewrite_is_not_taken_for_sent(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    with pytest.raises(SendFailed, match="slack-nothing-to-rewrite") as caught:
        send(site, notice(kind))
    assert caught.value.permanent
    assert ada.messages == []


@pytest.mark.parametrize("kind", [Notice.REOPENED, Notice.WITHDRAWN])
def test_what_matters_is_also_told_to_somebody_whose_page_never_came(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    state = {Notice.REOPENED: "open", Notice.WITHDRAWN: "withdrawn"}[kind]
    [sent] = send(site, notice(kind, state=state))
    assert sent == Sent(ada.messages[0].ts, ada.messages[0].channel)


@pytest.mark.parametrize(
    "kind", [Notice.PLEASE_PHONE, Notice.DIRECTORY_ENTRY, Notice.OLDER_VERSION]
)
def test_a_request_is_a_message_of_its_own_that_no_later_notice_rewrites(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    [sent, request] = send(site, page(), notice(kind, delivery_id="d2", posted=()))
    assert request.slack_channel == ""
    assert len(ada.messages) == 2
    assert find(site, notice(kind, delivery_id="d2", posted=posted(sent))) == request


def test_a_message_that_is_gone_does_not_keep_the_others_from_being_collapsed(
    site: SlackSettings, ada: SlackPerson
) -> None:
    first, second = send(site, page(), page(delivery_id="d2"))
    gone = Posted(first.slack_channel, "1.000000")
    send(site, notice(Notice.SUPERSEDED, posted=(gone, *posted(first), *posted(second))))
    assert "A newer message" in ada.messages[0].plain
