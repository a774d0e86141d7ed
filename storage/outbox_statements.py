"""What outbox.py and claims.py say to the database: built once, compiled once."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from bot.domain.coverage import SLACK, VOICE
from bot.domain.page import Notice
from storage import tables

_columns = tables.pages.c
# Written out, not bound: the planners use a partial index only where they can read its condition.
_WAITING = _columns.state == literal_column("'waiting'")
_CLAIMED = _columns.state == literal_column("'claimed'")
_leaves_at = func.coalesce(_columns.held_until, _columns.not_before)

PUT = insert(tables.pages)
CANCEL = (
    update(tables.pages)
    .where(
        _columns.alert_id == bindparam("of_alert"),
        _WAITING,
        _columns.notice.is_(None),
        or_(_columns.channel != VOICE, _columns.person_id != bindparam("ringing")),
    )
    .values(state="cancelled", settled_at=bindparam("now"))
)
WAITS = select(_columns.id).where(_columns.alert_id == bindparam("of_alert"), _WAITING).limit(1)
CANCEL_NOTICES = (
    update(tables.pages)
    .where(
        _columns.alert_id == bindparam("of_alert"),
        _WAITING,
        _columns.notice.in_(bindparam("kinds", expanding=True)),
    )
    .values(state="cancelled", settled_at=bindparam("now"))
)
CANCEL_NOTICES_TO = CANCEL_NOTICES.where(_columns.person_id == bindparam("to_person"))
CANCEL_ABOUT = (
    update(tables.pages)
    .where(
        _WAITING,
        _columns.alert_id.is_(None),
        _columns.notice == bindparam("kind"),
        _columns.data.in_(bindparam("about", expanding=True)),
    )
    .values(state="cancelled", settled_at=bindparam("now"))
)
_READ = (
    _columns.id,
    _columns.alert_id,
    _columns.person_id,
    _columns.role,
    _columns.channel,
    _columns.round,
    _columns.tries,
    _columns.possible_repeat,
    _columns.notice,
    _columns.not_before,
    _columns.created_at,
    _columns.data,
    _columns.version,
    _columns.priority,
)


def _claim(*on: ColumnElement[bool]) -> ReturningUpdate[Any]:
    picked = (
        select(_columns.id)
        .where(
            _WAITING, _columns.not_before <= bindparam("now"), _leaves_at <= bindparam("now"), *on
        )
        .order_by(_columns.priority, _columns.not_before, _columns.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("picked")
        # Else PostgreSQL may pick again for every row that it joins, and claim more than asked for.
        .prefix_with("MATERIALIZED")
    )
    return (
        update(tables.pages)
        .where(_columns.id.in_(select(picked.c.id)))
        .values(state="claimed", claimed_by=bindparam("instance"), claimed_at=bindparam("now"))
        .returning(*_READ)
    )


CLAIM = _claim()
CLAIM_ON = _claim(_columns.channel == bindparam("on"))
CLAIM_BUT = _claim(_columns.channel.not_in(bindparam("but", expanding=True)))
HOLD = (
    update(tables.pages)
    .where(_columns.id == bindparam("delivery_id"), _CLAIMED)
    .values(state="waiting", claimed_by=None, claimed_at=None, held_until=bindparam("until"))
)
NEXT_BY_CHANNEL = (
    select(_columns.channel, func.min(_leaves_at).label("at"))
    .where(_WAITING)
    .group_by(_columns.channel)
)
NEXT_TO_LEAVE = select(func.min(_leaves_at)).where(_WAITING)
DUE = select(func.count(), func.min(_columns.not_before)).where(
    _WAITING, _columns.not_before <= bindparam("now")
)
UNDER_WAY = select(func.count()).select_from(tables.pages).where(_CLAIMED)
SETTLE = (
    update(tables.pages)
    .where(_columns.id == bindparam("delivery_id"), _CLAIMED)
    .values(
        state=bindparam("outcome"),
        settled_at=bindparam("now"),
        provider_id=bindparam("by_provider"),
        slack_channel=bindparam("in_channel"),
        reason=bindparam("because"),
        look_at=bindparam("look"),
    )
)
PROVEN = (
    update(tables.pages)
    .where(_columns.id == bindparam("delivery_id"), _columns.state.in_(["uncertain", "failed"]))
    .values(
        state="sent",
        provider_id=bindparam("by_provider"),
        settled_at=bindparam("now"),
        reason="",
        look_at=bindparam("look"),
    )
)
_first, _other = tables.pages.alias("first"), tables.pages.alias("other")


def _same_message(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Attempts at one page, or at one notice of an alert or of none."""
    shared = ("person_id", "channel", "round", "data")
    return and_(
        *(one.c[name] == other.c[name] for name in shared),
        func.coalesce(one.c.notice, "") == func.coalesce(other.c.notice, ""),
        or_(
            one.c.alert_id == other.c.alert_id,
            one.c.alert_id.is_(None) & other.c.alert_id.is_(None),
        ),
        one.c.id != other.c.id,
    )


CANCEL_REPEAT = (
    update(tables.pages)
    .where(
        _WAITING,
        exists().where(
            _first.c.id == bindparam("delivery_id"), _same_message(_first, tables.pages)
        ),
    )
    .values(state="cancelled", settled_at=bindparam("now"))
)
IN_DOUBT = (
    select(_other.c.id)
    .select_from(_first.join(_other, _same_message(_first, _other)))
    .where(_first.c.id == bindparam("delivery_id"), _other.c.state == "uncertain")
    .order_by(_other.c.created_at)
)
ANOTHER_IN_DOUBT = (
    select(_columns.id)
    .where(
        or_(
            _CLAIMED,
            and_(
                _columns.state == literal_column("'uncertain'"),
                _columns.settled_at >= bindparam("since"),
            ),
        ),
        _columns.person_id == bindparam("to_person"),
        _columns.channel == bindparam("on"),
        _columns.id != bindparam("delivery_id"),
    )
    .limit(1)
)
_TWIN = and_(
    _columns.alert_id.is_(None),
    _columns.person_id == bindparam("to_person"),
    _columns.notice == bindparam("kind"),
    _columns.data == bindparam("about"),
)
CANCEL_TWINS = (
    update(tables.pages)
    .where(_WAITING, _TWIN)
    .values(state="cancelled", settled_at=bindparam("now"))
)
_PUT_AT = select(_other.c.created_at).where(_other.c.id == bindparam("delivery_id"))
TWIN_ARRIVED = select(_columns.id).where(
    _TWIN,
    _columns.id != bindparam("delivery_id"),
    _columns.state == literal_column("'sent'"),
    _columns.settled_at >= _PUT_AT.scalar_subquery(),
)
CLAIMERS = select(_columns.claimed_by).where(_CLAIMED).distinct()
_ORPHANED = (
    select(_columns.id)
    .where(
        _CLAIMED,
        or_(
            _columns.claimed_by.in_(bindparam("gone", expanding=True)),
            (_columns.claimed_by == bindparam("me"))
            & _columns.id.not_in(bindparam("mine", expanding=True)),
        ),
    )
    .with_for_update(skip_locked=True)
    .cte("picked")
    .prefix_with("MATERIALIZED")
)
ADOPT = (
    update(tables.pages)
    .where(_columns.id.in_(select(_ORPHANED.c.id)))
    .values(claimed_by=bindparam("instance"))
    .returning(*_READ)
)
# A notice that collapsed messages has the last one's timestamp as its provider_id. What was found
# out later than the notice was written is not collapsed, however old it is.
_COLLAPSED = exists().where(
    _other.c.alert_id == _columns.alert_id,
    _other.c.person_id == _columns.person_id,
    _other.c.notice == Notice.SUPERSEDED.value,
    _other.c.state == "sent",
    _other.c.provider_id >= _columns.provider_id,
    _other.c.created_at >= _columns.settled_at,
)
POSTED = (
    select(_columns.slack_channel, _columns.provider_id)
    .where(
        _columns.alert_id == bindparam("of_alert"),
        _columns.person_id == bindparam("to_person"),
        _columns.channel == SLACK,
        _columns.slack_channel != "",
        ~_COLLAPSED,
    )
    # Slack's timestamps have a fixed width, and their order is that on the screen.
    .order_by(_columns.provider_id)
)
BY_ID = select(*_READ).where(_columns.id == bindparam("delivery_id"))
BY_PROVIDER_ID = select(*_READ).where(
    _columns.provider_id == bindparam("by_provider"), _columns.provider_id != literal_column("''")
)
# Whoever has picked up is still on the line: a call is asked for until it is over.
_still_asked = case((_columns.channel == VOICE, _columns.look_at), else_=None)
DELIVERED = (
    update(tables.pages)
    .where(
        _columns.id == bindparam("delivery_id"),
        _columns.delivered_at.is_(None),
        _columns.state.not_in(["waiting", "cancelled"]),
    )
    .values(delivered_at=bindparam("now"), look_at=_still_asked)
)
LOST = (
    update(tables.pages)
    .where(_columns.id == bindparam("delivery_id"), _columns.state == "sent")
    .values(lost_at=bindparam("now"), reason=bindparam("because"), look_at=_still_asked)
)
# Written out for the partial index, as above.
AWAITED = _columns.look_at.is_not(None)
_to_number = (
    _columns.channel == bindparam("on"),
    _columns.person_id.in_(bindparam("people", expanding=True)),
    _columns.id.not_in(bindparam("but", expanding=True)),
)
# Two selects: each has an index of its own.
NUMBER_BUSY = union_all(
    select(_columns.id).where(_CLAIMED, *_to_number),
    select(_columns.id).where(AWAITED, _columns.settled_at > bindparam("since"), *_to_number),
)
HISTORY = (
    select(
        *_READ,
        _columns.state,
        _columns.claimed_at,
        _columns.settled_at,
        _columns.delivered_at,
        _columns.lost_at,
        _columns.provider_id,
        _columns.reason,
    )
    .where(_columns.alert_id == bindparam("of_alert"))
    .order_by(_columns.created_at, _columns.id)
)
