"""When the communication window opens: at discovery or finalization, not at our receipt."""

from datetime import datetime, timedelta

from bot.domain.report import Report, Status

FUTURE_TOLERANCE = timedelta(minutes=5)
CALLED_BEFORE = timedelta(hours=12)
"""A radiologist phones before signing, at night half a day before. A call that is older than this
at the opening was about something else, or its time is mistyped."""


def reopens_at(report: Report, received_at: datetime) -> datetime:
    """When the window of a later version opens that starts the alert anew, in UTC.

    Its own status change counts: the discovery that it may repeat is that of the first finding.
    """
    told = (report.status_at, report.finalized_at)
    usable = [at for at in told if at is not None and at <= received_at + FUTURE_TOLERANCE]
    return min(max(usable), received_at) if usable else received_at


def opens_at(report: Report, received_at: datetime) -> tuple[datetime, str]:
    """The opening time in UTC, and a note where receipt had to stand in for the sender's time, or
    where what the sender told is doubtful.

    The earliest usable of discovery and finalization counts; what is preliminary was reached at
    its status time. A time more than five minutes ahead of our clock is a sender's clock error;
    within the tolerance it counts as now.
    """
    preliminary = report.status is Status.PRELIMINARY
    reached = report.status_at if preliminary else report.finalized_at
    told = [at for at in (report.discovered_at, reached) if at is not None]
    usable = [at for at in told if at <= received_at + FUTURE_TOLERANCE]
    if usable:
        return min(*usable, received_at), "; ".join(report.time_notes)
    if told:
        return received_at, "the sender's time lies in the future: the window opens at receipt"
    missing = "status" if preliminary else "finalization"
    return received_at, f"no usable {missing} time: the window opens at receipt"


def not_the_call(called_at: datetime, opened_at: datetime, now: datetime) -> str:
    """Why a phone call made then cannot have told this result; empty where it can."""
    if called_at > now + FUTURE_TOLERANCE:
        return "That time lies in the future."
    if called_at < opened_at - CALLED_BEFORE:
        hours = CALLED_BEFORE // timedelta(hours=1)
        return f"That is more than {hours} hours before this result: please check the time."
    return ""
