"""The policy's own codes, for the readers: a code that means a category has to be found wherever it
stands, and to be seen also where the rest of the message cannot be read."""

import re
from dataclasses import replace

from bot.domain.policy import Policy
from bot.domain.profile import Feeds, Place, Profile, Rule

# What the readers look for by themselves: the block of ACR categories and the usual abnormal flags.
_BUILT_IN = re.compile(r"RID4948\d|RID50261|AA|HH|LL", re.IGNORECASE)
_OBX_8 = Place("OBX", 8)


def rules_of(policy: Policy) -> tuple[Rule, ...]:
    """A rule for each code that the site has put into its policy."""
    codes, flags = policy.triage.codes, policy.triage.abnormal_flags
    found = [Rule(category, code) for code, category in codes]
    found += [Rule(category, flag, at=_OBX_8) for flag, category in flags]
    return tuple(rule for rule in found if not _BUILT_IN.fullmatch(rule.code))


def knowing(feeds: Feeds, policy: Policy) -> Feeds:
    """The same senders, with the policy's codes behind the rules of each."""
    rules = rules_of(policy)
    return replace(
        feeds,
        profiles=tuple(_with(profile, rules) for profile in feeds.profiles),
        standard=_with(feeds.standard, rules),
    )


def _with(profile: Profile, rules: tuple[Rule, ...]) -> Profile:
    """A rule of the sender's for one field leaves the policy's code what it is in any other: the
    first rule that fits decides, so that those for one field come first."""
    own = {(rule.code.casefold(), rule.at) for rule in profile.rules}
    its = sorted(profile.rules, key=lambda rule: rule.at is None)
    more = (rule for rule in rules if own.isdisjoint(_as_told(rule)))
    return replace(profile, rules=(*its, *more))


def _as_told(rule: Rule) -> tuple[tuple[str, Place | None], ...]:
    """What a sender's rule says of the same: its code at the same place, or wherever it stands."""
    code = rule.code.casefold()
    return (code, None), (code, rule.at)
