"""One report for several orders is one alert; two reports never become one."""

from collections.abc import Iterator
from itertools import count, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alert import State
from bot.domain.report import Status
from bot.engine.holding import whole
from bot.sandbox.hospital import Hospital
from storage import alerts, reports
from storage.alert_lists import AlertRow
from tests.scenarios.looking import acknowledge_by_sms, examples, paged
from tests.scenarios.test_promise_02_numbers import OTHER, Desk, desk_on, oru

ROUTINE, SIGNIFICANT, CRITICAL = "RID50261", "RID49482", "RID49480"
WORDS = "Acute subdural hematoma."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with desk_on(database_url) as there:
        yield there


def under(
    *fillers: str,
    minutes: float = 0,
    words: str = WORDS,
    flag: str = "AA",
    status: str = "F",
    placer: str = "",
    accession: str = "",
    patient: str = "",
) -> bytes:
    """A message with an order, and the same words, for each of the numbers."""
    told = {"minutes": minutes, "flag": flag, "status": status, "placer": placer}
    told["accession"] = accession
    if patient:
        told["patient"] = patient
    first, *others = (oru(filler=f"{one}^RIS", **told) for one in fillers)  # type: ignore[arg-type]  # each has the type it needs
    tail = b"".join(b"\r".join(one.split(b"\r")[2:]) for one in others)
    return (first + tail).replace(WORDS.encode(), words.encode())


def new(desk: Desk, *messages: bytes) -> list[AlertRow]:
    before = {row.ref for row in desk.rows()}
    for message in messages:
        desk.take(message)
    return [row for row in desk.rows() if row.ref not in before and not desk.joined(row)]


def shown(desk: Desk, row: AlertRow) -> str:
    alert = desk.engine.database.look(lambda c: alerts.by_ref(c, row.ref))
    assert alert is not None
    return said(desk, alert.report_id)


def said(desk: Desk, report_id: str) -> str:
    return desk.engine.database.look(lambda c: reports.load(c, report_id)).text


def test_the_same_words_for_two_orders_page_once(hospital: Hospital) -> None:
    two = oru(filler="F1^RIS", now=hospital.now).split(b"\r")[2:]
    second = b"\r".join(two).replace(b"F1^RIS", b"F2^RIS")
    hospital.send(oru(filler="F1^RIS", now=hospital.now) + second)
    paged(hospital.ada)
    assert hospital.alerts() == 1


def test_the_code_under_another_order_flags_the_words_of_the_first(desk: Desk) -> None:
    first, second = under("F1", flag=""), under("F2", flag="").split(b"\r")[2]
    code = b"OBX|2|CWE|C^Category^L||RID49480^Category 1^RADLEX||||||F"
    (row,) = new(desk, first + second + b"\r" + code + b"\r")
    assert (row.state, row.category) == ("open", "critical")
    assert WORDS in shown(desk, row)


def test_two_reports_in_one_message_stay_two(desk: Desk) -> None:
    left, right = under("F1"), under("F2", words="Hematoma on the right.")
    rows = new(desk, left + b"\r".join(right.split(b"\r")[2:]))
    assert [row.state for row in rows] == ["open", "open"]


def test_the_same_words_about_two_patients_stay_two(desk: Desk) -> None:
    second = under("F2", patient=OTHER).split(b"\r")[1:]
    assert len(new(desk, under("F1") + b"\r".join(second))) == 2
    assert len(new(desk, under("F3", placer="P1"), under("F4", placer="P1", patient=OTHER))) == 2


@pytest.mark.parametrize(
    ("later", "end"),
    [
        (("F2", SIGNIFICANT, "C", "Chronic hematoma."), ("open", "significant")),
        (("F2", "AA", "C", "Larger hematoma."), ("open", "critical")),
        (("F2", ROUTINE, "C", WORDS), ("open", "critical")),
        (("F2", "", "X", WORDS), ("open", "critical")),
        (("F1 F2", "", "X", WORDS), ("withdrawn", "critical")),
        (("F1 F2", ROUTINE, "C", "Artifact."), ("downgraded", "critical")),
    ],
)
def test_a_correction_under_one_of_the_orders_is_the_alerts_and_takes_back_its_own_only(
    desk: Desk, later: tuple[str, str, str, str], end: tuple[str, str]
) -> None:
    fillers, flag, status, words = later
    for number, order in enumerate(permutations(range(2))):
        names = [f"{one}{number}" for one in ("F1", "F2")]
        told = [
            under(*names),
            under(
                *(f"{one}{number}" for one in fillers.split()),
                minutes=1,
                flag=flag,
                status=status,
                words=words,
            ),
        ]
        (row,) = new(desk, *(told[place] for place in order))
        assert (row.state, row.category) == end
        if end == ("open", "significant"):
            assert shown(desk, row) == words


def test_two_orders_that_are_corrected_in_different_words_both_ask(desk: Desk) -> None:
    told = [
        under("F1", "F2"),
        under("F1", minutes=1, status="C", words="Left hematoma."),
        under("F2", minutes=2, status="C", words="Right fracture."),
    ]
    (row,) = new(desk, *told)
    alert = desk.engine.database.look(lambda c: alerts.by_ref(c, row.ref))
    assert alert is not None
    beside = [said(desk, report_id) for report_id in alert.beside]
    assert {shown(desk, row), *beside} == {
        "Left hematoma.",
        "Right fracture.",
    }


def test_a_copy_under_another_fillers_number_is_the_same_alert_in_any_order(desk: Desk) -> None:
    for number, order in enumerate(permutations(range(3))):
        told = [
            under(f"F{number}", placer=f"P{number}"),
            under(f"E{number}", placer=f"P{number}", minutes=1),
            under(f"F{number}", placer=f"P{number}", minutes=2, status="C", words="Larger."),
        ]
        rows = new(desk, *(told[place] for place in order))
        assert [(row.state, row.category) for row in rows] == [("open", "critical")], order
        assert shown(desk, rows[0]) == "Larger.", order


def test_a_copy_on_the_same_accession_keeps_what_was_withdrawn_for_the_other_in_any_order(
    desk: Desk,
) -> None:
    for number, order in enumerate(permutations(range(3))):
        named = {"accession": f"ACC1000{number}", "placer": f"P{number}"}
        told = [
            under(f"F{number}", minutes=0, **named),
            under(f"E{number}", minutes=1, **named),
            under(f"E{number}", minutes=2, **named, status="X"),
        ]
        rows = new(desk, *(told[place] for place in order))
        assert [(row.state, row.category) for row in rows] == [("open", "critical")], order


def test_what_came_before_it_was_known_to_be_a_copy_is_one_in_any_order(desk: Desk) -> None:
    for number, order in enumerate(permutations(range(4))):
        told = [
            under(f"{filler}{number}", placer=f"P{number}", minutes=minute, flag=flag, words=words)
            for minute, (filler, flag, words) in enumerate(
                (("F", "", WORDS), ("G", SIGNIFICANT, WORDS), ("F", "", "Bleed."), ("G", "", WORDS))
            )
        ]
        (row,) = new(desk, *(told[place] for place in order))
        assert (row.category, shown(desk, row)) == ("significant", WORDS), order


def test_a_preliminary_copy_is_news_as_well_in_any_order(desk: Desk) -> None:
    """It pages nobody by itself; but what is routine for one number is not so for the other."""
    for number, order in enumerate(permutations(range(3))):
        named = {"accession": f"ACC1000{number}", "placer": f"P{number}"}
        told = [
            under(f"F{number}", minutes=0, **named),
            under(f"E{number}", minutes=1, **named, status="P"),
            under(f"F{number}", minutes=2, **named, flag=ROUTINE),
        ]
        rows = new(desk, *(told[place] for place in order))
        assert [(row.state, row.category) for row in rows] == [("open", "critical")], order


def test_two_exams_on_a_placers_order_with_other_words_stay_two(desk: Desk) -> None:
    rows = new(desk, under("F1", placer="P1"), under("F2", placer="P1", words="On the right."))
    assert [row.state for row in rows] == ["open", "open"]
    left, right = under("F3", placer="P2"), under("F4", placer="P2", minutes=1)
    assert len(new(desk, left, right.replace(b"CT HEAD", b"CT NECK"))) == 2


def test_two_orders_known_apart_are_one_once_a_report_is_for_both(desk: Desk) -> None:
    told = [
        oru(accession=f"ACC1000{n}", filler=f"F{n}^RIS", flag=flag, minutes=m, status=status)
        for n, flag, m, status in (
            (1, "", 0, "P"),
            (2, "", 0, "P"),
            (1, "AA", 1, "F"),
            (2, "AA", 1, "F"),
        )
    ]
    both = told[2] + b"\r".join(told[3].split(b"\r")[2:])
    assert len(new(desk, told[0], told[1], both)) == 1
    later = oru(accession="ACC10002", filler="F2^RIS", minutes=2, status="C")
    assert new(desk, later) == []


# ---- in any order -------------------------------------------------------------------------------

Said = tuple[tuple[str, ...], str, str, str]
SAID = st.tuples(
    st.sampled_from([("F",), ("G",), ("F", "G"), ("E",)]),
    st.sampled_from("FFCXP"),
    st.sampled_from(["", ROUTINE, SIGNIFICANT, CRITICAL]),
    st.sampled_from(["Bleed.", "Clot."]),
)


@pytest.mark.long
def test_any_order_and_repetition_of_joint_reports_and_copies_ends_alike(database_url: str) -> None:
    numbers = count(1)
    with desk_on(database_url) as desk:

        @settings(max_examples=examples(database_url, 60), deadline=None)
        @given(st.lists(SAID, min_size=2, max_size=4), st.data())
        def ends_alike(
            told: list[tuple[tuple[str, ...], str, str, str]], data: st.DataObject
        ) -> None:
            sent, on_one = list(enumerate(told)), data.draw(st.booleans(), "one accession")
            shuffled = data.draw(st.permutations([*sent, *sent[:2]]))
            ends = []
            for some in (sent, shuffled):
                number = next(numbers)
                accession = f"ACC{number:05d}" if on_one else ""
                rows = new(desk, *(_one(one, minute, number, accession) for minute, one in some))
                ends.append(sorted((row.state, row.category, shown(desk, row)) for row in rows))
            assert ends[0] == ends[1]

        ends_alike()


def _one(told: Said, minute: int, number: int, accession: str) -> bytes:
    fillers, status, flag, words = told
    named = [f"{one}{number:05d}" for one in fillers]
    placer = f"P{number:05d}"
    about = {"status": status, "flag": flag, "words": words, "accession": accession}
    return under(*named, minutes=minute, placer=placer, **about)


# ---- an addendum that is an order of its own ----------------------------------------------------


def addendum(hospital: Hospital, words: str, flag: str, minutes: float) -> bytes:
    """It names its report by OBR-29 and nothing else."""
    data = oru(flag=flag, minutes=minutes, now=hospital.now).replace(WORDS.encode(), words.encode())
    return data.replace(b"||CT|F\r", b"||CT|F||||^F1&RIS\r")


def test_an_addendum_that_only_names_its_report_reopens_it_where_it_asks(
    hospital: Hospital,
) -> None:
    hospital.send(oru(filler="F1^RIS", minutes=0, now=hospital.now))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.send(addendum(hospital, "Read with priors.", "", minutes=1))
    alert = hospital.alert()
    assert (alert.state, alert.cycle) == (State.ACKNOWLEDGED, 1)
    hospital.send(addendum(hospital, "There is a fracture, too.", "HH", minutes=2))
    alert = hospital.alert()
    assert (alert.state, alert.cycle, hospital.alerts()) == (State.OPEN, 2, 1)
    read = hospital.database.look(lambda c: whole(c, alert.report_id))
    assert (read.text, read.status) == (WORDS, Status.ADDENDED)
    assert "There is a fracture, too." in [one.text for one in read.addenda]
    paged(hospital.ada)
