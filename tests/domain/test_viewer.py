"""The address of a study in the site's viewer."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.viewer import LONGEST, address, trouble

TEMPLATE = "https://pacs.example/?acc={accession}&study={study_uid}"


def test_it_is_filled_in() -> None:
    assert address(TEMPLATE, "A1", "1.2.3") == "https://pacs.example/?acc=A1&study=1.2.3"


def test_a_value_that_is_missing_makes_no_address() -> None:
    assert address(TEMPLATE, "A1", "") == ""
    assert address(TEMPLATE, " ", "1.2.3") == ""
    assert address("https://pacs.example/{accession}", "A1", "") == "https://pacs.example/A1"
    assert address("", "A1", "1.2.3") == ""


@pytest.mark.parametrize("dots", [".", ".."])
def test_a_number_that_a_browser_takes_for_a_step_in_the_path_makes_none(dots: str) -> None:
    assert address("https://pacs.example/study/{accession}", dots, "") == ""
    assert address(TEMPLATE, f"{dots}1", "1.2.3").endswith(f"?acc={dots}1&study=1.2.3")


def test_one_that_slack_would_refuse_is_none() -> None:
    assert address(TEMPLATE, "A" * LONGEST, "1.2.3") == ""


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64))
def test_no_value_can_break_out_of_its_place(value: str) -> None:
    made = address(TEMPLATE, value, "1.2.3")
    if made:
        parts = urlsplit(made)
        assert (parts.hostname, parts.path, parts.fragment) == ("pacs.example", "/", "")
        assert parse_qs(parts.query) == {"acc": [value.strip()], "study": ["1.2.3"]}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("https://[x/{accession}", "is no https address"),
        ("https://pacs.example:port/{accession}", "is no https address"),
        (TEMPLATE, ""),
        ("https://pacs.example/{patient}", "unknown field {patient}"),
        ("https://pacs.example/{accession!r}", "unknown field {accession}"),
        ("https://pacs.example/{accession:>9}", "unknown field {accession}"),
        ("https://pacs.example/{}", "unknown field {}"),
        ("https://pacs.example/{accession", "brace"),
        ("https://pacs.example/", "same page"),
        ("http://pacs.example/{accession}", "no https"),
        ("https:///{accession}", "no https"),
        ("https://{accession}.example/", "in its host"),
    ],
)
def test_a_template_that_cannot_be_used_is_told(template: str, said: str) -> None:
    found = trouble(template)
    assert (found is None) == (said == "")
    assert said in (found[0] if found else "")
