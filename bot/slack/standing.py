"""How an alert stands for one person: what they can still do, and why not. Pure."""

from datetime import datetime

from bot.domain.alert import State
from bot.domain.coverage import Person
from bot.domain.wording import local_time
from bot.engine.views import AlertView
from bot.slack.words import escaped


def cannot_acknowledge(view: AlertView, person: Person, now: datetime) -> tuple[str, str] | None:
    """Why not, as a slug and a sentence; None where nothing speaks against it."""
    alert = view.alert
    if alert.shadow:
        return "shadow", f"{alert.ref} was opened in SHADOW: nobody was paged or has to answer."
    if person.id in alert.no_access:
        return "no_access", "You said that this is not your patient, so you cannot answer it."
    if person.id in alert.not_theirs:
        said = "The report now names another ordering provider: this is no longer with you."
        return "another_provider", said
    if person.id not in alert.paged:
        hint = f" To record a phone call: `/readback called {alert.ref}`"
        said = "This alert was not sent to you, so you cannot answer it."
        return "not_paged", said + (hint if view.administers else "")
    if alert.state is not State.OPEN:
        return "ended", how_it_ended(view, person, now)
    return None


def cannot_look(view: AlertView, person: Person) -> tuple[str, str]:
    """Why somebody who is not entitled may not see it, as a slug and a sentence."""
    if person.id in view.alert.no_access:
        return "no_access", "You said that this is not your patient: your access to it has ended."
    if person.id in view.alert.not_theirs:
        said = "The report now names another ordering provider: your access to it has ended."
        return "another_provider", said
    return "not_entitled", "This alert was not sent to you, so you cannot look at it."


def how_it_ended(view: AlertView, person: Person, now: datetime) -> str:
    """One sentence about an alert that needs no answer any more."""
    alert, given = view.alert, view.alert.acknowledgment
    if alert.state is State.ACKNOWLEDGED and given:
        name = "you" if given.by == person.id else escaped(view.acknowledged_by)
        at = local_time(given.at, person.timezone, now)
        return f"{alert.ref} was acknowledged by {name} at {at}."
    return f"{alert.ref} was {alert.state.value}: nothing more is needed."
