from bot.domain.page import OF_THE_STATE, Notice, SendFailed


def test_a_refusal_says_what_to_do_and_quotes_nothing() -> None:
    failed = SendFailed("twilio-21610", permanent=True, retry_after=3.0, configuration=True)
    assert str(failed) == failed.reason == "twilio-21610"
    assert (failed.permanent, failed.retry_after, failed.configuration) == (True, 3.0, True)


def test_a_notice_insists_where_it_changes_what_its_reader_must_do() -> None:
    rewriting = {Notice.EXPIRED, Notice.NOT_MY_PATIENT, Notice.SUPERSEDED}
    silent = rewriting | {Notice.HANDED_OVER, Notice.ACKNOWLEDGED, Notice.ANSWER, Notice.TEST}
    assert {notice for notice in Notice if not notice.insists} == silent
    assert {notice for notice in Notice if notice.quiet} == rewriting


def test_a_notice_supersedes_what_tells_less() -> None:
    for notice in Notice:
        alone = notice.alone or notice is Notice.SUPERSEDED
        assert not (alone and OF_THE_STATE & notice.supersedes)
        assert alone or Notice.HANDED_OVER in notice.supersedes
    assert Notice.WITHDRAWN not in Notice.CHANGED.supersedes
    assert Notice.CHANGED not in Notice.HANDED_OVER.supersedes
    assert Notice.CHANGED in Notice.WITHDRAWN.supersedes
    assert Notice.PLEASE_PHONE in Notice.PLEASE_PHONE.supersedes
