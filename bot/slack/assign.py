"""`/readback assign REF @person`: whom somebody means, and handing the alert to them."""

import re
from collections.abc import Sequence

from bot.domain.coverage import Person, having_words
from bot.domain.events import NotAllowed, Reassigned
from bot.domain.nearest import did_you_mean
from bot.slack.desk import Asked, Desk, Who
from bot.slack.words import clipped, escaped
from storage import people

EXAMPLE = "/readback assign K7QX @person"
# Slack sends a mention like this where the command's escaping is on, as in manifest.yml.
_MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_POLITE = re.compile(r"^to\s+|\s+(?:please|pls|now|thanks)\W*$", re.IGNORECASE)

_MYSELF = {"me", "myself"}


def assign(desk: Desk, asked: Asked, person: Person, alert_id: str, whom: str) -> None:
    """Hand the alert to whom they named; who may do that is the state machine's to say."""
    if not whom:
        asked.tell(f"To whom? Write for example `{EXAMPLE}`")
        return
    found = meant(desk, asked.who, whom)
    if isinstance(found, str):
        asked.tell(found)
        return
    try:
        alert = desk.apply(alert_id, Reassigned(person.id, found.id))
    except NotAllowed as refusal:
        asked.tell(escaped(refusal.explain))
    else:
        asked.tell(f"{alert.ref} is with {escaped(found.name)} now.")


def meant(desk: Desk, who: Who, whom: str) -> Person | str:
    """The person mentioned or named, or what to say where that is not one person. ``who`` asks."""
    barely = _POLITE.sub("", whom)
    if mention := _MENTION.fullmatch(barely):
        known = desk.read(lambda c: people.by_slack(c, who.team, mention[1]))
        return known or "Readback does not know that Slack account. Try the person's name."
    if _MENTION.search(whom):  # other words may say anything, also that it is not for them
        return "Please name one person, and nothing else."
    everybody = desk.read(people.everybody)
    if barely.lstrip("@").casefold() in _MYSELF and not having_words(barely, everybody):
        return desk.person(who) or desk.stranger()
    found = named(whom, everybody)  # To is a surname as well
    return named(barely, everybody) if isinstance(found, str) else found


def named(whom: str, everybody: Sequence[Person]) -> Person | str:
    """The only one whose name has all these words in it, in any order and case."""
    found = having_words(whom, everybody)
    if len(found) == 1:
        return found[0]
    if found:
        return f"Several people: {escaped(', '.join(p.name for p in found[:5]))}. Which one?"
    near = did_you_mean(whom.lstrip("@"), [p.name for p in everybody])
    return f"There is nobody named “{escaped(clipped(whom, 40))}”. {escaped(near)}".strip()
