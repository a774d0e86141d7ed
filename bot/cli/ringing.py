"""What `readback check` says of phones: whom no call can wake for what is most urgent."""

from collections.abc import Iterator, Sequence

from bot.app import policy_of
from bot.cli.findings import Finding, Weight, listed
from bot.cli.shown import count
from bot.domain.coverage import Calls, NoSms, Person
from bot.domain.policy_file import BadPolicy
from bot.settings import Settings


def ringing(settings: Settings, everybody: Sequence[Person]) -> Iterator[Finding]:
    """Nothing of whom no call wakes where the policy calls nobody, or cannot be read: that is told
    elsewhere."""
    yield from _only_heard(settings, everybody)
    try:
        categories = policy_of(settings).categories
    except (BadPolicy, UnicodeDecodeError, OSError):
        return
    calling = [c.name for c in categories if c.calls]
    if not calling:
        most = categories[0].name
        yield Finding("calls", Weight.OK, f"the policy calls nobody: no phone rings for {most}")
        return
    yield from _silent(settings, " and ".join(calling), everybody)


def _silent(settings: Settings, urgent: str, everybody: Sequence[Person]) -> Iterator[Finding]:
    """Each by name: whom no phone wakes is to be known, however many they are. A radiologist may
    have ordered an exam, and anybody may be handed an alert."""
    if not settings.calls and everybody:
        number = count(len(everybody), "person", "people")
        what = f"no twilio.call_from: no phone rings for {urgent} results, which {number} can get"
        cure = "Set it to a number of yours that can call: an SMS does not wake everybody."
        yield Finding("calls", Weight.ADVICE, what, cure)
    silent = [person.name for person in everybody if not _can_ring(person)]
    if silent:
        still = "" if settings.calls else "would still "
        what = f"can get {urgent} pages and {still}have no phone that rings: {', '.join(silent)}"
        cure = "Add a mobile, or a landline, to the directory."
        yield Finding("calls", Weight.ADVICE, what, cure)
    elif settings.calls:
        yield Finding("calls", Weight.OK, f"for {urgent} results everybody's phone can ring")


def _can_ring(person: Person) -> bool:
    """Whether there is a number to call, once the site can call."""
    return bool(person.mobile) and person.no_sms is not NoSms.WRONG_NUMBER


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
