"""The site's policy file (TOML), read strictly: a policy that cannot be kept must not run."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import NoReturn

from bot.domain.coverage import SLACK, SMS, VOICE, Role
from bot.domain.ladder import RANK
from bot.domain.nearest import did_you_mean
from bot.domain.policy import RECEIPT_WITHIN, CategoryPolicy, Policy, Step, TriageRules
from bot.domain.report import ROUTINE
from bot.domain.toml_lines import Path, line_of, lines_of

CHANNELS = (SLACK, SMS, VOICE)
_ROLES = (Role.ORDERING_PROVIDER, Role.OWNER, Role.DESIGNEE, Role.COORDINATOR)
_UNITS = {"s": 1, "min": 60, "h": 3600, "day": 86400, "days": 86400}
_DURATION = re.compile(r"([0-9]{1,5}) ?(s|min|h|days?)")
_SHORTEST_REPEAT = timedelta(minutes=1)
_NAME = re.compile(r"[a-z0-9][a-z0-9 _-]{0,29}")


class BadPolicy(Exception):
    """The policy cannot be used. ``reason`` says what is wrong at ``line``, and the cure."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


def parse_policy(text: str) -> Policy:
    """The policy in this TOML text. Raises BadPolicy for the first thing that is wrong."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(text, str(error)) from None
    except RecursionError:
        raise BadPolicy(1, "is nested too deeply. Close the brackets that were opened") from None
    top = _Table(told, (), lines_of(text))
    top.only("version", "approved_by", "categories", "triage")
    categories = tuple(
        _category(table, severity) for severity, table in enumerate(top.tables("categories"))
    )
    _unlike_names(top, categories)
    _most_severe_first(top, categories)
    triage = _triage(top.table("triage"), [category.name for category in categories])
    return Policy(top.text("version"), top.text("approved_by"), categories, triage)


def _not_toml(text: str, error: str) -> BadPolicy:
    """The reader tells the line at the end of its message, or that it read to the end."""
    found = re.search(r" \(at line ([0-9]+), column [0-9]+\)", error)
    line = int(found[1]) if found else text.count("\n") + 1
    what = error.replace(found[0], "") if found else error
    return BadPolicy(line, f"not TOML: {what}. Text stands in quotes, each key once.")


# ---- categories -----------------------------------------------------------------------------


def _category(table: "_Table", severity: int) -> CategoryPolicy:
    table.only(
        *("name", "window", "least_gap", "stale_after", "repeat_every", "repeat_channels", "steps"),
        "receipt_within",
    )
    policy = CategoryPolicy(
        name=_name(table),
        severity=severity,
        window=table.duration("window"),
        least_gap=table.duration("least_gap"),
        stale_after=table.duration("stale_after"),
        steps=tuple(_step(step) for step in table.tables("steps")),
        repeat_every=table.duration("repeat_every"),
        repeat_channels=table.channels("repeat_channels"),
        receipt_within=table.optional_duration("receipt_within") or RECEIPT_WITHIN,
    )
    if policy.least_gap >= policy.window:
        table.wrong("least_gap", "is not shorter than the window: no step would fit. Shorten it.")
    if policy.stale_after < policy.window:
        table.wrong("stale_after", "is shorter than the window. Give it that length or more.")
    if policy.repeat_every < max(policy.least_gap, _SHORTEST_REPEAT):
        table.wrong("repeat_every", "is shorter than least_gap, or a minute. Make it longer.")
    if policy.repeat_every > policy.window:  # so long nobody would hear of what is overdue
        table.wrong("repeat_every", "is longer than the window. Give it that length or less.")
    if "receipt_within" in table.value and policy.receipt_within >= policy.window:
        table.wrong("receipt_within", "is not shorter than the window. Shorten it.")
    _check_ladder(table, policy)
    return policy


def _name(table: "_Table") -> str:
    name = table.text("name")
    if name == ROUTINE or not _NAME.fullmatch(name):
        table.wrong(
            "name",
            f'cannot be "{name}". Use up to 30 small letters, digits, spaces and hyphens; '
            f'"{ROUTINE}" is what no category covers.',
        )
    return name


def _unlike_names(top: "_Table", categories: tuple[CategoryPolicy, ...]) -> None:
    names = [category.name for category in categories]
    for index, name in enumerate(names):
        if name in names[:index]:
            table = top.tables("categories")[index]
            table.wrong("name", f'"{name}" stands twice. Give each category its own name.')


def _most_severe_first(top: "_Table", categories: tuple[CategoryPolicy, ...]) -> None:
    """The order of the file is the rank: a correction to a category further down lowers it."""
    for index, (above, below) in enumerate(pairwise(categories), 1):
        if below.window < above.window:
            top.tables("categories")[index].wrong(
                "window",
                f'is shorter than that of "{above.name}", which stands above it as more severe. '
                "Put the most severe category first.",
            )


def _step(table: "_Table") -> Step:
    table.only("after", "who", "channels", "please_phone", "call_after")
    who = table.text("who")
    if who not in _ROLES:
        known = ", ".join(_ROLES)
        table.wrong("who", f'"{who}" is no role. {did_you_mean(who, _ROLES)} There are {known}.')
    phone = table.value.get("please_phone", False)
    if not isinstance(phone, bool):
        table.wrong("please_phone", "is not true or false. Write true, or leave it out.")
    after = table.duration("after", least=timedelta(0))
    call_after = table.optional_duration("call_after")
    if call_after and who == Role.OWNER:
        table.wrong("call_after", "stands in a reminder. Put it where somebody becomes the owner.")
    return Step(after, Role(who), table.channels("channels"), phone, call_after)


def _check_ladder(table: "_Table", policy: CategoryPolicy) -> None:
    tables, steps = table.tables("steps"), policy.steps
    if steps[0].after or steps[0].who is Role.OWNER:
        tables[0].wrong("after", 'does not make an owner at "0 min". The first step has to.')
    for (earlier, later), step in zip(pairwise(steps), tables[1:], strict=True):
        if later.after < earlier.after:
            step.wrong("after", "comes before the step above it. Put the steps in their order.")
        if later.after < earlier.after + policy.least_gap:
            step.wrong("after", "is nearer to the step above than least_gap. Change one of them.")
    for made, step in zip(steps, tables, strict=True):
        if made.after > policy.window - policy.least_gap:
            step.wrong("after", "is later than least_gap before the window ends. Put it earlier.")
    _check_roles(table, tables, steps)
    _check_calls(tables, policy)


def _check_calls(tables: "list[_Table]", policy: CategoryPolicy) -> None:
    """A call rings for whoever is the owner then: nobody's would after the next one has it."""
    owners = [pair for pair in zip(policy.steps, tables, strict=True) if pair[0].who in RANK]
    ends = [*(made.after for made, _ in owners[1:]), policy.window]
    for (made, step), end in zip(owners, ends, strict=True):
        if made.call_after and made.after + made.call_after >= end:
            step.wrong("call_after", "never comes: it is the next one's by then. Make it shorter.")


def _check_roles(table: "_Table", tables: "list[_Table]", steps: tuple[Step, ...]) -> None:
    highest = -1
    for made, step in zip(steps, tables, strict=True):
        if made.who is Role.OWNER:
            continue
        if RANK[made.who] <= highest:
            step.wrong(
                "who",
                "is out of order: ordering_provider, designee, coordinator, once each.",
            )
        highest = RANK[made.who]
    if highest < RANK[Role.COORDINATOR]:
        table.wrong("steps", 'have no coordinator. Add a step with who = "coordinator".')


# ---- triage ---------------------------------------------------------------------------------


def _triage(table: "_Table", categories: list[str]) -> TriageRules:
    table.only("codes", "abnormal_flags", "not_actionable")
    codes = _meanings(table, "codes", categories)
    flags = _meanings(table, "abnormal_flags", categories)
    if not codes and not flags:
        table.wrong("codes", "and abnormal_flags are empty: no report would ever page. Add some.")
    routine = tuple(code.strip().upper() for code in table.texts("not_actionable"))
    for code in routine:
        if code in dict(codes):
            table.wrong("not_actionable", f"{code} stands in codes as well. Take it out of one.")
    return TriageRules(codes, flags, routine)


def _meanings(table: "_Table", key: str, categories: list[str]) -> tuple[tuple[str, str], ...]:
    inner = table.table(key)
    found: dict[str, str] = {}
    for code in inner.value:
        category = inner.text(code)
        if category not in categories:
            near = did_you_mean(category, categories) or f"There are {', '.join(categories)}."
            inner.wrong(code, f'means "{category}", which is no category of this file. {near}')
        if "^" in code:  # what a message has there is compared by its components
            inner.wrong(code, "holds a ^. Write what stands before the first.")
        if code.strip().upper() in found:
            inner.wrong(code, "stands twice; case makes no difference. Take one out.")
        found[code.strip().upper()] = category
    return tuple(found.items())


# ---- reading --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file that knows where it stands; every reader raises BadPolicy."""

    value: Mapping[str, object]
    path: Path
    lines: Mapping[Path, int]

    def wrong(self, key: str, what: str) -> NoReturn:
        raise BadPolicy(line_of(self.lines, (*self.path, key)), f"{key} {what}")

    def only(self, *known: str) -> None:
        for key in self.value:
            if key not in known:
                near = did_you_mean(key, known) or f"There are {', '.join(known)}."
                self.wrong(key, f"is not known here. {near}")

    def _told(self, key: str) -> object:
        if key not in self.value:
            self.wrong(key, "is missing. Add it.")
        return self.value[key]

    def text(self, key: str) -> str:
        told = self._told(key)
        if not isinstance(told, str) or not told.strip():
            self.wrong(key, "is empty or no text. Write a text in quotes.")
        return told.strip()

    def texts(self, key: str) -> list[str]:
        told = self._told(key)
        if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
            self.wrong(key, 'is not a list of texts. Write it as ["one", "two"].')
        return told

    def duration(self, key: str, least: timedelta = timedelta(seconds=1)) -> timedelta:
        told = self._told(key)
        match = _DURATION.fullmatch(told.strip()) if isinstance(told, str) else None
        if match is None:
            self.wrong(key, 'is no duration. Write "45 s", "30 min", "4 h" or "7 days".')
        length = timedelta(seconds=int(match[1]) * _UNITS[match[2]])
        if length < least:
            self.wrong(key, "is zero. Write a duration longer than that.")
        return length

    def optional_duration(self, key: str) -> timedelta | None:
        return self.duration(key) if key in self.value else None

    def channels(self, key: str) -> tuple[str, ...]:
        told = self.texts(key)
        for channel in told:
            if channel not in CHANNELS:
                near = did_you_mean(channel, CHANNELS) or f"There are {', '.join(CHANNELS)}."
                self.wrong(key, f'name "{channel}", which is no channel. {near}')
        if not told or len(set(told)) < len(told):
            self.wrong(key, "are empty or name one twice. Name each channel once.")
        return tuple(told)

    def table(self, key: str) -> "_Table":
        told = self._told(key)
        if not isinstance(told, dict):
            self.wrong(key, f"is no table. Write it as [{key}] or with braces.")
        return _Table(told, (*self.path, key), self.lines)

    def tables(self, key: str) -> "list[_Table]":
        told = self._told(key)
        if not isinstance(told, list) or not told or not all(isinstance(t, dict) for t in told):
            self.wrong(key, "is no list of tables, or empty. See the policy that ships.")
        return [_Table(one, (*self.path, key, i), self.lines) for i, one in enumerate(told)]
