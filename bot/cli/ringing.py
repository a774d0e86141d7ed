"""What `readback check` says of phones: whom no call can wake for what is most urgent."""

from collections.abc import Iterator, Sequence

from bot.app import policy_of
from bot.cli.findings import Finding, Weight, listed
from bot.domain.coverage import Calls, Person
from bot.domain.policy_file import BadPolicy
from bot.settings import Settings


def ringing(
    settings: Settings, everybody: Sequence[Person], designees: dict[str, str]
) -> Iterator[Finding]:
    """Of whom no call wakes nothing where the policy calls nobody, or cannot be read: that is told
    elsewhere."""
    yield from _only_heard(settings, everybody)
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
    silent = [person.name for person in paged if not person.rings]
    if silent:
        what = f"can get {urgent} pages and have no phone that rings: {listed(silent)}"
        cure = "Add a mobile, or a landline, to the directory."
        yield Finding("calls", Weight.ADVICE, what, cure)
    else:
        yield Finding("calls", Weight.OK, f"for {urgent} results everybody's phone can ring")


def _only_heard(settings: Settings, everybody: Sequence[Person]) -> Iterator[Finding]:
    """Whoever could hear a call and not answer it is asked as little as who has no phone."""
    deaf = [person.name for person in everybody if person.only_hears]
    if deaf:
        what = f"can hear a call and not answer it, so nobody pages them: {listed(deaf)}"
        instead = "a Slack ID, or a mobile that takes SMS"
        pin = "Give them a PIN (the column pin)"
        keys = settings.calls is Calls.KEYS
        cure = f"{pin}, {instead}." if keys else f"Give them {instead}; a PIN, with web.public_url."
        yield Finding("calls", Weight.ADVICE, what, cure)


def _is_paged(person: Person, designees: dict[str, str]) -> bool:
    """All but those who only read exams: they get notices."""
    stands_in = person.id in designees.values()
    return stands_in or not person.roles or "coordinator" in person.roles
