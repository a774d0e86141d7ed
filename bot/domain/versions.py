"""What a later version of the report does to its alert."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.corrections import (
    ask_corrected,
    bar_wrongly_asked,
    moves_ownership,
    reopens,
    take_correction,
    tell_corrected,
)
from bot.domain.coverage import Role
from bot.domain.events import Amended, OlderVersion, Withdrawn
from bot.domain.page import Notice
from bot.domain.paging import (
    channels_for,
    climb,
    page_owner_again,
    replan,
    start,
    waits_for_retry,
)
from bot.domain.policy import CategoryPolicy
from bot.domain.state import Alert, State
from bot.domain.turn import ENDED, Turn, entitled, notify, tell_a_coordinator


@dataclass(frozen=True, slots=True)
class _News:
    """How a version differs from what the alert showed."""

    raised: bool
    lowered: bool
    changed: bool
    understood: bool
    puzzling: bool
    another_patient: bool
    another_provider: bool

    @property
    def material(self) -> bool:
        """An acknowledgment of the older version no longer covers it."""
        asks = self.raised or self.changed or self.another_patient
        return asks or self.understood or self.puzzling


def _news(alert: Alert, event: Amended, policy: CategoryPolicy) -> _News:
    # The file may have been edited since: one name is one category, wherever it now ranks.
    other = policy.name != alert.policy.name
    correction = event.correction
    # What people have answered is not asked again because a machine says more.
    answered = event.unsigned and not alert.is_open
    # Nor is whoever a person's report asks paged once more for what one finds beside it.
    found_beside = _is_beside_people(event) and alert.is_open
    return _News(
        raised=other and policy.severity < alert.policy.severity and not answered,
        lowered=other and policy.severity >= alert.policy.severity,
        changed=event.finding_hash != alert.finding_hash and not found_beside,
        understood=bool(alert.review) and not event.review,
        puzzling=bool(event.review) and not alert.review,
        another_patient=correction is not None and correction.another_patient,
        another_provider=correction is not None and correction.another_provider,
    )


def _is_beside_people(event: Amended) -> bool:
    """A machine's version where somebody has signed what decides: else it is for review."""
    return event.by_machine and not event.review


def begin(turn: Turn, *, of_machine: bool = False) -> None:
    """Start the ladder; a result that is stale already goes to a coordinator for review, as does
    what only a machine has found beside it, and nobody else is woken."""
    alert = turn.alert
    if turn.now - alert.window_opens_at > alert.policy.stale_after:
        turn.evolve(stale=True, expired_at=turn.now)
        turn.record("stale_on_receipt")
        climb(turn, Role.COORDINATOR)
    elif of_machine:
        climb(turn, Role.COORDINATOR)
    else:
        start(turn)


def start_cycle(turn: Turn) -> None:
    """The same alert once more: who declined and who was paged stays on record."""
    turn.cancel_told()
    turn.evolve(
        state=State.OPEN,
        cycle=turn.alert.cycle + 1,
        round_before=turn.alert.round,
        owner="",
        owner_role=Role.ORDERING_PROVIDER,
        plan=(),
        acknowledgment=None,
        expired_at=None,
        withdrawn_at=None,
        stale=False,
        paged_in_cycle=(),
        unreachable=(),
        handed_over=(),
        radiologist_told_at=None,
    )


def end_shadow(turn: Turn) -> None:
    turn.evolve(state=State.SHADOW, plan=())
    turn.record("shadow_ended")


def amend_open(turn: Turn, event: Amended) -> None:
    """A raised category, changed finding or corrected patient pages the owner again; a corrected
    provider becomes the owner; a lower category gives more time; one that now says routine ends
    the alert. What was opened in shadow is over once people are paged again."""
    _follow_open(turn, event)
    bar_wrongly_asked(turn, event.correction)


def _follow_open(turn: Turn, event: Amended) -> None:
    if turn.alert.shadow and not event.shadow:
        end_shadow(turn)
        _follow_ended(turn, event)
        return
    if event.policy is None:
        _take_version(turn, event, material=True)
        _take_back(turn, State.DOWNGRADED, event.held)
        return
    news = _news(turn.alert, event, event.policy)
    _take_version(turn, event, material=news.material)
    news_at_last = news.material or news.another_provider or _is_signed_in_time(turn, event)
    if turn.alert.stale and news_at_last:
        _begin_again(turn, event, event.policy)
        return
    _change_category(turn, news, event.policy)
    _page_for(turn, news)
    changed = Notice.CHANGED if news.material or news.lowered else None
    tell_corrected(turn, event.correction, changed)


def _change_category(turn: Turn, news: _News, policy: CategoryPolicy) -> None:
    """An upgrade never gives more time, a downgrade counts from the opening of the window. Once
    expired, the miss stays a miss."""
    alert = turn.alert
    if not (news.raised or news.lowered):
        return
    due_at = _due_by_lower(alert, policy)
    if news.raised:
        due_at = min(alert.due_at, turn.now + policy.window)
        turn.evolve(paged_in_cycle=())
    turn.evolve(policy=policy, due_at=due_at)
    if not waits_for_retry(alert):
        replan(turn)


def _due_by_lower(alert: Alert, policy: CategoryPolicy) -> datetime:
    return alert.due_at if alert.expired_at else alert.window_opens_at + policy.window


def _page_for(turn: Turn, news: _News) -> None:
    alert = turn.alert
    if news.puzzling and alert.owner_role is not Role.COORDINATOR:
        climb(turn, Role.COORDINATOR)
    elif news.understood and not alert.expired_at:
        start(turn)
    elif news.another_provider and moves_ownership(alert, turn.before):
        ask_corrected(turn)
    elif news.material:
        page_owner_again(turn, channels_for(alert, alert.owner_role))


def amend_ended(turn: Turn, event: Amended) -> None:
    """Reopened for a raised category, a changed finding, a corrected patient, or a provider who
    has not acknowledged it; where the result had been taken back as soon as it is flagged again;
    and where only its preliminary was there in shadow, for the final that comes in live mode."""
    _follow_ended(turn, event)
    bar_wrongly_asked(turn, event.correction)


def _follow_ended(turn: Turn, event: Amended) -> None:
    alert = turn.alert
    if event.policy is None:
        _take_version(turn, event, material=True)
        _take_back(turn, State.DOWNGRADED, event.held)
        return
    news = _news(alert, event, event.policy)
    stands = alert.taken_back is None
    unasked = event.correction is not None and reopens(alert, event.correction)
    unheard = alert.state is State.SHADOW and event.first_final and not event.shadow
    again = news.material or unasked or unheard or not stands
    _take_version(turn, event, material=again)
    if again:
        _begin_again(turn, event, event.policy)
    elif news.lowered:
        turn.evolve(policy=event.policy, due_at=_due_by_lower(alert, event.policy))
        notify(turn, Notice.CHANGED, entitled(turn.alert))


def _is_signed_in_time(turn: Turn, event: Amended) -> bool:
    """What only its preliminary version was too late for."""
    return event.first_final and turn.now - event.opens_at <= turn.alert.policy.stale_after


def _begin_again(turn: Turn, event: Amended, policy: CategoryPolicy) -> None:
    # One that asks for people, or has paged them, must never fall silent: they act on what it says.
    asked = turn.before.is_open or bool(turn.alert.paged)
    silent = event.shadow and (turn.alert.shadow or not asked)
    start_cycle(turn)
    due_at = event.opens_at + policy.window
    turn.evolve(shadow=silent, policy=policy, window_opens_at=event.opens_at, due_at=due_at)
    turn.record("reopened", cycle=turn.alert.cycle)
    begin(turn, of_machine=_is_beside_people(event))
    tell_corrected(turn, event.correction, Notice.REOPENED)


def _take_version(turn: Turn, event: Amended, *, material: bool) -> None:
    version = turn.alert.version + 1
    turn.evolve(
        version=version,
        material_version=version if material else turn.alert.material_version,
        report_id=event.report_id,
        finding_hash=event.finding_hash,
        review=event.review,
        beside=event.beside,
    )
    category = event.policy.name if event.policy else None
    turn.record("amended", version=version, material=material, category=category)
    if event.correction:
        take_correction(turn, event.correction)


def withdraw(turn: Turn, event: Withdrawn) -> None:
    """Deleted or marked wrong, or it goes on as another alert: nothing more is asked. An
    acknowledged alert keeps its state, and whoever was paged hears of it either way."""
    if event.joined:
        turn.evolve(joined=event.joined)
        turn.record("joined", into=event.joined)
    turn.evolve(report_id=event.report_id, version=turn.alert.version + 1)
    _take_back(turn, State.WITHDRAWN, event.held)


def _take_back(turn: Turn, state: State, held: CategoryPolicy | None) -> None:
    alert = turn.alert
    turn.record(state.value, version=alert.version)
    turn.evolve(withdrawn_at=alert.withdrawn_at or turn.now)
    if alert.state is not State.ACKNOWLEDGED:
        turn.cancel_pages()
        turn.evolve(state=state, plan=())
        if held and held.name != alert.category:
            turn.evolve(policy=held)
    if turn.before.taken_back is not state:
        turn.cancel_told()
        notify(turn, ENDED[state], entitled(turn.alert))


def note_older(turn: Turn, event: OlderVersion) -> None:
    """A more severe version that does not hold: on record, and where its two times do not agree a
    coordinator hears of it. Nobody is paged."""
    turn.record("older_version", category=event.category, doubtful=event.doubtful)
    if event.doubtful:
        tell_a_coordinator(turn, Notice.OLDER_VERSION)
