"""What `readback check` says of phones: whom no call can wake for what is most urgent."""

from collections.abc import Iterator, Sequence

from bot.app import policy_of
from bot.cli.findings import Finding, Weight, listed
from bot.domain.coverage import VOICE, Person
from bot.domain.policy_file import BadPolicy
from bot.settings import Settings


def ringing(
    settings: Settings, everybody: Sequence[Person], designees: dict[str, str]
) -> Iterator[Finding]:
    """Nothing where the policy calls nobody, or cannot be read: that is told elsewhere."""
    try:
        calling = [c.name for c in policy_of(settings).categories if c.calls]
    except (BadPolicy, UnicodeDecodeError, OSError):
        return
    if not calling:
        return
    urgent = " and ".join(calling)
    if not settings.calls:
        what = f"no twilio.call_from: no phone rings for {urgent} results"
        cure = "Set it to a number of yours that can call: an SMS does not wake everybody."
        yield Finding("calls", Weight.ADVICE, what, cure)
        return
    paged = [person for person in everybody if _is_paged(person, designees)]
    silent = [person.name for person in paged if VOICE not in person.channels]
    if silent:
        what = f"can get {urgent} pages and have no phone that rings: {listed(silent)}"
        cure = "Add a mobile, or a landline, to the directory."
        yield Finding("calls", Weight.ADVICE, what, cure)
    else:
        yield Finding("calls", Weight.OK, f"for {urgent} results everybody's phone can ring")


def _is_paged(person: Person, designees: dict[str, str]) -> bool:
    """All but those who only read exams: they get notices."""
    stands_in = person.id in designees.values()
    return stands_in or not person.roles or "coordinator" in person.roles
