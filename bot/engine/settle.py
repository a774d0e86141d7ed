"""What became of one attempt, written together with what the alert makes of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from bot import metrics
from bot.domain.effects import Record, SendNotice
from bot.domain.events import Event, PageFailed, PageSent, PageUncertain
from bot.domain.notices import GIVEN_UP, MOST_TRIES, Failure, beside, once_more, wait_after
from bot.domain.page import Notice, SendFailed, SendUncertain, Sent, Slip
from bot.engine import before_final, drills
from bot.engine.alerts import apply_in
from bot.engine.compose import person_of
from bot.engine.context import Engine
from bot.engine.coordinators import coordinator_to_tell
from bot.log import log
from storage import audit, outbox, page_history
from storage.database import after_commit
from storage.outbox import Claimed


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider has not taken it. Fields as in SendFailed."""

    reason: str
    permanent: bool
    retry_after: float | None = None
    configuration: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody knows, and the provider has no proof of it."""


Outcome = Sent | Refused | Lost


def settle(c: Connection, engine: Engine, claimed: Claimed, outcome: Outcome) -> bool:
    """Close the attempt's row. False where somebody else has closed it already: then this outcome
    is none, and nothing happens."""
    if not _close(c, engine, claimed.delivery_id, outcome):
        return False
    if claimed.alert_id:
        told = not isinstance(outcome, Sent) and _told_elsewhere(c, claimed)
        apply_in(c, engine, claimed.alert_id, _event(claimed, outcome, told=told))
    else:
        _settle_alone(c, engine, claimed, outcome)
    return True


def refused(failed: SendFailed) -> Refused:
    """What an attempt came to; what the operator has to mend is told in the log."""
    if failed.configuration:
        log.error("channel_misconfigured", reason=failed.reason)
    return Refused(failed.reason, failed.permanent, failed.retry_after, failed.configuration)


def cannot_be_asked(error: SendFailed | SendUncertain) -> Refused | None:
    """A provider that will never say must not keep the notice from being sent."""
    if isinstance(error, SendUncertain):
        return Refused(str(error), permanent=False)
    if error.permanent:
        return None
    return Refused(error.reason, permanent=False, retry_after=error.retry_after)


def tell(claimed: Claimed, outcome: Outcome, now: datetime) -> None:
    """That it was settled now (UTC), for /metrics and the log; never to whom it went."""
    slip, waited = claimed.slip, (now - claimed.not_before).total_seconds()
    if slip.notice is not Notice.TEST:
        metrics.page_settled(slip.channel, type(outcome).__name__.lower(), waited)
    kind = f"notice-{slip.notice.value}" if slip.notice else "page"
    match outcome:
        case Sent():
            log.info("message_sent", kind=kind, tries=slip.tries)
        case Refused(reason=reason):
            log.warning("message_failed", kind=kind, tries=slip.tries, reason=reason)
        case Lost():
            log.warning("message_in_doubt", kind=kind, tries=slip.tries)


def _close(c: Connection, engine: Engine, delivery_id: str, outcome: Outcome) -> bool:
    now = engine.clock.now()
    match outcome:
        case Sent():
            return outbox.settle(c, delivery_id, "sent", now, taken=outcome)
        case Refused(reason=reason):
            return outbox.settle(c, delivery_id, "failed", now, reason=reason)
        case Lost():
            return outbox.settle(c, delivery_id, "uncertain", now)


def _told_elsewhere(c: Connection, claimed: Claimed) -> bool:
    """Whether what asks for something outside Slack has got through on another channel since this
    attempt was put there: under way, it could not be cancelled."""
    slip = claimed.slip
    if not (claimed.alert_id and slip.notice and slip.notice.alone):
        return False
    return any(
        (row.slip.person_id, row.slip.notice, row.state) == (slip.person_id, slip.notice, "sent")
        and row.settled_at is not None
        and row.settled_at >= claimed.created_at
        for row in page_history.history(c, claimed.alert_id)
    )


def _event(claimed: Claimed, outcome: Outcome, *, told: bool) -> Event:
    match outcome:
        case Sent():
            return PageSent(claimed.slip)
        case Refused(reason, permanent, retry_after, configuration):
            return PageFailed(claimed.slip, reason, permanent, retry_after, configuration, told)
        case Lost():
            return PageUncertain(claimed.slip, repeated=told)


def _settle_alone(c: Connection, engine: Engine, claimed: Claimed, outcome: Outcome) -> None:
    what = type(outcome).__name__.lower()
    _record_alone(c, engine, claimed, entry(claimed.slip, what))
    match outcome:
        case Sent() if claimed.slip.notice is Notice.TEST:
            pass  # each channel is tested, whatever the others do
        case Sent():
            outbox.cancel_twins(c, claimed, engine.clock.now())
        case Refused(_, permanent, retry_after, configuration):
            for_good = permanent and not configuration
            keep_trying(c, engine, claimed, Failure(for_good, retry_after=retry_after))
        case Lost():
            keep_trying(c, engine, claimed, Failure(in_doubt=True))


def keep_trying(c: Connection, engine: Engine, claimed: Claimed, failure: Failure) -> None:
    """A notice that belongs to no alert has failed: as notice_failed does for those of an alert."""
    now, slip = engine.clock.now(), claimed.slip
    early = slip.notice is Notice.BEFORE_FINAL
    if not _still_asks(c, engine, claimed):
        return
    person = person_of(c, slip.person_id)
    channels = person.channels if slip.notice is Notice.TEST else person.written
    other, again = beside(slip, channels), once_more(slip, channels, failure)
    tries = [SendNotice(other, now)] if other else []
    if again:
        tries.append(SendNotice(again, now + wait_after(slip.tries, failure)))
    elif early and not other and (somebody := before_final.another(c, slip)):
        tries.append(SendNotice(somebody, now))
    elif slip.tries >= MOST_TRIES:
        _record_alone(c, engine, claimed, GIVEN_UP)
    elif not other and slip.notice is Notice.QUARANTINE:
        tries += _to_next_coordinator(c, slip, now)
    outbox.put(c, None, tries, now, version=0, data=claimed.data)
    after_commit(c, engine.wake)


def _to_next_coordinator(c: Connection, slip: Slip, now: datetime) -> list[SendNotice]:
    """Nothing reaches the one who was to hear of it."""
    somebody = coordinator_to_tell(c, Notice.QUARANTINE, instead_of=slip.person_id)
    if somebody is None:
        return []
    instead = replace(slip, person_id=somebody.id, channel=somebody.written[0], tries=1)
    return [SendNotice(replace(instead, possible_repeat=False), now)]


def _still_asks(c: Connection, engine: Engine, claimed: Claimed) -> bool:
    match claimed.slip.notice:
        case Notice.TEST:
            return drills.still_asks(c, engine, claimed.data, claimed.slip.channel)
        case Notice.BEFORE_FINAL if not before_final.still_asks(c, engine, claimed.data):
            return False
        case _:
            return not outbox.twin_arrived(c, claimed)


def entry(slip: Slip, what: str) -> str:
    """The name of the audit entry about a notice of no alert."""
    return f"{'test' if slip.notice is Notice.TEST else 'notice'}_{what}"


def _record_alone(c: Connection, engine: Engine, claimed: Claimed, what: str) -> None:
    slip = claimed.slip
    data = {"person": slip.person_id, "channel": slip.channel, "about": claimed.data}
    audit.append(c, audit.ADMIN, [Record(what, data=data)], engine.clock.now())
