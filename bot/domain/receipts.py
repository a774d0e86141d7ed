"""What became of a page or notice, and what follows from it."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.events import PageDelivered, PageFailed, PageSent, PageUncertain
from bot.domain.page import Notice, Slip
from bot.domain.paging import GONE, give_up_on_owner, page
from bot.domain.state import Alert, Outcome
from bot.domain.turn import ENDED, Turn, channels_of, having, rewrite

MAX_TRIES = 5
LONGEST_BACKOFF = 30.0
LONGEST_WAIT = 60.0
"""Seconds. A provider that asks a page to wait longer has failed it: somebody else is asked."""


def page_sent(turn: Turn, event: PageSent) -> None:
    """The provider has taken it. Late for a hand-over or the end, its Slack message says so."""
    slip, alert = event.slip, turn.alert
    turn.record(_named("sent", slip), **_about(slip))
    if slip.notice:
        return
    _mark(turn, slip, Outcome.SENT)
    if not alert.is_open:
        rewrite(turn, slip, ENDED.get(alert.state, Notice.HANDED_OVER))
        return
    turn.evolve(paged_in_cycle=having(alert.paged_in_cycle, slip.person_id))
    given_up = slip.round != alert.round or slip.person_id in alert.unreachable
    if slip.person_id != alert.owner and given_up:
        rewrite(turn, slip, Notice.HANDED_OVER)


def page_delivered(turn: Turn, event: PageDelivered) -> None:
    """A carrier's receipt: recorded, and nothing else. It is no acknowledgment."""
    turn.record(_named("delivered", event.slip), **_about(event.slip))


def page_failed(turn: Turn, event: PageFailed) -> None:
    """The next channel at once, then the next person; tried again too where that may help."""
    slip = event.slip
    about = _about(slip)
    turn.record(_named("failed", slip), reason=event.reason, permanent=event.permanent, **about)
    again = _may_help(event) and _can_go_again(turn.alert, slip)
    if again:
        _try_again(turn, slip, event.retry_after)
    if not slip.notice:
        _mark(turn, slip, Outcome.PENDING if again else Outcome.FAILED)
        _fail_over(turn, slip)
    elif not again:
        _notice_by_another_channel(turn, slip)


def page_uncertain(turn: Turn, event: PageUncertain) -> None:
    """Repeated at most once and marked; if that is unknown too, the next channel takes over."""
    slip = event.slip
    turn.record(_named("uncertain", slip), **_about(slip))
    if not slip.possible_repeat and _can_go_again(turn.alert, slip):
        turn.send(replace(slip, possible_repeat=True))
    elif slip.notice:
        _notice_by_another_channel(turn, slip)
    else:
        _mark(turn, slip, Outcome.UNCERTAIN)
        _fail_over(turn, slip)


def _may_help(event: PageFailed) -> bool:
    too_long = event.slip.notice is None and (event.retry_after or 0.0) > LONGEST_WAIT
    return not event.permanent and event.slip.tries < MAX_TRIES and not too_long


def _try_again(turn: Turn, slip: Slip, retry_after: float | None) -> None:
    wait = min(2.0**slip.tries, LONGEST_BACKOFF) if retry_after is None else retry_after
    not_before = turn.now + timedelta(seconds=max(wait, 0.0))
    turn.send(replace(slip, tries=slip.tries + 1), not_before)


def _fail_over(turn: Turn, slip: Slip) -> None:
    """The same person's next channel now; all of the owner's channels gone, the next person."""
    alert = turn.alert
    if not _is_current(alert, slip):
        return
    outcomes = alert.outcomes(slip.person_id)
    person = alert.roster.person(slip.person_id)
    unused = [c for c in channels_of(alert, slip.person_id) if c not in outcomes]
    if person and unused:
        page(turn, person, slip.role, (unused[0],))
    elif not set(outcomes.values()) <= GONE:
        return
    elif slip.person_id == alert.owner:
        give_up_on_owner(turn)
    else:
        turn.record("unreachable", person=slip.person_id, role=slip.role.value)
        turn.evolve(unreachable=having(alert.unreachable, slip.person_id))


def _is_current(alert: Alert, slip: Slip) -> bool:
    return alert.is_open and slip.round == alert.round


def _can_go_again(alert: Alert, slip: Slip) -> bool:
    """The channel still reaches its person, and a page is still of the present round."""
    reaches = slip.channel in channels_of(alert, slip.person_id)
    return reaches and (slip.notice is not None or _is_current(alert, slip))


def _mark(turn: Turn, slip: Slip, outcome: Outcome) -> None:
    if slip.round != turn.alert.round:
        return
    here = (slip.person_id, slip.channel)
    turn.evolve(
        reach=tuple(
            replace(r, outcome=outcome) if (r.person_id, r.channel) == here else r
            for r in turn.alert.reach
        )
    )


def _notice_by_another_channel(turn: Turn, slip: Slip) -> None:
    channels = channels_of(turn.alert, slip.person_id)
    later = channels[channels.index(slip.channel) + 1 :] if slip.channel in channels else ()
    if later and slip.notice and slip.notice.insists:
        turn.send(replace(slip, channel=later[0], tries=1, possible_repeat=False))


def _named(what: str, slip: Slip) -> str:
    return f"notice_{what}" if slip.notice else f"page_{what}"


def _about(slip: Slip) -> dict[str, str | int | bool | None]:
    return {
        "person": slip.person_id,
        "channel": slip.channel,
        "try": slip.tries,
        "possible_repeat": slip.possible_repeat or None,
        "notice": slip.notice.value if slip.notice else None,
    }
