"""A page that has come to nothing: the same person's next channel now, then the next person."""

from bot.domain.coverage import SMS, VOICE, Person, Role
from bot.domain.paging import give_up_on_owner, page, waits_for_retry
from bot.domain.state import Alert, Outcome
from bot.domain.turn import Turn, having

GONE = {Outcome.FAILED, Outcome.UNCERTAIN}
TROUBLED = GONE | {Outcome.RETRYING, Outcome.LATE}
"""Outcomes of a page that has not got through, and may not any more."""


def next_channel(alert: Alert, person: Person, *, for_good: bool) -> str | None:
    """The person's next channel in this round. A phone rings where every written page has gone
    wrong; in a category that rings phones also where one has gone wrong ``for_good``."""
    tried = alert.outcomes(person.id)
    troubled = all(tried.get(channel) in TROUBLED for channel in person.written)
    ring = troubled or (for_good and alert.policy.calls)
    unused = [c for c in _answerable(alert, person) if c not in tried and (ring or c != VOICE)]
    return unused[0] if unused else None


def _answerable(alert: Alert, person: Person) -> tuple[str, ...]:
    """The channels by which they could answer in this round. A call asks for a code, which an SMS
    may still bring, or for a PIN: with neither, and nothing else left, it is heard and no more."""
    tried = alert.outcomes(person.id)
    left = [c for c in person.channels if c == SMS or tried.get(c) not in GONE]
    return person.channels if person.can_answer(left) else person.written


def all_gone(alert: Alert, person_id: str) -> bool:
    """Whether somebody was paged in this round, and nothing came of it on any channel by which they
    could still answer: who read an SMS and then said STOP cannot answer it any more."""
    outcomes, person = alert.outcomes(person_id), alert.roster.person(person_id)
    channels = _answerable(alert, person) if person else ()
    left = {outcome for channel, outcome in outcomes.items() if channel in channels}
    return bool(outcomes) and left <= GONE


def all_lost(alert: Alert) -> bool:
    """Whether none of the pages to the owner in this round has got through, nor is under way."""
    outcomes = set(alert.outcomes(alert.owner).values())
    return bool(outcomes) and outcomes <= GONE | {Outcome.RETRYING}


def fail_over(turn: Turn, person_id: str, role: Role, *, for_good: bool) -> None:
    """The same person's next channel now; all of the owner's channels gone, the next person.
    ``for_good`` as in next_channel."""
    alert = turn.alert
    person = alert.roster.person(person_id)
    if person and (channel := next_channel(alert, person, for_good=for_good)):
        page(turn, person, role, (channel,))
    elif not all_gone(alert, person_id):
        return
    elif person_id == alert.owner:
        if not waits_for_retry(alert):  # else the phone of who was given up already was not heard
            give_up_on_owner(turn)
    elif person_id not in alert.unreachable:
        turn.record("unreachable", person=person_id, role=role.value)
        turn.evolve(unreachable=having(alert.unreachable, person_id))
