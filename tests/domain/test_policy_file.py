from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.coverage import Role
from bot.domain.policy_file import BadPolicy, parse_policy
from tests.domain.loop import CRITICAL, POLICIES, POLICY, SIGNIFICANT, minutes, shipped

TEXT = (POLICIES / "default.toml").read_text(encoding="utf-8")
ACR = (POLICIES / "acr-three-categories.toml").read_text(encoding="utf-8")
FIRST = 'who = "ordering_provider", channels = ["slack", "sms"], call_after = "5 min"'


def test_the_policy_that_ships_is_the_default_table() -> None:
    steps = [(s.after, s.who, s.please_phone) for s in CRITICAL.steps]
    assert steps == [
        (minutes(0), Role.ORDERING_PROVIDER, False),
        (minutes(10), Role.OWNER, False),
        (minutes(20), Role.OWNER, False),
        (minutes(30), Role.DESIGNEE, False),
        (minutes(45), Role.COORDINATOR, True),
    ]
    written = CRITICAL.steps[:-1] + SIGNIFICANT.steps
    assert all(s.channels == ("slack", "sms") for s in written)
    assert (CRITICAL.window, CRITICAL.least_gap) == (minutes(60), minutes(3))
    assert (CRITICAL.repeat_every, CRITICAL.stale_after) == (minutes(10), timedelta(hours=24))
    assert [s.after // timedelta(hours=1) for s in SIGNIFICANT.steps] == [0, 4, 12, 18, 21]
    assert (SIGNIFICANT.window, SIGNIFICANT.least_gap) == (timedelta(hours=24), timedelta(hours=1))
    assert SIGNIFICANT.repeat_every == timedelta(hours=2)
    assert SIGNIFICANT.stale_after == timedelta(days=7)
    assert [category.severity for category in POLICY.categories] == [0, 1]


def test_the_policy_that_ships_rings_phones_for_critical_results_alone() -> None:
    assert CRITICAL.calls
    assert not SIGNIFICANT.calls
    called = [(s.who, s.call_after, "voice" in s.channels) for s in CRITICAL.steps]
    assert called == [
        (Role.ORDERING_PROVIDER, minutes(5), False),
        (Role.OWNER, None, False),
        (Role.OWNER, None, False),
        (Role.DESIGNEE, minutes(5), False),
        (Role.COORDINATOR, None, True),
    ]
    assert CRITICAL.repeat_channels == ("slack", "sms", "voice")


def test_the_example_has_the_three_categories_and_minutes_for_the_first() -> None:
    policy = shipped("acr-three-categories")
    assert [dict(policy.triage.codes)[f"RID4948{n}"] for n in range(3)] == [
        "category 1",
        "category 2",
        "category 3",
    ]
    assert policy.categories[0].window == minutes(15)


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("least_gap =", "least_gp =", 'least_gap = "3 min"', 'Did you mean "least_gap"?'),
        ('name = "critical"', "name = 3", 'name = "critical"', "Write a text in quotes"),
        ('name = "critical"', 'name = "routine"', 'name = "critical"', "no category covers"),
        ('name = "critical"', 'name = "Crit!"', 'name = "critical"', "small letters"),
        ('"significant"\nwindow', '"critical"\nwindow', 'name = "significant"', "stands twice"),
        ('window = "60 min"', 'window = "0 min"', 'window = "60 min"', "is zero"),
        ('window = "60 min"', "window = 60", 'window = "60 min"', "no duration"),
        ('window = "60 min"', 'window = "-1 h"', 'window = "60 min"', "no duration"),
        ('window = "60 min"', 'window = "2 min"', 'least_gap = "3 min"', "no step would fit"),
        ('stale_after = "24 h"', 'stale_after = "5 min"', 'stale_after = "24 h"', "shorter than"),
        ('after = "0 min"', 'after = "1 min"', 'after = "0 min"', "The first step has to"),
        (
            FIRST,
            'who = "owner", channels = ["slack", "sms"]',
            'after = "0 min"',
            "The first step has to",
        ),
        ('after = "20 min"', 'after = "5 min"', 'after = "20 min"', "in their order"),
        ('after = "20 min"', 'after = "12 min"', 'after = "20 min"', "least_gap"),
        ('after = "45 min"', 'after = "58 min"', 'after = "45 min"', "Put it earlier"),
        ('after = "21 h"', 'after = "25 h"', 'after = "21 h"', "Put it earlier"),
        ('repeat_every = "10 min"', 'repeat_every = "2 min"', "repeat_every =", "least_gap"),
        ('repeat_every = "10 min"', 'repeat_every = "9 days"', "repeat_every =", "than the window"),
        ('who = "designee"', 'who = "designe"', 'after = "30 min"', 'Did you mean "designee"?'),
        ('who = "designee"', 'who = "reading_radiologist"', 'after = "30 min"', "is no role"),
        ('who = "coordinator"', 'who = "designee"', 'after = "45 min"', "out of order"),
        ('who = "coordinator"', 'who = "owner"', "steps = [", "have no coordinator"),
        ("please_phone = true", "pleasephone = true", 'after = "45 min"', 'mean "please_phone"?'),
        ("please_phone = true", 'please_phone = "yes"', 'after = "45 min"', "true or false"),
        ('who = "owner"', 'who = "owner", call_after = "1 min"', 'after = "10 min"', "reminder"),
        ('call_after = "5 min"', 'call_after = "30 min"', 'after = "0 min"', "never comes"),
        ("please_phone = true", 'call_after = "15 min"', 'after = "45 min"', "never comes"),
        ("please_phone = true", 'call_after = "soon"', 'after = "45 min"', "no duration"),
        ('window = "60 min"', 'receipt_within = "0 s"\nwindow = "60 min"', "window = ", "is zero"),
        (
            'window = "60 min"',
            'receipt_within = "2 h"\nwindow = "60 min"',
            "window = ",
            "not shorter than the window",
        ),
        ('["slack", "sms"] },', '["slack", "smss"] },', 'after = "0 min"', 'Did you mean "sms"?'),
        ('["slack", "sms"] },', '["fax machine"] },', 'after = "0 min"', "There are slack, sms"),
        ('["slack", "sms"] },', '["sms", "sms"] },', 'after = "0 min"', "once"),
        ('["slack", "sms"] },', "[] },", 'after = "0 min"', "once"),
        ('["slack", "sms"] },', '"sms" },', 'after = "0 min"', "list of texts"),
        ('RID49482 = "significant"', 'RID49482 = "signifcant"', "codes = {", 'mean "significant"?'),
        ('RID49482 = "significant"', 'RID49482 = "zzz"', "codes = {", "There are critical"),
        ("RID49482 =", 'rid49480 = "critical", RID49482 =', "codes = {", "stands twice"),
        ("RID49482 =", '"CRIT^x^L" = "critical", RID49482 =', "codes = {", "before the first"),
        ('["RID50261"]', '["rid49480"]', "not_actionable", "Take it out of one"),
        ("[triage]", "[triage]\nguess = true", "[triage]", "not known here"),
        ('version = "default-1"', "", "# The policy for critical", "version is missing"),
        ("approved_by =", "# approved_by =", "# The policy for critical", "approved_by is missing"),
        ('"nobody yet: defaults as shipped"', '" "', "approved_by =", "is empty"),
        ("[[categories]]\nname", "[[categories]\nname", "[[categories]]", "not TOML"),
        ('version = "default-1"', 'version = "1', 'version = "default-1"', "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_cure(
    old: str, new: str, at: str, said: str
) -> None:
    with pytest.raises(BadPolicy) as bad:
        parse_policy(TEXT.replace(old, new, 1))
    lines = TEXT.splitlines()
    expected = next(n for n, line in enumerate(lines, 1) if at in line)
    assert said in bad.value.reason
    assert bad.value.line in {expected, expected + 1}
    assert str(bad.value) == f"line {bad.value.line}: {bad.value.reason}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "categories is missing"),
        ('categories = []\nversion = "1"', "no list of tables"),
        ("categories = 3", "no list of tables"),
        ("unknown_thing = 1", "There are version"),
        (TEXT[: TEXT.index("[triage]")] + "triage = 3", "triage is not known here"),
        (
            TEXT[: TEXT.index("[triage]")].replace("version =", "triage = 3\nversion =", 1),
            "no table",
        ),
        (
            TEXT[: TEXT.index("[triage]")]
            + "[triage]\ncodes = {}\nabnormal_flags = {}\nnot_actionable = []",
            "would ever page",
        ),
        ("a = [1, 2", "not TOML"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        parse_policy(text)


def test_calls_and_the_wait_for_receipts_may_be_told() -> None:
    told = TEXT.replace('call_after = "5 min"', 'call_after = "4 min"', 1)
    told = told.replace('window = "60 min"', 'window = "60 min"\nreceipt_within = "45 s"', 1)
    critical, significant = parse_policy(told).categories
    assert [step.call_after for step in critical.steps if step.call_after] == [
        minutes(4),
        minutes(5),
    ]
    assert (critical.receipt_within, critical.calls) == (timedelta(seconds=45), True)
    assert (significant.receipt_within, significant.calls) == (timedelta(seconds=90), False)


def test_the_most_severe_category_stands_first_by_its_window() -> None:
    head, critical, rest = TEXT.split("[[categories]]")
    significant, triage = rest.split("[triage]")
    turned = [head, significant + "\n", critical + "[triage]" + triage]
    with pytest.raises(BadPolicy, match="Put the most severe category first") as bad:
        parse_policy("[[categories]]".join(turned))
    assert 'that of "significant"' in bad.value.reason


def test_steps_may_be_tables_of_their_own() -> None:
    old = TEXT[TEXT.index("steps = [") : TEXT.index("]\n\n[[categories]]") + 2]
    new = """
[[categories.steps]]
after = "0 min"
who = "ordering_provider"
channels = ["sms"]
[[categories.steps]]
after = "30 min"
who = "coordinator"
channels = ["sms", "telex"]
"""
    text = TEXT.replace(old, new, 1)
    with pytest.raises(BadPolicy, match="telex") as bad:
        parse_policy(text)
    assert "telex" in text.splitlines()[bad.value.line - 1]


@given(st.integers(0, len(ACR) - 1), st.integers(1, 30), st.sampled_from(["", "x", '"', "]", "="]))
def test_a_damaged_file_is_read_or_refused_with_a_line_that_exists(
    start: int, length: int, instead: str
) -> None:
    text = ACR[:start] + instead + ACR[start + length :]
    bad = _refusal(text)
    if bad:
        assert 1 <= bad.line <= text.count("\n") + 1
        assert bad.reason


def _refusal(text: str) -> BadPolicy | None:
    try:
        parse_policy(text)
    except BadPolicy as bad:
        return bad
    return None
