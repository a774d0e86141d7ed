from dataclasses import replace

import pytest

from bot.domain.profile import MOST_SEVERE
from bot.domain.report import Addendum, Flag
from bot.domain.triage import NOT_SIGNED, finding_hash, triage
from tests.domain.loop import POLICY
from tests.domain.reports import flag, report


@pytest.mark.parametrize(
    ("value", "where", "category"),
    [
        ("AA", "OBX[1]-8", "critical"),
        ("hh", "OBX[1]-8", "critical"),
        ("LL", "OBX[1]-8", "critical"),
        ("AA", "Observation[1].interpretation", "critical"),
        ("AA", "Observation[1].category", None),
        ("A", "OBX[1]-8", None),
        ("N", "OBX[1]-8", None),
        ("AA", "OBX[1]-5", None),
        ("RID49480", "OBX[1]-3", "critical"),
        ("RID49481", "OBX[1]-5", "critical"),
        (" rid49482 ", "OBX[1]-17", "significant"),
        ("RID50261", "OBX[1]-15", "routine"),
        ("RID12345", "OBX[1]-15", None),
    ],
)
def test_a_coded_flag_decides_by_its_value_and_an_abnormal_flag_by_its_place(
    value: str, where: str, category: str | None
) -> None:
    assert triage(report(flags=(flag(value, where),)), POLICY).category == category


def test_of_several_flags_the_most_severe_decides_and_not_the_first_by_its_name() -> None:
    severe, mild = POLICY.categories
    policy = replace(
        POLICY,
        categories=(replace(severe, name="red"), replace(mild, name="orange")),
        triage=replace(POLICY.triage, codes=(("R", "red"), ("O", "orange"))),
    )
    flags = (flag("O", "OBX[1]-5"), flag("R", "OBX[2]-5"))
    assert triage(report(flags=flags), policy).category == "red"


@pytest.mark.parametrize(
    "words",
    [
        "CRITICAL",
        "Crit",
        "panic",
        "Critical abnormal",
        "Very abnormal",
        "AA*",
        "*HH*",
        "Critical low",
        "Critically high",
        "CRITICAL RESULT",
        "PANIC_HIGH",
        "!CRITICAL!",
    ],
)
def test_an_abnormal_flag_in_words_counts_as_the_code_that_it_spells_out(words: str) -> None:
    assert triage(report(flags=(flag(words, "OBX[1]-8"),)), POLICY).category == "critical"


@pytest.mark.parametrize(
    "words", ["Non-critical", "Not critical", "Abnormal", "High", "A*", "H", "CRITIQUE", "AAA", ""]
)
def test_an_abnormal_flag_in_other_words_says_nothing(words: str) -> None:
    assert triage(report(flags=(flag(words, "OBX[1]-8"),)), POLICY).category is None


def test_what_an_abnormal_flag_spells_out_is_of_the_category_of_its_code() -> None:
    codes = (("HH", "significant"), ("CRIT", "significant"))
    policy = replace(POLICY, triage=replace(POLICY.triage, abnormal_flags=codes))

    def of(value: str) -> str | None:
        return triage(report(flags=(flag(value, "OBX[1]-8"),)), policy).category

    assert [of("Critical high"), of("CRIT"), of("CRITICAL")] == ["significant", "significant", None]


def test_a_report_without_flags_says_nothing() -> None:
    found = triage(report(), POLICY)
    assert (found.category, found.rule, found.review) == (None, "no-flag", "")


def test_the_most_severe_flag_decides_wherever_it_stands() -> None:
    addendum = Addendum("New finding.", (flag("RID49480", "OBX[4]-15"),))
    told = report(flags=(flag("RID49482", "OBX[1]-15"),), addenda=(addendum,))
    found = triage(told, POLICY)
    assert (found.category, found.rule) == ("critical", "OBX[4]-15=RID49480")
    assert found.evidence == addendum.flags


@pytest.mark.parametrize(
    ("value", "where"), [("RID49483", "OBX[1]-5"), ("RID777", "OBX[1]-8"), ("RID49489", "OBX[1]-3")]
)
def test_a_category_code_that_nobody_knows_is_for_a_coordinator(value: str, where: str) -> None:
    found = triage(report(flags=(flag(value, where), flag("RID49482"))), POLICY)
    assert (found.category, found.rule) == ("critical", "unknown-category-code")
    assert found.review


def test_an_unknown_code_beside_the_most_severe_one_changes_nothing() -> None:
    found = triage(report(flags=(flag("RID49483"), flag("RID49480"))), POLICY)
    assert (found.category, found.review) == ("critical", "")


# ---- what an acknowledgment is about ---------------------------------------------------------


def hashed(**changes: object) -> str:
    return finding_hash(report(**changes), POLICY)


def test_the_finding_is_the_impression_whatever_its_spacing() -> None:
    assert hashed() == hashed(impression="Tension \n pneumothorax.", text="other")
    assert hashed() != hashed(impression="No pneumothorax.")


def test_the_whole_text_stands_in_where_no_impression_is_marked() -> None:
    assert hashed(impression="", text="a") != hashed(impression="", text="b")


def test_a_mere_addendum_says_nothing_of_the_finding_unless_it_is_flagged() -> None:
    alone = {"impression": "", "text": ""}
    assert hashed(**alone, addenda=(Addendum("Called."),)) == ""
    assert hashed(**alone, addenda=(Addendum("Bleed.", (flag("AA"),)),)) != ""


def test_a_version_without_a_word_says_nothing_of_it_unless_its_words_could_not_be_read() -> None:
    assert hashed(impression="", text="", addenda=()) == ""
    assert hashed(impression=" \n", text="", addenda=()) == ""
    assert hashed(impression="", text="", addenda=(), unread="unread-text") != ""


def test_figures_say_nothing_of_the_finding_unless_they_are_flagged() -> None:
    dose = {"impression": "", "text": "DLP: 455 mGy.cm", "figures": True}
    assert hashed(**dose, flags=()) == hashed(**dose, flags=(flag("A"),)) == ""
    assert hashed(**dose, flags=(flag("AA"),)) != ""


@pytest.mark.parametrize(
    ("value", "counts"),
    [("RID49480", True), ("RID49483", True), ("AA", True), ("A", False), ("RID50261", False)],
)
def test_an_addendum_belongs_to_the_finding_where_it_is_flagged_itself(
    value: str, counts: bool
) -> None:
    addendum = Addendum("Called to Dr. A.", (flag(value),))
    assert (hashed(addenda=(addendum,)) != hashed()) is counts


def test_an_addendum_without_a_flag_changes_nothing() -> None:
    assert hashed(addenda=(Addendum("Called to Dr. A."),)) == hashed()


# ---- what a sender's rule says --------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "category"),
    [("significant", "significant"), ("routine", "routine"), (MOST_SEVERE, "critical")],
)
def test_a_flag_means_what_the_rule_for_its_sender_says(named: str, category: str) -> None:
    ruled = Flag("N", "", "ZCF-2", named)
    found = triage(report(flags=(ruled,)), POLICY)
    assert (found.category, found.rule, found.review) == (category, "ZCF-2=N", "")


def test_a_rule_for_a_category_that_the_policy_does_not_have_is_for_a_coordinator() -> None:
    found = triage(report(flags=(Flag("X", "", "ZCF-2", "purple"),)), POLICY)
    assert (found.category, found.rule) == ("critical", "unknown-category-code")
    assert found.review


def test_what_a_machine_found_is_reviewed_before_anybody_is_paged() -> None:
    found = triage(report(flags=(flag("AA"),), machine=True), POLICY)
    assert (found.category, found.review) == ("critical", NOT_SIGNED)
    assert triage(report(flags=(flag("RID50261"),), machine=True), POLICY).review == ""
    assert triage(report(machine=True), POLICY).review == ""
