"""The ACR's categories of actionable findings, as they are dictated. "~" begins a line."""

import pytest

from tests.sources.dictated import flags


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CAT 1 ACTIONABLE", "RID49480"),
        ("Appendicitis - CAT2 ACTIONABLE", "RID49481"),
        ("Nodule (CAT 3 ACTIONABLE)", "RID49482"),
        ("Category 2 actionable.", "RID49481"),
        ("ACR Actionable 1", "RID49480"),
        ("ACR 3 actionable", "RID49482"),
        ("Actionable level 2: appendicitis", "RID49481"),
        ("Actionable finding~category 1.", "RID49480"),
        ("Meets criteria for ACR category 2 (hours).", "RID49481"),
        ("Meets ACR category 3 criteria.", "RID49482"),
        ("Flagged as ACR category 1.", "RID49480"),
        ("The PE is ACR category 1.", "RID49480"),
        ("ACR Category = 1", "RID49480"),
        ("Overall ACR category: 3", "RID49482"),
        ("Non-urgent: ACR Category 3", "RID49482"),
        ("Actionable incidental finding, ACR category 3", "RID49482"),
        ("ACR category 1 findings are present: PE.", "RID49480"),
        ("Non-routine communication: ACR category 2", "RID49481"),
        ("ACR actionable category 1 and 2 findings: PE and appendicitis.", "RID49480"),
    ],
)
def test_an_actionable_category_is_known_without_the_word_finding(text: str, code: str) -> None:
    assert flags(*text.split("~")) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "ACR category 1/2/3",
        "ACR category 1, 2 or 3: none",
        "ACR Actionable Category 1, 2, and 3 findings are reported.",
        "ACR Actionable Findings: 1. Nodule, 2. Cyst.",
        "Actionable findings: 2",
        "ACR actionable 1: none",
        "CAT 1 ACTIONABLE: N/A",
        "No CAT 1 ACTIONABLE finding.",
        "Category 1 actionable results must be called.",
        "Non-actionable level 1",
        "CAT 1 trauma",
        "ACR category 1 criteria not met.",
        "Does not meet ACR category 1 or 2 criteria.",
        "Findings that are ACR category 1 must be called.",
        "Any finding that is ACR category 1 is called.",
        "ACR category 1 findings are called within minutes.",
        "Prior: ACR category 1",
        "COMPARISON: CT, ACR category 1.",
        "Breast density is ACR category 3",
        "Thyroid nodule, ACR category 3 (TI-RADS).",
        "The nodule is ACR Lung-RADS category 3.",
        "The study is ACR appropriateness category 1.",
    ],
)
def test_a_list_of_the_categories_and_a_count_are_none(text: str) -> None:
    assert not flags(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ACR-1", "RID49480"),
        ("IMPRESSION:~Saddle embolus.~ACR 1.", "RID49480"),
        ("ACR-3~Nodule.", "RID49482"),
        ("Saddle embolus. ACR Level 1.", "RID49480"),
        ("ACR LEVEL II", "RID49481"),
    ],
)
def test_acr_and_a_number_are_a_category_as_a_whole_line(text: str, code: str) -> None:
    assert flags(text) == [code]
    assert flags(*text.split("~")) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "BI-RADS:~ACR 1",
        "Mammographie bilatérale.~Conclusion :~ACR 1",
        "Echographie des seins. Kystes.~ACR 2.",
        "Sonographie der Brust.~ACR 2",
        "Thyroid nodule.~ACR 3",
        "ACR TI-RADS 1",
        "ACR LI-RADS~ACR 2",
        "Breast density~ACR 1",
        "HISTORY:~ACR 3",
        "ACR 1: minutes~ACR 2: hours",
        "ACR Level 1: minutes~ACR Level 2: hours",
        "ACR Level 1, 2 and 3 are called.",
        "ACR Level I trauma center",
        "Mammogram.~ACR Level 2",
        "ACR 1.5 T",
        "No~ACR 1",
    ],
)
def test_acr_and_a_number_of_another_score_are_none(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Cat 1 Emergent Actionable Finding", "RID49480"),
        ("IMPRESSION:~Cat 2 Urgent Actionable Finding: appendicitis", "RID49481"),
        ("Cat 3 Noncritical Actionable Finding", "RID49482"),
        ("Cat 3 Non-critical Actionable Finding", "RID49482"),
        ("Category 1 (critical) actionable finding: SAH", "RID49480"),
        ("ACR category 1, 2 3 cm masses", "RID49480"),
        ("ACR Actionable Finding: [X] Category 1 [ ] Category 2 [ ] Category 3", "RID49480"),
        ("ACR Actionable Finding:~[ ] Category 1~[X] Category 2~[ ] Category 3", "RID49481"),
        ("Actionable finding category:~☐ Category 1~☐ Category 2~☒ Category 3", "RID49482"),
        ("ACR category: (X) Cat 1 ( ) Cat 2 ( ) Cat 3", "RID49480"),
    ],
)
def test_the_names_and_the_choices_of_a_form_are_categories(text: str, code: str) -> None:
    assert flags(text) == [code]
    assert flags(*text.split("~")) == [code]


@pytest.mark.parametrize(
    "text",
    [
        "No Cat 1 Emergent Actionable Finding",
        "Cat 1 Emergent Actionable Finding: none",
        "Cat 1 Emergent Actionable Findings are called within minutes.",
        "ACR Category 1 (red), Category 2 (orange), Category 3 (yellow)",
        "ACR Category 1, Category 2 and Category 3 findings are called.",
        "ACR Actionable Finding: [ ] Category 1 [ ] Category 2 [ ] Category 3 [X] None",
        "ACR Lung-RADS: [ ] Category 1 [X] Category 2",
        "ACR BI-RADS: [X] Category 1 [ ] Category 2",
        "ACR Actionable Finding: none. Trauma: [X] Category 1",
        "ACR accredited facility. Exam: [X] Category 2",
    ],
)
def test_a_legend_and_the_choices_of_another_form_are_none(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []
