"""Pages and views for the pure tests, made up and drawn by Hypothesis."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bot.domain.alert import Acknowledgment, Alert, State
from bot.domain.coverage import Person, Role
from bot.domain.events import ReadBack
from bot.domain.page import Callee, Notice, Page, Posted, Slip
from bot.domain.policy import CategoryPolicy, Step
from bot.domain.report import KeyKind, ReportKey
from bot.engine.views import AlertView
from bot.slack import SlackSettings

NOW = datetime(2026, 3, 4, 20, 2, tzinfo=UTC)  # 14:02 in Chicago
SITE = SlackSettings("xoxb-made-up", "xapp-made-up", "312-555-0100", "modal")
ADA = Person("p-ada", "Dr. Ada Osei", "America/Chicago", ("slack", "sms"), slack=("T0", "U1"))
BEN = Person("p-ben", "Dr. Ben Ito", "America/New_York", ("slack",), slack=("T0", "U2"))
CRITICAL = CategoryPolicy(
    name="critical",
    severity=0,
    window=timedelta(hours=1),
    least_gap=timedelta(minutes=3),
    stale_after=timedelta(days=1),
    steps=(
        Step(timedelta(0), Role.ORDERING_PROVIDER, ("slack", "sms")),
        Step(timedelta(minutes=20), Role.OWNER, ("slack",)),
        Step(timedelta(minutes=30), Role.DESIGNEE, ("slack", "sms")),
        Step(timedelta(minutes=45), Role.COORDINATOR, ("slack", "sms"), please_phone=True),
    ),
    repeat_every=timedelta(minutes=10),
    repeat_channels=("slack", "sms"),
)


def page(**changes: Any) -> Page:
    """An open page to its owner, 38 minutes before it is due."""
    made = Page(
        delivery_id="d1",
        slip=Slip(ADA.id, Role.ORDERING_PROVIDER, "slack", 1),
        person=ADA,
        now=NOW,
        alert_id="a1",
        ref="K7QX",
        category="critical",
        exam="CT HEAD WITHOUT CONTRAST",
        state="open",
        due_at=NOW + timedelta(minutes=38),
        owner_name=ADA.name,
        owner_id=ADA.id,
    )
    return replace(made, **changes)


def notice(kind: Notice, **changes: Any) -> Page:
    """The same as a notice."""
    return page(slip=Slip(ADA.id, Role.ORDERING_PROVIDER, "slack", 1, notice=kind), **changes)


def alert(**changes: Any) -> Alert:
    """An alert opened 22 minutes ago that Ada owns."""
    opened = NOW - timedelta(minutes=22)
    made = Alert(
        id="a1",
        ref="K7QX",
        key=ReportKey("RIS", KeyKind.ACCESSION, "A1"),
        policy=CRITICAL,
        window_opens_at=opened,
        due_at=opened + timedelta(hours=1),
        opened_at=opened,
        report_id="r1",
        finding_hash="h",
        owner=ADA.id,
        paged=(ADA.id,),
    )
    return replace(made, **changes)


def view(of: Alert | None = None, **changes: Any) -> AlertView:
    """The alert as Ada sees it."""
    made = AlertView(
        alert=of or alert(),
        exam="CT HEAD WITHOUT CONTRAST",
        accession="A1",
        owner_name=ADA.name,
        acknowledged_by="",
        person=ADA,
        entitled=True,
        administers=False,
        can_decline=True,
        can_undo=False,
    )
    return replace(made, **changes)


# ---- drawn ----------------------------------------------------------------------------------

texts = st.text(max_size=400)
lines_of_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
moments = st.integers(0, 15 * 366 * 24 * 60).map(lambda m: _FIRST + timedelta(minutes=m))
zones = st.sampled_from(["America/Chicago", "Asia/Kolkata", "Pacific/Chatham", "UTC"])
people = st.builds(
    Person,
    id=st.sampled_from(["p-ada", "p-ben"]),
    name=lines_of_text,
    timezone=zones,
    channels=st.just(("slack",)),
    slack=st.just(("T0", "U1")),
)
slips = st.builds(
    Slip,
    person_id=st.just("p-ada"),
    role=st.sampled_from(Role),
    channel=st.just("slack"),
    round=st.integers(0, 9),
    possible_repeat=st.booleans(),
    notice=st.none() | st.sampled_from(Notice),
)
pages = st.builds(
    Page,
    delivery_id=st.just("d1"),
    slip=slips,
    person=people,
    now=moments,
    alert_id=st.just("a1"),
    ref=st.just("K7QX"),
    category=st.sampled_from(["critical", "significant", "acr_category_1"]),
    exam=lines_of_text,
    state=st.sampled_from([state.value for state in State]),
    due_at=moments,
    owner_name=lines_of_text,
    owner_id=st.sampled_from(["", "p-ada", "p-ben"]),
    handed_to=lines_of_text,
    handed_at=st.none() | moments,
    unreached=st.booleans(),
    callees=st.lists(
        st.builds(
            Callee, lines_of_text, st.sampled_from(Role), st.sampled_from(["", "+13125550101"])
        ),
        max_size=2,
    ).map(tuple),
    ended_by=lines_of_text,
    ended_by_id=st.sampled_from(["", "p-ada", "p-ben"]),
    ended_at=st.none() | moments,
    read_back=st.sampled_from(["", *(r.value for r in ReadBack)]),
    expired_at=st.none() | moments,
    review=lines_of_text,
    note=lines_of_text,
    finding=st.text(st.characters(exclude_categories=["Cs"]), max_size=40_000),
    reason=lines_of_text,
    posted=st.just(()) | st.just((Posted("D1", "1.0"),)),
    already_called=st.booleans(),
)
sites = st.builds(
    SlackSettings,
    bot_token=st.just("xoxb-made-up"),
    app_token=st.just("xapp-made-up"),
    callback_number=st.sampled_from(["312-555-0100", "+44 20 7946 0000 ext. 12"]),
    phi=st.sampled_from(["none", "modal", "message"]),
    viewer=st.sampled_from(["", "https://pacs.example/?a={accession}&s={study_uid}"]),
)
acknowledgments = st.builds(
    Acknowledgment,
    by=st.sampled_from(["p-ada", "Dr. Somebody"]),
    channel=st.sampled_from(["slack", "sms", "phone"]),
    at=moments,
    version=st.integers(1, 9),
    read_back=st.sampled_from(ReadBack),
)


@st.composite
def views(draw: st.DrawFn) -> AlertView:
    """Any alert as anybody sees it."""
    drawn = alert(
        state=draw(st.sampled_from(State)),
        review=draw(lines_of_text),
        note=draw(lines_of_text),
        due_at=draw(moments),
        opened_at=draw(moments),
        expired_at=draw(st.none() | moments),
        acknowledgment=draw(st.none() | acknowledgments),
        owner_role=draw(st.sampled_from([Role.ORDERING_PROVIDER, Role.DESIGNEE, Role.COORDINATOR])),
    )
    return view(
        drawn,
        exam=draw(lines_of_text),
        owner_name=draw(lines_of_text),
        acknowledged_by=draw(lines_of_text),
        person=draw(people),
        finding=draw(st.just("") | st.text(max_size=300_000)),
        accession=draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=100)),
        called=draw(st.just("") | st.text(max_size=500)),
        study_uid=draw(st.sampled_from(["", "1.2.840.113619.2.55.3"])),
        already_called=draw(st.booleans()),
    )
