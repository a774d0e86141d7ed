"""Codes for how urgent a finding is: RadLex by value, and those that a sender's rules name."""

import re
from collections.abc import Iterable

from bot.domain.profile import Rule
from bot.domain.report import ROUTINE, Flag
from bot.domain.triage import in_words

_RADLEX = re.compile(r"RID\d+", re.IGNORECASE)
_WITH_SYSTEM = re.compile(r"\S*[/#:](RID\d+)/?", re.IGNORECASE)
# Put behind a statement to code it; one that is explained stands in a sentence.
_BRACKETED = re.compile(r"[\[(](RID4948\d)[\])]", re.IGNORECASE)
# Or begins it, with a mark behind ("RID49480: actionable"), or is all of it.
_LABELLED = re.compile(r"\s*(RID4948\d)\s*(?:[:–—-]\s|\Z)", re.IGNORECASE)

# For what cannot be read: only these kinds wake a coordinator, a plain H or N does not.
_CRITICAL = re.compile(r"AA|HH|LL|RID4948\d", re.IGNORECASE)
_NOT_ACTIONABLE = "RID50261"


def by_rules(radlex: Iterable[Flag], rules: Iterable[Rule]) -> Iterable[Flag]:
    """These flags, with the category of the rule that names their code without a place: codes are
    found in sentences and addresses, too, where no value stands by itself."""
    own = {rule.code.casefold(): rule for rule in rules if rule.code and rule.at is None}
    if not own:
        return radlex
    return [
        by_rule(rule, flag.where) if (rule := own.get(flag.value.casefold())) else flag
        for flag in radlex
    ]


def category_by_rule(code: str, rules: Iterable[Rule]) -> str:
    """What a rule without a place calls this code, also where words mean it; empty without one."""
    said = code.casefold()
    ruled = (rule for rule in rules if rule.at is None and rule.code.casefold() == said)
    return next((rule.category for rule in ruled), "")


def radlex_in(said: str) -> list[str]:
    """The category codes that a line of prose states: behind a statement, or before it."""
    begins = _LABELLED.match(said)
    return [begins[1]] if begins else _BRACKETED.findall(said)


def canonical(value: str) -> str:
    """RadLex codes in capitals, as the policy has them, without the address or the system before
    them; all else as it stands."""
    ends = _WITH_SYSTEM.fullmatch(value)
    code = ends[1] if ends else value
    return code.upper() if is_radlex(code) else value


def is_radlex(value: str) -> bool:
    """Whether it has the form of a RadLex identifier, in letters of either size."""
    return _RADLEX.fullmatch(value) is not None


def by_rule(rule: Rule, where: str) -> Flag:
    """The flag of what this rule names, found there."""
    return Flag(rule.code, "", where, rule.category)


def is_critical(flag: Flag) -> bool:
    """Whether it is of the kind that must not wait unseen, whatever the policy calls it."""
    if flag.category:
        return flag.category != ROUTINE
    if flag.value.upper() == _NOT_ACTIONABLE:
        return False
    if flag.where.endswith("-8") and (is_radlex(flag.value) or in_words(flag.value.upper())):
        return True
    return _CRITICAL.fullmatch(flag.value) is not None
