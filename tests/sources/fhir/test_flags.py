"""What counts as a flag in a DiagnosticReport and its Observations."""

import json
from dataclasses import replace

import pytest

from bot.domain.message import Reports
from bot.domain.profile import Rule
from bot.domain.triage import in_words
from bot.sources.fhir import reader as fhir
from tests.sources.fhir_samples import (
    INTERPRETATION,
    NOW,
    ORIGIN,
    RADLEX,
    concept,
    read,
    report,
    resource,
)

CRITICAL = "https://example.org/fhir/critical-result"


def _observation(**fields: object) -> dict[str, object]:
    return {"resourceType": "Observation", "id": "b1", "status": "final", **fields}


def _flags(observation: dict[str, object]) -> list[tuple[str, str]]:
    found = report(observation, conclusionCode=None, result=[{"reference": "Observation/b1"}])
    return [(flag.value, flag.where) for flag in found.flags]


def test_the_conclusion_code_is_a_flag() -> None:
    [flag] = report().flags
    assert (flag.value, flag.system, flag.where) == ("RID49480", RADLEX, "conclusionCode")


def test_tags_are_flags() -> None:
    found = report(conclusionCode=None, meta={"tag": [{"code": "RID49481", "system": RADLEX}]})
    assert [(flag.value, flag.where) for flag in found.flags] == [("RID49481", "meta.tag")]


def test_a_radlex_code_counts_in_small_letters_too() -> None:
    (flag,) = report(conclusionCode=[concept("rid49480", RADLEX)]).flags
    assert flag.value == "RID49480"
    given = _observation(
        valueCodeableConcept=concept(" rid49482", RADLEX), category=[concept("Rid49481", RADLEX)]
    )
    assert [value for value, _ in _flags(given)] == ["RID49481", "RID49482"]


def test_an_interpretation_stands_where_an_abnormal_flag_does() -> None:
    given = _observation(interpretation=[concept("AA", INTERPRETATION)])
    assert _flags(given) == [("AA", "Observation[1].interpretation")]


def test_a_radlex_code_counts_wherever_an_observation_has_it() -> None:
    given = _observation(
        code=concept("18782-3"),
        category=[concept("imaging")],
        valueCodeableConcept=concept("RID49482", RADLEX),
        component=[{"interpretation": [concept("HH")]}],
    )
    assert _flags(given) == [
        ("imaging", "Observation[1].category"),
        ("RID49482", "Observation[1].valueCodeableConcept"),
        ("HH", "Observation[1].component.interpretation"),
    ]


@pytest.mark.parametrize(
    ("where", "stated"),
    [
        ("extension", {"extension": [{"url": "x", "valueCoding": {"code": "RID49480"}}]}),
        ("extension", {"modifierExtension": [{"url": "x", "valueCode": "RID49480"}]}),
        ("meta.tag", {"meta": {"tag": [{"code": "RID49480", "system": RADLEX}]}}),
        ("valueString", {"valueString": "rid49480"}),
    ],
)
def test_nor_need_it_be_in_a_coded_value(where: str, stated: dict[str, object]) -> None:
    assert _flags(_observation(**stated)) == [("RID49480", f"Observation[1].{where}")]
    if where == "extension":
        assert [f.where for f in report(conclusionCode=None, **stated).flags] == ["extension"]


def test_an_observation_that_was_withdrawn_flags_nothing() -> None:
    assert _flags(_observation(status="entered-in-error", interpretation=[concept("AA")])) == []


_CRITICAL = _observation(valueString="Free air.", interpretation=[concept("AA", INTERPRETATION)])


@pytest.mark.parametrize(
    ("contained", "result"),
    [
        ([], [_CRITICAL]),
        ([], [{"reference": "Observation/b1", "resource": _CRITICAL}]),
        ([{**_CRITICAL, "id": "#b1"}], [{"reference": "#b1"}]),
        ([{**_CRITICAL, "id": None}], [{"reference": "#obs-0"}]),
        ([_CRITICAL], []),
    ],
)
def test_a_result_inside_the_report_counts_however_it_is_referred_to(
    contained: list[dict[str, object]], result: list[dict[str, object]]
) -> None:
    given = resource("report", conclusionCode=None, contained=contained, result=result)
    reading = read(given).reading
    assert isinstance(reading, Reports)
    assert [flag.value for flag in reading.reports[0].flags] == ["AA"]
    assert reading.left == ()


def test_an_observation_inside_that_something_else_refers_to_is_no_result() -> None:
    prior = {"extension": [{"url": "prior", "valueReference": {"reference": "#b1"}}]}
    assert report(conclusionCode=None, contained=[_CRITICAL], **prior).flags == ()


def test_the_members_of_an_observation_count() -> None:
    member = {**_observation(interpretation=[concept("LL")]), "id": "b2"}
    panel = _observation(hasMember=[{"reference": "Observation/b2"}])
    found = report(member, panel, conclusionCode=None, result=[{"reference": "Observation/b1"}])
    assert [flag.where for flag in found.flags] == ["Observation[2].interpretation"]


@pytest.mark.parametrize(
    "stated",
    [
        "RID49480",
        ["rid49480"],
        [{"text": "ACR Category 1"}],
        ["ACR Category 1"],
        [{"coding": [{"code": "http://www.radlex.org/RID/RID49480"}]}],
        [{"coding": [{"system": "http://www.radlex.org/RID/RID49480"}]}],
        [{"concept": concept("RID49480", RADLEX)}],
        [None, 5, {"text": 7}, {"coding": "x"}, "RID49480"],
    ],
)
def test_the_conclusion_is_coded_in_many_ways(stated: object) -> None:
    found = report(conclusionCode=stated).flags
    assert [(flag.value, flag.where) for flag in found] == [("RID49480", "conclusionCode")]


@pytest.mark.parametrize(
    "extension",
    [
        {"valueCodeableConcept": concept("RID49480", RADLEX)},
        {"valueCoding": {"code": "RID49480"}},
        {"valueCode": "RID49480"},
    ],
)
def test_a_radlex_code_in_an_extension_counts(extension: dict[str, object]) -> None:
    found = report(conclusionCode=None, extension=[{"url": "x", **extension}])
    assert [flag.where for flag in found.flags] == ["extension"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("CRITICAL RESULT", ["CRITICAL RESULT"]),
        ("ACR category 2", ["RID49481"]),
        ("No critical result", []),
        ("CRITICAL", []),
    ],
)
def test_a_macro_in_an_extension_counts_as_in_a_z_segment(said: str, found: list[str]) -> None:
    inside = [{"url": "x", "extension": [{"url": "finding", "valueString": said}]}]
    flagged = report(conclusionCode=None, extension=inside).flags
    assert [flag.value for flag in flagged if flag.where == "extension"] == found


@pytest.mark.parametrize(("said", "found"), [(True, [CRITICAL]), (False, []), ("true", [])])
def test_an_extension_that_is_true_counts_where_the_policy_has_its_address_as_a_code(
    said: object, found: list[str]
) -> None:
    stated = {"conclusionCode": None, "extension": [{"url": CRITICAL, "valueBoolean": said}]}
    assert report(**stated).flags == ()
    origin = replace(ORIGIN, rules=(Rule("critical", CRITICAL),))
    reading = fhir.read(json.dumps(resource("report", **stated)).encode(), origin=origin, now=NOW)
    assert isinstance(reading.reading, Reports)
    assert [flag.value for flag in reading.reading.reports[0].flags] == found


def test_an_interpretation_of_the_whole_report_counts_as_one_of_a_result() -> None:
    (flag,) = report(conclusionCode=None, interpretation=[concept("AA", INTERPRETATION)]).flags
    assert (flag.value, flag.where) == ("AA", "DiagnosticReport.interpretation")


@pytest.mark.parametrize(
    "said",
    [
        [{"text": "Critical"}],
        [{"coding": [{"display": "Critical abnormal"}]}],
        [{"coding": [{"system": "urn:oid:1.2.3", "code": "201", "display": "CRIT"}]}],
        [{"coding": [{"code": "A", "display": "Abnormal"}], "text": "Panic high"}],
        [{"coding": [{"code": "HH", "display": "Critical high"}], "text": "Critical High"}],
        ["HH"],
        "Critical",
    ],
)
def test_an_interpretation_in_words_or_of_a_table_of_their_own_counts_where_it_is_critical(
    said: object,
) -> None:
    found = [value for value, _ in _flags(_observation(interpretation=said))]
    assert len([value for value in found if in_words(value.upper())]) == 1
    for harmless in ([{"text": "High"}], [{"coding": [{"code": "7", "display": "Low"}]}], [7], "N"):
        found = [value for value, _ in _flags(_observation(interpretation=harmless))]
        assert not any(in_words(value.upper()) for value in found)


@pytest.mark.parametrize(
    "concluded",
    [
        {"resourceType": "Condition", "id": "b9", "code": concept("RID49480", RADLEX)},
        {**_observation(valueCodeableConcept=concept("RID49480", RADLEX)), "id": "b9"},
        {**_observation(interpretation=[concept("RID49480", RADLEX)]), "id": "b9"},
    ],
)
def test_a_conclusion_may_be_a_reference(concluded: dict[str, object]) -> None:
    stated = [{"reference": {"reference": f"{concluded['resourceType']}/b9"}}]
    [flag] = report(concluded, conclusionCode=stated).flags
    assert (flag.value, flag.where) == ("RID49480", "conclusionCode")
    withdrawn = {**concluded, "status": "entered-in-error"}
    assert report(withdrawn, conclusionCode=stated).flags == ()


def test_the_members_of_an_observation_before_r4_count() -> None:
    member = {**_observation(interpretation=concept("LL")), "id": "b2"}
    other = {**_observation(interpretation=concept("HH")), "id": "b3"}
    panel = _observation(
        related=[
            {"type": "has-member", "target": {"reference": "Observation/b2"}},
            {"type": "replaces", "target": {"reference": "Observation/b3"}},
        ]
    )
    result = [{"reference": "Observation/b1"}]
    found = report(member, other, panel, conclusionCode=None, result=result)
    assert [flag.value for flag in found.flags] == ["LL"]
