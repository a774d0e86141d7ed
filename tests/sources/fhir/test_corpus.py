"""Real and official resources: each is read or refused with a reason, whatever becomes of it."""

import json
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import DEFAULT_POLICY
from bot.domain.message import RawMessage, Reports, SetAside, Unusable
from bot.domain.policy_file import parse_policy
from bot.domain.triage import finding_hash, triage
from bot.sources.fhir import reader as fhir
from tests.requirements import shared_folder
from tests.sources.fhir_samples import NOW, ORIGIN, bundle, others, resource

POLICY = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
SLUG = re.compile(r"[a-z][a-z0-9-]{0,47}")
SHARED = shared_folder()
REPORTING = re.compile(rb'"resourceType"\s*:\s*"DiagnosticReport"')
LONG = 10_000
FILES = sorted(SHARED.glob("corpus/fhir/*.json")) if SHARED else []


@pytest.fixture(params=[file.name for file in FILES] or ["none"])
def sample(request: pytest.FixtureRequest, shared: Path) -> Path:
    return shared / "corpus/fhir" / str(request.param)


def _each(data: bytes) -> list[RawMessage]:
    return [fhir.read(part, origin=ORIGIN, now=NOW) for part in fhir.split(data)]


def _is_answered(raw: RawMessage) -> None:
    match raw.reading:
        case Reports(reports=reports):
            for report in reports:
                triage(report, POLICY)
                finding_hash(report, POLICY)
        case SetAside(reason=reason) | Unusable(reason=reason):
            assert SLUG.fullmatch(reason)


def test_every_resource_is_read_or_refused_with_a_reason(sample: Path) -> None:
    data = sample.read_bytes()
    reports = len(REPORTING.findall(data))
    answers = _each(data)
    for raw in answers:
        _is_answered(raw)
        assert not isinstance(raw.reading, Unusable)
    read = sum(len(raw.reading.reports) for raw in answers if isinstance(raw.reading, Reports))
    assert read == reports


def test_the_parts_of_a_bundle_read_as_the_whole_does(sample: Path) -> None:
    whole = fhir.read(sample.read_bytes(), origin=ORIGIN, now=NOW).reading
    parts = [raw.reading for raw in _each(sample.read_bytes())]
    if isinstance(whole, Reports):
        found = [report for part in parts if isinstance(part, Reports) for report in part.reports]
        assert found == list(whole.reports)
    else:
        assert parts == [whole]


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(leaf for key, child in inside for leaf in _leaves(child, (*path, key)))]


WHOLE = [d for file in FILES if REPORTING.search(d := file.read_bytes())]
# One of sixty kilobytes takes as long as thirty short ones: together they have half of the turns.
TURNS = 3
SAMPLES = [json.loads(d) for d in WHOLE for _ in range(TURNS if len(d) < LONG else 1)]
SAMPLES += [bundle(resource("report"), *others())] * TURNS


@cache
def _places(number: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """Where the sample can be changed: found once, for they are many, and asked for each time."""
    return st.sampled_from(_leaves(SAMPLES[number])[1:])


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(alphabet=st.characters(), max_size=8),
    st.sampled_from(["\ud800", "\0", "#", "/", "urn:uuid:", "Practitioner/", "0001-01-01T00:00Z"]),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.sampled_from(["reference", "coding", "value"]), st.none(), max_size=2),
)


@pytest.mark.long
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_change_to_a_resource_makes_reading_raise(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(SAMPLES) - 1))
    body = json.loads(json.dumps(SAMPLES[number]))
    for _ in range(data.draw(st.integers(1, 4))):
        *way, last = data.draw(_places(number))
        with suppress(KeyError, IndexError, TypeError):  # an earlier change took the place away
            place = body
            for key in way:
                place = place[key]
            place[last] = data.draw(ODD)
    for raw in _each(json.dumps(body).encode()):
        _is_answered(raw)


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_no_change_to_the_bytes_makes_reading_raise(sample: Any, data: st.DataObject) -> None:
    whole = bytearray(json.dumps(sample).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for raw in (*_each(bytes(whole)), *_each(cut)):
        _is_answered(raw)
