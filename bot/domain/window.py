"""When the communication window opens: at discovery or finalization, not at our receipt."""

from datetime import datetime, timedelta

from bot.domain.report import Report, Status

FUTURE_TOLERANCE = timedelta(minutes=5)
FAR_AHEAD = timedelta(hours=1)
"""From here on a step of the clock counts in reading the times of new reports (decisions/0010)."""
FARTHEST_AHEAD = timedelta(days=1)
"""No clock is wrong by more: a zone that is not told is less. What is farther ahead is no time."""
CALLED_BEFORE = timedelta(hours=12)
"""A radiologist phones before signing, at night half a day before. A call that is older than this
at the opening was about something else, or its time is mistyped."""


NOT_AHEAD = timedelta(0)


def believed(at: datetime | None, now: datetime) -> datetime | None:
    """The sender's time, None where it cannot be one: then it orders no versions."""
    return at if at is not None and at <= now + FARTHEST_AHEAD else None


def reopens_at(report: Report, received_at: datetime, ahead: timedelta = NOT_AHEAD) -> datetime:
    """When the window of a later version opens that starts the alert anew, in UTC.

    Its own status change counts: the discovery that it may repeat is that of the first finding.
    ``ahead`` as in ``opens_at``.
    """
    told = _told(report.status_at, report.finalized_at, by=received_at, ahead=ahead)
    usable = [at for at in told if at <= received_at + FUTURE_TOLERANCE]
    return min(max(usable), received_at) if usable else received_at


def opens_at(
    report: Report, received_at: datetime, ahead: timedelta = NOT_AHEAD
) -> tuple[datetime, str]:
    """The opening time in UTC, and a note where receipt had to stand in for the sender's time, or
    where what the sender told is doubtful.

    The earliest usable of discovery and finalization counts; what is preliminary was reached at
    its status time. A time more than five minutes ahead of our clock is a sender's clock error;
    within the tolerance it counts as now.

    ``ahead``: how far ``received_at`` is before the system's clock. Where that is an hour or more
    and the sender's times have passed by the system's clock, they are read by that one: after the
    clock was set far ahead for a moment, each new report would look as late as that.
    """
    preliminary = report.status is Status.PRELIMINARY
    reached = report.status_at if preliminary else report.finalized_at
    told = _told(report.discovered_at, reached, by=received_at, ahead=ahead)
    usable = [at for at in told if at <= received_at + FUTURE_TOLERANCE]
    if usable:
        return min(*usable, received_at), "; ".join(report.time_notes)
    if told:
        return received_at, "the sender's time lies in the future: the window opens at receipt"
    missing = "status" if preliminary else "finalization"
    return received_at, f"no usable {missing} time: the window opens at receipt"


def off_the_wall(ahead: timedelta) -> timedelta:
    """By how much times that people read or write differ from ours: nothing for small steps."""
    return ahead if ahead >= FAR_AHEAD else NOT_AHEAD


def _told(*times: datetime | None, by: datetime, ahead: timedelta) -> list[datetime]:
    """The times that the sender told, as the clock shows them that was ``by`` at receipt."""
    told = [at for at in times if at is not None]
    passed = all(at <= by - ahead + FUTURE_TOLERANCE for at in told)
    return [at + off_the_wall(ahead) for at in told] if passed else told


def not_the_call(called_at: datetime, opened_at: datetime, now: datetime) -> str:
    """Why a phone call made then cannot have told this result; empty where it can."""
    if called_at > now + FUTURE_TOLERANCE:
        return "That time lies in the future."
    if called_at < opened_at - CALLED_BEFORE:
        hours = CALLED_BEFORE // timedelta(hours=1)
        return f"That is more than {hours} hours before this result: please check the time."
    return ""
