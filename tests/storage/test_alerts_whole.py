"""Any alert comes back as it was saved."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.domain.alert import Acknowledgment, Alert, Reach, State
from bot.domain.coverage import Role
from bot.domain.ladder import Planned
from bot.domain.policy import CategoryPolicy, Step
from bot.domain.report import KeyKind, ReportKey
from storage import alerts
from storage.columns import EPOCH, MICROSECOND
from storage.database import Database
from storage.ids import new_id
from storage.loaded import AlertFacts
from tests.storage import given as our

instants = st.integers(0, 7 * 10**15).map(lambda n: EPOCH + n * MICROSECOND)
# Half a surrogate pair cannot be stored, nor NUL in a plain column: see test_columns.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
seconds = st.integers(0, 10**7).map(lambda n: timedelta(seconds=n))
ids = st.uuids().map(lambda number: number.hex)
many_ids = st.lists(ids, max_size=3).map(tuple)
steps = st.builds(
    Step, seconds, st.sampled_from(Role), st.lists(words, max_size=2).map(tuple), st.booleans()
)
policies = st.builds(
    CategoryPolicy,
    name=plain,
    severity=st.integers(0, 9),
    window=seconds,
    least_gap=seconds,
    stale_after=seconds,
    steps=st.lists(steps, max_size=4).map(tuple),
    repeat_every=seconds,
    repeat_channels=st.lists(words, max_size=2).map(tuple),
)
acknowledgments = st.builds(
    Acknowledgment,
    by=words,
    channel=words,
    at=instants,
    version=st.integers(1, 99),
    recorded_by=words,
)
planned = st.lists(st.builds(Planned, instants, st.integers(-2, 9)), min_size=1, max_size=3)
reached = st.lists(st.from_type(Reach), max_size=3).map(tuple)


@st.composite
def any_alert(draw: st.DrawFn) -> Alert:
    """Whatever the state machine could leave behind, and more."""
    own = new_id()
    state = draw(st.sampled_from(State))
    return Alert(
        id=own,
        ref=own,
        key=ReportKey(draw(plain), draw(st.sampled_from(KeyKind)), own),
        policy=draw(policies),
        window_opens_at=draw(instants),
        due_at=draw(instants),
        opened_at=draw(instants),
        report_id="",
        finding_hash=draw(words),
        review=draw(words),
        note=draw(words),
        state=state,
        cycle=draw(st.integers(1, 99)),
        round_before=draw(st.integers(0, 99)),
        version=draw(st.integers(1, 99)),
        material_version=draw(st.integers(1, 99)),
        owner_role=draw(st.sampled_from(Role)),
        round=draw(st.integers(0, 99)),
        stale=draw(st.booleans()),
        plan=tuple(draw(planned)),
        reach=draw(reached),
        paged=draw(many_ids),
        declined=draw(many_ids),
        no_access=draw(many_ids),
        expired_at=draw(st.none() | instants),
        withdrawn_at=draw(st.none() | instants),
        acknowledgment=draw(
            acknowledgments if state is State.ACKNOWLEDGED else st.none() | acknowledgments
        ),
    )


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first=any_alert(), then=any_alert())
def test_what_is_loaded_is_what_was_saved(clinic: Database, first: Alert, then: Alert) -> None:
    later = replace(then, id=first.id, ref=first.ref, key=first.key, opened_at=first.opened_at)

    def there_and_back(c: Connection) -> tuple[Alert, Alert]:
        alerts.insert(c, first, AlertFacts())
        inserted = alerts.load(c, first.id)
        alerts.save(c, later, inserted, our.NOW)
        return inserted, alerts.load(c, first.id)

    inserted, saved = clinic.run(there_and_back)
    read = clinic.look(lambda c: alerts.load(c, first.id))
    assert replace(inserted, roster=first.roster) == first
    assert replace(saved, roster=later.roster) == later
    assert read == saved
