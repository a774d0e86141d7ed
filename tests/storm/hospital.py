"""A big hospital on bad lines: two hundred providers, four in five of whom never answer."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.app.rehearsal import hospital
from bot.sandbox.demo.place import CALL_FROM, CALLER, people_move_in
from bot.sandbox.faults import PROCESSED, Fault, Faults
from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.stories import CODE
from tests.scenarios.looking import version

PROVIDERS = 200
RATE = 8.0
SHARE = 0.2
"""One request in five fails, at either provider."""

_COMMON = [
    *(Fault(how) for how in ("refuse", "hang", *PROCESSED)),
    Fault("status", status=500),
    Fault("status", status=503),
    Fault("status", status=429, retry_after=2),
]
SENDS = ("chat.postMessage", "messages.create", "calls.create")
SLACK_FAULTS = [*_COMMON, Fault("error", "internal_error"), Fault("error", "ratelimited")]
TWILIO_FAULTS = [*_COMMON, *(Fault("error", code) for code in (20429, 20503, 21611))]


def mobile(n: int) -> str:
    return f"+1312555{2000 + n:04d}"


def local_id(n: int) -> str:
    return str(20_000 + n)


def answers(n: int) -> bool:
    """Every fifth one replies to the first SMS; the others never do."""
    return n % 5 == 0


def designee(n: int) -> int:
    """The next provider who does not answer."""
    return n + 2 if answers(n + 1) else n + 1


def _npi(n: int) -> str:
    """With its check digit (Luhn over 80840 and the number)."""
    nine = str(200_000_000 + n)
    digits = [int(digit) for digit in f"80840{nine}"][::-1]
    doubled = [digit * 2 if i % 2 == 0 else digit for i, digit in enumerate(digits)]
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return f"{nine}{(10 - total % 10) % 10}"


def directory() -> str:
    """The hospital's people, and the providers; each one's designee is one who does not answer."""
    rows = [
        f"{_npi(n)},MAIN:{local_id(n)},Dr. Number {n},,{mobile(n)},U0STORM{n:03d},"
        f"America/Chicago,,{_npi(designee(n) % PROVIDERS)}"
        for n in range(PROVIDERS)
    ]
    return "\n".join([PEOPLE_CSV.strip(), *rows, ""])


def report(number: int, now: datetime) -> bytes:
    """A critical report for one of the providers."""
    provider = f"{local_id(number % PROVIDERS)}^NUMBER^DOCTOR^^^DR^^^MAIN"
    return version(f"STORM{number}", now, control=f"ST{number}", provider=provider)


@contextmanager
def stormy_hospital(database_url: str) -> Iterator[Hospital]:
    """The bot is a process of its own, whose time runs faster than ours. Phones ring, and nobody
    picks up."""
    limits = {
        "READBACK_TWILIO__MESSAGES_PER_SECOND": "1000",
        "READBACK_SLACK__MESSAGES_PER_SECOND": "1000",
        CALL_FROM: CALLER,
    }
    with hospital(database_url, as_child=True, environment=limits) as there:
        people_move_in(there.database, there.watch, directory())
        for n in range(PROVIDERS):
            there.world.slack_user(f"U0STORM{n:03d}", f"Dr. Number {n}")
            there.world.phone(mobile(n))
        there.world.twilio.carrier.duplicate_callbacks = True
        there.world.twilio.carrier.shuffle_callbacks = True
        there.clock.set_rate(RATE)
        yield there


def begin_to_fail(there: Hospital) -> None:
    for faults, kinds in _providers(there):
        faults.fail_sometimes(SHARE, kinds, methods=SENDS, seed=7)


def stop_failing(there: Hospital) -> None:
    for faults, _ in _providers(there):
        faults.clear()


def _providers(there: Hospital) -> tuple[tuple[Faults, list[Fault]], ...]:
    world = there.world
    return (world.slack.faults, SLACK_FAULTS), (world.twilio.faults, TWILIO_FAULTS)


@contextmanager
def people_answering(there: Hospital) -> Iterator[None]:
    """Those who answer reply to each code as soon as their phone has it."""
    ended = threading.Event()
    thread = threading.Thread(target=_answer, args=(there, ended), name="people")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)


def _answer(there: Hospital, ended: threading.Event) -> None:
    phones = {mobile(n) for n in range(PROVIDERS) if answers(n)}
    seen: set[str] = set()
    while not ended.is_set():
        for sms in list(there.world.twilio.carrier.messages.values()):
            if sms.sid in seen or not sms.shown:
                continue
            seen.add(sms.sid)
            code = CODE.search(sms.body)
            if sms.to in phones and sms.direction == "outbound-api" and code:
                there.world.phone(sms.to).send(f"ACK {code[1]}")
        time.sleep(0.1)
