"""An addendum that is an order of its own and names its report by OBR-29 alone."""

import pytest

from bot.domain.message import Reports
from bot.domain.report import Report, Status
from bot.sources.hl7.places import read_from
from tests.sources.oru import OBX, message, obr, raw, report, reports, unusable

BODY = "OBX|1|TX|&GDT|1|Clear.||||||F"
IMPRESSION = "OBX|2|TX|&IMP|1|Normal.||||||F"
ADDED = "OBX|1|TX|X^Text|1|Small bleed after all.|||HH|||F"
OWN = {2: "P100", 3: "A2000-1^RIS", 18: ""}
PARENTS = ["P100^A2000&RIS", "^A2000&RIS&1.2.3&ISO", "P100", "^A2000", "P100&CPOE^A2000&RIS"]


def addendum(parent: str, added: str = ADDED, **fields: str) -> list[str]:
    """A group of its own, with no number but its parent's."""
    own = {
        2: "",
        3: "",
        18: "",
        29: parent,
        **{int(key[1:]): value for key, value in fields.items()},
    }
    return [obr(own), added]


def told(found: Report) -> tuple[str, str, list[str]]:
    return found.text, found.impression, [one.text for one in found.addenda]


@pytest.mark.parametrize("parent", PARENTS)
def test_beside_its_parent_it_is_the_parents_addendum_with_its_flags(parent: str) -> None:
    found = report(message(obr(), BODY, IMPRESSION, *addendum(parent)))
    assert told(found) == ("Clear.\nNormal.", "Normal.", ["Small bleed after all."])
    assert [flag.value for flag in found.addenda[0].flags] == ["HH"]
    assert found.flags == ()
    assert found.accession == "A2000"


@pytest.mark.parametrize(
    ("own", "added"),
    [
        ({**OWN, 4: "XR1^XR CHEST 1 VIEW^MAIN"}, ADDED),
        ({**OWN, 4: "ADD^Addendum"}, ADDED),
        ({**OWN, 4: "X"}, ADDED.replace("X^Text", "&ADT")),
        ({**OWN, 4: "X"}, ADDED.replace("X^Text", "55107-7^x^LN")),
        ({**OWN, 4: "X"}, ADDED.replace("|||F", "|||B")),
        ({**OWN, 4: "X"}, ADDED.replace("Small", "ADDENDUM: Small")),
    ],
)
def test_with_a_number_of_its_own_it_is_one_where_it_says_so(
    own: dict[int, str], added: str
) -> None:
    child = obr({**own, 29: "^A2000&RIS"})
    found = report(message(obr(), BODY, IMPRESSION, child, added))
    assert told(found) == ("Clear.\nNormal.", "Normal.", ["Small bleed after all."])


def test_what_says_nothing_of_an_addition_or_names_its_parents_result_is_a_report() -> None:
    reflex = obr({**OWN, 4: "X^Something else", 29: "^A2000&RIS"})
    assert len(reports(message(obr(), BODY, reflex, ADDED))) == 2
    child = obr({**OWN, 26: "&GDT^1", 29: "^A2000&RIS"})
    assert len(reports(message(obr(), BODY, child, ADDED))) == 2


@pytest.mark.parametrize("parent", ["RIS", "^RIS", '""'])
def test_the_name_of_an_authority_is_no_parents_number(parent: str) -> None:
    assert unusable(message(*addendum(parent))).reason == "no-order-identifier"
    assert report(message(*addendum("P100^RIS"))).filler == ""


@pytest.mark.parametrize("parent", PARENTS)
def test_alone_it_is_a_later_version_of_its_parent(parent: str) -> None:
    data = message(*addendum(parent, _4="ADD^Addendum"))
    found = report(data)
    assert told(found) == ("", "", ["Small bleed after all."])
    assert found.status is Status.ADDENDED
    assert found.exam == ""
    assert {number.value for number in found.numbers} <= {"P100", "A2000"}
    assert read_from(data, [found])[0]["key.value"] == "OBR-29"


def test_alone_with_a_number_of_its_own_it_is_known_by_its_parents() -> None:
    child = obr({**OWN, 4: "XR1^XR CHEST 1 VIEW^MAIN", 29: "^A2000&RIS"})
    found = report(message(child, ADDED.replace("Small", "ADDENDUM: Small")))
    assert (found.filler, found.placer, found.order) == ("A2000", "", "A2000")
    assert found.exam == "XR CHEST 1 VIEW"
    assert found.addenda[0].text == "Small bleed after all."


@pytest.mark.parametrize(
    "parent", ["20260504130000", "3001^LIND^EVA^^^DR", "202605041300-0500", "1^^^20260504130000^^R"]
)
def test_a_time_or_a_person_in_its_place_is_no_parent(parent: str) -> None:
    """As where a sender has miscounted: all reports of that minute would be one."""
    said = [BODY, IMPRESSION, "OBX|3|TX|X^Report addendum||Signed.||||||F"]
    found = report(message(obr({29: parent}), *said))
    assert (found.key.value, found.text) == ("A2000", "Clear.\nNormal.")


def test_orc_8_names_the_parent_as_well() -> None:
    orc = "ORC|RE||||CM|||P100^A2000&RIS"
    found = report(message(orc, *addendum("")))
    assert (found.filler, found.status) == ("A2000", Status.ADDENDED)
    assert read_from(message(orc, *addendum("")), [found])[0]["filler"] == "ORC-8"


def test_one_that_is_taken_back_takes_back_no_report() -> None:
    (found,) = reports(message(obr(), OBX, *addendum("^A2000", _25="X")))
    assert (found.status, found.addenda) == (Status.FINAL, ())
    assert unusable(message(*addendum("^A2000", _25="X"))).reason == "no-order-identifier"


def test_that_of_another_patient_in_the_message_is_not_the_parent() -> None:
    other = "PID|2||DEMO2^^^MAIN^MR||EXAMPLE^BOB"
    reading = raw(message(obr(), BODY, other, *addendum("^A2000"))).reading
    assert isinstance(reading, Reports)
    first, second = reading.reports
    assert (first.addenda, second.addenda[0].text) == ((), "Small bleed after all.")
    assert first.patient != second.patient


def test_whatever_its_segments_are_called_it_is_one_addendum_and_no_impression() -> None:
    lines = [
        "OBX|1|TX|&GDT|1|Read with priors.||||||F",
        "OBX|2|TX|&IMP|2|Small bleed.|||HH|||F",
        "OBX|3|TX|73568-8^Communication^LN|3|Dr. Park was called at 10:05.||||||F",
    ]
    text = "Read with priors.\nSmall bleed.\nDr. Park was called at 10:05."
    beside = report(message(obr(), BODY, IMPRESSION, *addendum("P100", lines[0]), *lines[1:]))
    assert told(beside) == ("Clear.\nNormal.", "Normal.", [text])
    alone = report(message(*addendum("P100", lines[0]), *lines[1:]))
    assert told(alone) == ("", "", [text])
    for found in (beside, alone):
        assert [flag.value for flag in found.addenda[0].flags] == ["HH"]
        assert found.called == "Dr. Park was called at 10:05."


def test_two_of_them_are_two() -> None:
    second = addendum("P100", ADDED.replace("Small bleed after all", "And a fracture"))
    found = report(message(obr(), BODY, IMPRESSION, *addendum("P100"), *second))
    assert told(found)[2] == ["Small bleed after all.", "And a fracture."]
