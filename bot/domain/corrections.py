"""What a corrected ordering provider or patient does to an alert, and what people hear of it."""

from bot.domain.coverage import Person, Role, Roster
from bot.domain.events import Correction
from bot.domain.page import Notice
from bot.domain.paging import channels_for, climb, page_owner_again
from bot.domain.state import Alert
from bot.domain.turn import Turn, not_just_paged, not_told, notify


def take_correction(turn: Turn, correction: Correction) -> None:
    """From now on these people fill the roles. Who said "not my patient" said it of the patient
    whom the report named then."""
    before, roster = turn.alert.roster.ordering, correction.roster
    turn.evolve(roster=roster)
    if correction.another_provider:
        turn.handing_over = Notice.ANOTHER_PROVIDER
        now = roster.ordering.id if roster.ordering else None
        turn.record("provider_corrected", person=now, before=before.id if before else None)
    if correction.another_patient:
        turn.handing_over = Notice.ANOTHER_PATIENT
        wrongly = set(turn.alert.no_access)
        turn.evolve(declined=tuple(p for p in turn.alert.declined if p not in wrongly))
        turn.evolve(no_access=())
        turn.record("patient_corrected")


def moves_ownership(alert: Alert, before: Alert) -> bool:
    """Whether the corrected provider has to be asked: unless they own it or were asked already.
    Where the report names somebody unknown, nobody below the coordinator has to do with it."""
    if alert.review:
        return False
    ordering, old = alert.roster.ordering, before.roster.ordering
    if ordering is None:
        return not _stays_with_coordination(alert, old)
    if alert.owner == ordering.id:
        return False
    return _owned_by(alert, old) or ordering.id not in _asked(alert)


def _stays_with_coordination(alert: Alert, old: Person | None) -> bool:
    """It is a coordinator's, or somebody's to whom one gave it: but not the wrong provider's."""
    wrongly = _owned_by(alert, old) and old not in alert.roster.coordinators
    return alert.owner_role is Role.COORDINATOR and not wrongly


def _owned_by(alert: Alert, person: Person | None) -> bool:
    return person is not None and alert.owner == person.id


def _asked(alert: Alert) -> set[str]:
    return {*alert.paged_in_cycle, *(reach.person_id for reach in alert.reach)}


def ask_corrected(turn: Turn) -> None:
    """The ladder begins anew at the corrected provider. Too late for one, a coordinator owns it
    and the provider is paged beside them."""
    alert = turn.alert
    if not alert.too_late_for_a_ladder(turn.now):
        climb(turn, Role.ORDERING_PROVIDER)
    elif _stays_with_coordination(alert, turn.before.roster.ordering):
        page_owner_again(turn, channels_for(alert, alert.owner_role))
    else:
        climb(turn, Role.COORDINATOR)


def reopens(alert: Alert, correction: Correction) -> bool:
    """An acknowledgment by somebody else does not tell the provider whom the report names now.
    Where nobody knows that one, it is a coordinator's to see to it. In shadow nobody was told."""
    given, ordering = alert.acknowledgment, correction.roster.ordering
    if not correction.another_provider or given is None:
        return correction.another_provider
    answers = (ordering,) if ordering else correction.roster.coordinators
    return given.by not in {text for person in answers for text in (person.id, person.name)}


def bar_wrongly_asked(turn: Turn, correction: Correction | None) -> None:
    """Whom only the wrong provider brought in may not answer for the right one: had they done so
    before the correction, it would have reopened the alert."""
    if correction is None or not correction.another_provider:
        return
    alert, roster = turn.alert, turn.alert.roster
    theirs = {alert.owner, *(person.id for person in _in_a_role(roster))}
    turn.evolve(not_theirs=tuple(p for p in alert.paged if p not in theirs))


def _in_a_role(roster: Roster) -> tuple[Person, ...]:
    named = (roster.ordering, roster.designee, roster.radiologist, *roster.coordinators)
    return tuple(person for person in named if person)


def tell_corrected(turn: Turn, correction: Correction | None, otherwise: Notice | None) -> None:
    """Who was paged hears what the report corrects, and once. A wrong patient is told to those too
    who are paged again: nothing in a page says so. ``otherwise`` is for a version that corrects
    neither."""
    if correction and correction.another_patient:
        were = tuple(p for p in turn.before.paged if p not in turn.alert.no_access)
        notify(turn, Notice.ANOTHER_PATIENT, not_told(turn, Notice.ANOTHER_PATIENT, were))
    elif correction and correction.another_provider:
        _tell_of_provider(turn)
    elif otherwise:
        notify(turn, otherwise, not_just_paged(turn))


def _tell_of_provider(turn: Turn) -> None:
    ordering, fresh = turn.alert.roster.ordering, not_just_paged(turn)
    theirs = {turn.alert.owner, ordering.id if ordering else ""}
    others = tuple(person_id for person_id in fresh if person_id not in theirs)
    notify(turn, Notice.CHANGED, tuple(person_id for person_id in fresh if person_id in theirs))
    notify(turn, Notice.ANOTHER_PROVIDER, not_told(turn, Notice.ANOTHER_PROVIDER, others))
