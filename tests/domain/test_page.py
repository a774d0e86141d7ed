from bot.domain.page import Notice, SendFailed


def test_a_refusal_says_what_to_do_and_quotes_nothing() -> None:
    failed = SendFailed("twilio-21610", permanent=True, retry_after=3.0, configuration=True)
    assert str(failed) == failed.reason == "twilio-21610"
    assert (failed.permanent, failed.retry_after, failed.configuration) == (True, 3.0, True)


def test_a_notice_insists_where_it_changes_what_its_reader_must_do() -> None:
    silent = {Notice.EXPIRED, Notice.HANDED_OVER, Notice.ACKNOWLEDGED}
    assert {notice for notice in Notice if not notice.insists} == silent
    assert [notice for notice in Notice if notice.quiet] == [Notice.EXPIRED]
