"""What became of a page or notice, and what follows from it."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.coverage import SLACK, VOICE
from bot.domain.events import (
    PageDelivered,
    PageFailed,
    PageSent,
    PageUncertain,
    ReceiptOverdue,
)
from bot.domain.failover import GONE, fail_over, next_channel
from bot.domain.notices import Failure, notice_failed, notice_sent
from bot.domain.page import Notice, Slip
from bot.domain.paging import page, role_of
from bot.domain.state import Alert, Outcome, Reach
from bot.domain.turn import Turn, channels_of, having, notify_on, rewrite

QUICK_TRIES = 20
"""Ten minutes. A round may last for a day, so from then on its tries are further apart."""
LONGEST_QUICK_BACKOFF, LONGEST_BACKOFF = 30.0, 300.0
RING_AGAIN = 60.0
"""Seconds. A second call within three minutes breaks through a phone's do-not-disturb."""
LONGEST_WAIT = 600.0
"""Seconds. No provider is believed that wants a page to wait longer."""


def page_sent(turn: Turn, event: PageSent) -> None:
    """The provider has taken it. Late for a hand-over or the end, its Slack message says so."""
    slip = event.slip
    turn.record(_named("sent", slip), **_about(slip))
    _collapse_older(turn, slip)
    if slip.notice:
        notice_sent(turn, slip)
        return
    _mark(turn, slip, Outcome.SENT)
    alert = turn.alert
    if not alert.is_open:
        rewrite(turn, slip)
        return
    turn.evolve(paged_in_cycle=having(alert.paged_in_cycle, slip.person_id))
    given_up = slip.round != alert.round or slip.person_id in alert.unreachable
    if slip.person_id != alert.owner and given_up:
        rewrite(turn, slip)


def _collapse_older(turn: Turn, slip: Slip) -> None:
    """Only the newest message of a person is kept up to date, so the one before points to it."""
    if slip.channel != SLACK or (slip.notice and slip.notice.alone):
        return
    if slip.notice is None and slip.person_id in turn.alert.in_slack:
        notify_on(turn, Notice.SUPERSEDED, slip.person_id, SLACK)
    turn.evolve(in_slack=having(turn.alert.in_slack, slip.person_id))


def page_delivered(turn: Turn, event: PageDelivered) -> None:
    """A carrier's receipt: recorded, late or not. It is no acknowledgment and changes no plan."""
    slip, after = event.slip, event.after
    late = after is not None and after > turn.alert.policy.receipt_within
    seconds = None if after is None else round(after.total_seconds())
    turn.record(_named("delivered", slip), **_about(slip), seconds=seconds, late=late or None)
    if slip.notice is None:
        _mark(turn, slip, Outcome.DELIVERED)


def receipt_overdue(turn: Turn, _: ReceiptOverdue) -> None:
    """No receipt of an SMS in time: another channel of the same person, never somebody else."""
    alert = turn.alert
    for reach in alert.reach:
        if reach.is_overdue(alert.policy.receipt_within, turn.now):
            _overdue(turn, reach)


def _overdue(turn: Turn, reach: Reach) -> None:
    alert, person_id = turn.alert, reach.person_id
    turn.record("receipt_overdue", person=person_id, channel=reach.channel)
    _set(turn, reach, Outcome.LATE)
    person = alert.roster.person(person_id)
    if person and (channel := next_channel(turn.alert, person, for_good=True)):
        page(turn, person, role_of(alert, person_id), (channel,))


def page_failed(turn: Turn, event: PageFailed) -> None:
    """The next channel at once; once all have failed for good, the next person. What the provider
    refuses for now only is tried again for as long as the round lasts."""
    slip = event.slip
    if slip.notice:
        _record_failure(turn, event)
        for_good = event.permanent and not event.configuration
        if not event.repeated:
            notice_failed(turn, slip, Failure(for_good, retry_after=event.retry_after))
        return
    settled = event.repeated or _has_arrived(turn.alert, slip)
    again = not event.permanent and not settled and _can_go_again(turn.alert, slip)
    _record_failure(turn, event, again=again)
    if settled:
        return
    if again:
        _try_again(turn, slip, event.retry_after)
    _mark(turn, slip, Outcome.RETRYING if again else Outcome.FAILED)
    _fail_over(turn, slip)


def _record_failure(turn: Turn, event: PageFailed, **more: bool) -> None:
    what, about = _named("failed", event.slip), {**_about(event.slip), **more}
    turn.record(what, reason=event.reason, permanent=event.permanent, **about)


def page_uncertain(turn: Turn, event: PageUncertain) -> None:
    """Repeated at most once and marked; if that is unknown too, the next channel takes over."""
    slip = event.slip
    turn.record(_named("uncertain", slip), **_about(slip))
    if slip.notice:
        if not event.repeated:
            notice_failed(turn, slip, Failure(in_doubt=True))
    elif not slip.possible_repeat and _can_go_again(turn.alert, slip):
        turn.send(replace(slip, possible_repeat=True))
        _mark(turn, slip, Outcome.PENDING)  # it is not refused any more
    else:
        again = _rings_again(turn.alert, slip)
        if again:
            _try_again(turn, slip, RING_AGAIN)
        _mark(turn, slip, Outcome.RETRYING if again else Outcome.UNCERTAIN)
        _fail_over(turn, slip)


def _rings_again(alert: Alert, slip: Slip) -> bool:
    """A call of which nobody knows is one that nobody answered: it rings once more, where a page
    that they can read still stands, whatever was refused before. Else it is the next person's
    turn."""
    outcomes = alert.outcomes(slip.person_id)
    standing = any(outcomes[c] not in GONE for c in outcomes if c != VOICE)
    once = slip.channel == VOICE and outcomes.get(VOICE) is not Outcome.RETRYING
    return once and standing and _can_go_again(alert, slip)


def _has_arrived(alert: Alert, slip: Slip) -> bool:
    """The repeat of a page in doubt is on the phone: that the first one is not, changes nothing."""
    there = alert.outcomes(slip.person_id).get(slip.channel) is Outcome.DELIVERED
    return there and slip.round == alert.round


def _try_again(turn: Turn, slip: Slip, retry_after: float | None) -> None:
    """Never sooner than the provider asks for. The next round cancels what still waits."""
    wait = max(_backoff(slip.tries), min(retry_after or 0.0, LONGEST_WAIT))
    turn.send(replace(slip, tries=slip.tries + 1), turn.now + timedelta(seconds=wait))


def _backoff(tries: int) -> float:
    """Seconds after so many tries."""
    if tries >= QUICK_TRIES:
        return LONGEST_BACKOFF
    return min(2.0**tries, LONGEST_QUICK_BACKOFF)


def _fail_over(turn: Turn, slip: Slip) -> None:
    if _is_current(turn.alert, slip):
        gone = turn.alert.outcomes(slip.person_id).get(slip.channel) in GONE
        fail_over(turn, slip.person_id, slip.role, for_good=gone)


def _is_current(alert: Alert, slip: Slip) -> bool:
    return alert.is_open and slip.round == alert.round


def _can_go_again(alert: Alert, slip: Slip) -> bool:
    """The channel still reaches its person, and the page is still of the present round."""
    reaches = slip.channel in channels_of(alert, slip.person_id)
    return reaches and (_is_current(alert, slip) or _rang_once(alert, slip))


def _rang_once(alert: Alert, slip: Slip) -> bool:
    """A reminder has begun a round between the first and the second of two calls to the owner."""
    first = slip.channel == VOICE and slip.tries == 1
    owes = alert.is_open and slip.person_id == alert.owner
    return first and owes and VOICE not in alert.outcomes(alert.owner)


def _mark(turn: Turn, slip: Slip, outcome: Outcome) -> None:
    if slip.round != turn.alert.round:
        return
    here = (slip.person_id, slip.channel)
    for reach in turn.alert.reach:
        if (reach.person_id, reach.channel) == here:
            _set(turn, reach, outcome)


def _set(turn: Turn, reach: Reach, outcome: Outcome) -> None:
    """A receipt may come before the answer to the sending: what was delivered stays so."""
    if outcome in {Outcome.SENT, Outcome.PENDING} and reach.outcome is Outcome.DELIVERED:
        return
    sent_at = turn.now if outcome is Outcome.SENT else reach.sent_at
    new = replace(reach, outcome=outcome, sent_at=sent_at)
    turn.evolve(reach=tuple(new if r is reach else r for r in turn.alert.reach))


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
