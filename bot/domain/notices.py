"""A notice that did not get through is tried for a day, unless something newer tells more.

Pages have rules of their own (receipts.py): the next step asks somebody else. A notice has nobody
else to go to, and a Slack message that it should have rewritten goes on saying what was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.coverage import SLACK, next_told
from bot.domain.page import Notice, Slip
from bot.domain.state import Alert, State
from bot.domain.turn import Turn, notify, written_of

LONGEST_BACKOFF = 300.0
LONGEST_RETRY_AFTER = 3600.0
GIVEN_UP = "notice_given_up"
MOST_TRIES = 295
"""A day: nine tries in the first eight and a half minutes, then one every five minutes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How one try went wrong.

    ``for_good``: this address cannot work. ``in_doubt``: the provider may have taken it after all.
    ``retry_after`` in seconds, where the provider asks for it.
    """

    for_good: bool = False
    in_doubt: bool = False
    retry_after: float | None = None


def wait_after(tries: int, failure: Failure) -> timedelta:
    """The pause before a notice is tried again that has been tried so often.

    Never shorter than the provider asks for, up to an hour: nobody is believed for longer.
    """
    asked = min(failure.retry_after or 0.0, LONGEST_RETRY_AFTER)
    return timedelta(seconds=max(min(2.0**tries, LONGEST_BACKOFF), asked))


def next_channel(channels: Sequence[str], failed: str) -> str | None:
    """The person's channel after the one that failed."""
    later = channels[channels.index(failed) + 1 :] if failed in channels else channels
    return later[0] if later else None


def beside(slip: Slip, channels: Sequence[str], *, rang: bool = False) -> Slip | None:
    """The same by the person's next channel, where it matters and has failed for the first time.

    ``rang``: the page itself has reached them elsewhere, and only there can they hear of it.
    """
    other = next_channel(channels, slip.channel)
    wanted = slip.notice and (slip.notice.insists or (rang and not slip.notice.quiet))
    if other is None or slip.tries > 1 or not wanted:
        return None
    return replace(slip, channel=other, possible_repeat=False)


def once_more(slip: Slip, channels: Sequence[str], failure: Failure) -> Slip | None:
    """The next try on the same channel, None where it cannot work or has gone on for a day."""
    if failure.for_good or slip.channel not in channels or slip.tries >= MOST_TRIES:
        return None
    repeat = slip.possible_repeat or failure.in_doubt
    return replace(slip, tries=slip.tries + 1, possible_repeat=repeat)


def notice_sent(turn: Turn, slip: Slip) -> None:
    """It asks for something outside Slack: told on one channel, it need not be told on another."""
    if slip.notice and slip.notice.alone:
        turn.cancel_notices(slip.person_id, frozenset({slip.notice}))


def notice_failed(turn: Turn, slip: Slip, failure: Failure) -> None:
    """Tried again later; where it matters, on the person's next channel now."""
    if slip.notice is None or not holds(turn.alert, slip, slip.notice):
        return
    channels = written_of(turn.alert, slip.person_id)
    other = beside(slip, channels, rang=_rang_elsewhere(turn.alert, slip))
    again = once_more(slip, channels, failure)
    if other:
        turn.send(other)
    if again:
        turn.send(again, turn.now + wait_after(slip.tries, failure))
    elif slip.tries >= MOST_TRIES:
        turn.record(GIVEN_UP, person=slip.person_id, channel=slip.channel, notice=slip.notice.value)
    elif slip.notice.for_one and not other:
        instead = next_told(turn.alert.roster.coordinators, slip.person_id)
        notify(turn, slip.notice, (instead.id,) if instead else ())


def _rang_elsewhere(alert: Alert, slip: Slip) -> bool:
    """A page of this cycle got through, though not in Slack. Who has just answered it or passed it
    on has got an answer where they did."""
    given = alert.acknowledgment
    did_it = given.by if given and slip.notice is Notice.ACKNOWLEDGED else ""
    if slip.channel != SLACK or slip.person_id in {did_it, *alert.declined, *alert.in_slack}:
        return False
    return slip.person_id in alert.paged_in_cycle


def holds(alert: Alert, slip: Slip, notice: Notice) -> bool:
    """Whether it still says what is so, and no later page has told its person more."""
    paged_since = slip.round < alert.round and bool(alert.outcomes(slip.person_id))
    back = alert.taken_back
    acknowledged = alert.state is State.ACKNOWLEDGED and back is None
    match notice:
        case (
            Notice.NOT_MY_PATIENT
            | Notice.SUPERSEDED
            | Notice.DIRECTORY_ENTRY
            | Notice.OLDER_VERSION
            # Nothing else says so, and whoever was told of the wrong patient must know.
            | Notice.ANOTHER_PATIENT
        ):
            return True
        case Notice.PLEASE_PHONE:
            return alert.is_open
        case Notice.ACKNOWLEDGED:
            return acknowledged
        case Notice.WITHDRAWN | Notice.DOWNGRADED:
            return back is not None and back.value == notice.value
        case Notice.HANDED_OVER | Notice.ANOTHER_PROVIDER:
            return alert.is_open and alert.owner != slip.person_id and not paged_since
        case Notice.CHANGED:
            return (alert.is_open or acknowledged) and not paged_since
        case _:  # reopened, expired
            return alert.is_open and not paged_since
