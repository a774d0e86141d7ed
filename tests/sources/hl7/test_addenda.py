"""Text that was added to a report: none of its words is lost, however it is sent."""

import pytest

from bot.domain.report import Addendum, Report
from tests.sources.oru import report, sample

BODY = "OBX|1|TX|&GDT|1|Clear.||||||F"
IMPRESSION = "OBX|2|TX|&IMP|1|Normal.||||||F"


@pytest.mark.parametrize(
    "segment",
    [
        "OBX|3|TX|&ADT|2|Addendum large bleed.||||||F",
        "OBX|3|TX|ADD^Added|2|Addendum large bleed.||||||F",
        "OBX|3|TX|&GDT|2|Addendum large bleed.||||||B",
        "OBX|3|TX|&GDT|2|Addendum large bleed.||||||ADD",
        "OBX|3|TX|X^Text|2|Addendum large bleed.||||||F",
        "OBX|3|TX|&GDT|1|Addendum large bleed.||||||F",
        "OBX|3|TX|&IMP|1|Addendum large bleed.||||||F",
        "OBX|3|TX|&ADT|2|ADDENDUM 1 1/2/26 10:04 AM:~Addendum large bleed.||||||F",
    ],
)
def test_the_words_of_an_addendum_are_kept_whatever_they_begin_with(segment: str) -> None:
    found = report(sample(BODY, IMPRESSION, segment))
    assert [addendum.text for addendum in found.addenda] == ["Addendum large bleed."]
    assert (found.text, found.impression) == ("Clear.\nNormal.", "Normal.")


def test_a_flag_on_an_appended_observation_is_the_addendums() -> None:
    appended = [
        "OBX|3|TX|&GDT|2|Large bleed.|||HH|||B",
        "NTE|1||Left side.",
        "OBX|4|TX|&GDT|2|.||||||B",
    ]
    found = report(sample(BODY, IMPRESSION, *appended))
    (addendum,) = found.addenda
    assert (addendum.text, addendum.flags[0].value) == ("Large bleed.\nLeft side.\n.", "HH")
    assert found.flags == ()


def test_a_report_that_is_appended_as_a_whole_is_the_report() -> None:
    found = report(sample(BODY.replace("|F", "|B"), IMPRESSION.replace("|F", "|B")))
    assert (found.text, found.impression, found.addenda) == ("Clear.\nNormal.", "Normal.", ())


def test_what_is_appended_to_the_impression_is_impression() -> None:
    found = report(sample(BODY, IMPRESSION, "OBX|3|TX|&IMP|1|Bleed.||||||B"))
    assert (found.impression, found.addenda) == ("Normal.\nBleed.", ())


def test_the_author_and_the_time_of_an_addendum_cut_no_words_off() -> None:
    heading = "ADDENDUM 2 by Dr. Roe 1/2/26 10:04"
    found = report(sample(BODY, IMPRESSION, f"OBX|3|TX|&ADT|2|{heading}~Bleed.||||||F"))
    assert found.addenda == (Addendum(f"{heading}\nBleed."),)


# ---- running text -------------------------------------------------------------------------------

REPORT = "FINDINGS: Clear.~IMPRESSION: Normal."


def running(*parts: str) -> Report:
    lines = "~".join(parts).split("~")
    return report(sample(*(f"OBX|{n}|TX|R^Report|{n}|{x}||||||F" for n, x in enumerate(lines, 1))))


@pytest.mark.parametrize(
    "heading",
    [
        "ADDENDUM:",
        "ADDENDUM #2",
        "ADDENDUM #2 01/15/2026 10:04 AM",
        "01/15/2026 10:04 AM - ADDENDUM:",
        "1/15/26 ADDENDUM:",
        "2nd Addendum:",
        "ATTENDING ADDENDUM:",
        "--- Start of Addendum ---",
        "*** Beginning of Addendum 1 ***",
        "Addendum Begins",
        "[ADDENDUM 1/15/26]",
        "Nachtrag vom 15.01.2026:",
        "ADENDO:",
        "Zusatzbefund vom 15.01.2026:",
        "Compte rendu complémentaire :",
        "ADENDUM:",
        "Aditamento:",
        "Aanvullend verslag:",
        "Tilleggsbeskrivelse:",
        "Tillæg:",
        "Lisälausunto:",
        "Uzupełnienie opisu:",
        "Doplnění nálezu:",
        "추가 판독:",
        "追記：",
    ],
)
@pytest.mark.parametrize("end", ["", "~--- End of Addendum ---", "~Addendum Ends", "~--------"])
def test_an_addendum_is_one_wherever_it_stands(heading: str, end: str) -> None:
    added = f"{heading}~Now a bleed.{end}"
    for found in (running(REPORT, added), running(added, REPORT)):
        assert [addendum.text for addendum in found.addenda] == ["Now a bleed."]
        assert (found.impression, "bleed" in found.text) == ("Normal.", False)


def test_who_added_it_is_kept_and_the_report_goes_on_below() -> None:
    found = running("ADDENDED BY DR LIND 1/15/2026:~Now a bleed.", REPORT)
    assert found.addenda[0].text == "ADDENDED BY DR LIND 1/15/2026:\nNow a bleed."
    assert found.impression == "Normal."


@pytest.mark.parametrize(
    "above",
    [
        "ADDENDUM:~FINDINGS: A bleed.~IMPRESSION: Bleed.~ORIGINAL REPORT:",
        "ADDENDUM: Read again.~IMPRESSION: Bleed.~ORIGINAL REPORT (1/14/2026):",
        "ADDENDUM: Read again.~FINDINGS: A bleed.~IMPRESSION: Bleed.~*** END OF ADDENDUM ***",
        "ADDENDUM #1:~IMPRESSION: Bleed.~Addendum Ends",
        "ADDENDUM:~FINDINGS: A bleed.~IMPRESSION: Bleed.~EXAMINATION: CT HEAD",
        "ADDENDUM:~FINDINGS: A bleed.~IMPRESSION: Bleed.",
        "ADDENDUM: Read again.~IMPRESSION: Bleed.",
    ],
)
def test_an_addendum_above_the_report_may_have_an_impression_of_its_own(above: str) -> None:
    found = running(above, REPORT)
    assert (found.impression, "ADDENDUM:" in found.text) == ("Normal.", False)
    (addendum,) = found.addenda
    assert "IMPRESSION: Bleed." in addendum.text
    assert "Bleed" not in found.text


@pytest.mark.parametrize("end", ["~ORIGINAL REPORT", ""])
def test_two_addenda_above_the_report_keep_their_impressions(end: str) -> None:
    second = f"ADDENDUM 2:~IMPRESSION: Bleed.~ADDENDUM 1:~IMPRESSION: Clot.{end}"
    found = running(second, REPORT)
    assert [one.text for one in found.addenda] == ["IMPRESSION: Bleed.", "IMPRESSION: Clot."]
    assert found.impression == "Normal."


def test_a_flag_and_a_macro_in_an_addendum_with_an_impression_are_the_addendums() -> None:
    lines = [
        "OBX|1|TX|R||ADDENDUM:||||||F",
        "OBX|2|TX|R||IMPRESSION: CRITICAL RESULT: bleed|||HH|||F",
        "OBX|3|TX|R||ORIGINAL REPORT||||||F",
        "OBX|4|TX|R||IMPRESSION: Normal.||||||F",
    ]
    found = report(sample(*lines))
    assert (found.flags, found.impression) == ((), "Normal.")
    assert {flag.value for flag in found.addenda[0].flags} == {"HH", "CRITICAL RESULT"}


def test_a_report_with_nothing_but_an_addendum_above_it_keeps_its_impression() -> None:
    found = running("ADDENDUM: Called.", REPORT, "FINAL REPORT")
    assert (found.impression, found.addenda) == ("Normal.", (Addendum("Called."),))


def test_two_exams_below_an_addendum_are_both_the_reports() -> None:
    found = running("ADDENDUM: Called.", REPORT, "FINDINGS: Bone.~IMPRESSION: Fracture.")
    assert (found.impression, found.addenda) == ("Normal.\nFracture.", (Addendum("Called."),))


def test_an_addendum_above_another_takes_no_impression_from_the_report() -> None:
    found = running("ADDENDUM 2:~IMPRESSION: Bleed.~ADDENDUM 1: Called.", REPORT)
    assert found.impression == "Normal."
    assert [one.text for one in found.addenda] == ["IMPRESSION: Bleed.", "Called."]


def test_a_banner_that_says_that_addenda_follow_is_none() -> None:
    added = "--- ADDENDUM 1/15/26 ---~Now a bleed.~--- END OF ADDENDUM ---"
    found = running("*** ADDENDED REPORT ***", added, REPORT)
    assert [one.text for one in found.addenda] == ["Now a bleed."]
    assert found.impression == "Normal."
    alone = running("*** ADDENDED REPORT ***~Now a bleed.", REPORT)
    assert "Now a bleed." in alone.addenda[0].text


def test_the_title_below_such_a_banner_is_the_reports() -> None:
    banner = "*** ADDENDED REPORT ***~CT HEAD WITHOUT CONTRAST"
    below = running(banner, REPORT, "ADDENDUM: Now a bleed.")
    assert [one.text for one in below.addenda] == ["Now a bleed."]
    assert below.text == "CT HEAD WITHOUT CONTRAST\nFINDINGS: Clear.\nIMPRESSION: Normal."
    above = running(banner, "ADDENDUM: Now a bleed.", REPORT)
    assert [one.text for one in above.addenda] == ["Now a bleed."]
    assert above.text == below.text


@pytest.mark.parametrize(
    "added",
    ["Now a bleed.", "CRITICAL RESULT", "CT HEAD~IMPRESSION~Bleed~CT HEAD"],
)
def test_what_is_more_than_a_title_below_it_stays_an_addendum(added: str) -> None:
    found = running("*** ADDENDED REPORT ***", added, REPORT, "ADDENDUM: Called.")
    assert len(found.addenda) == 2
    assert found.impression == "Normal."
    assert added.rpartition("~")[2] in found.addenda[0].text


def test_an_impression_revised_below_an_addendums_heading_is_the_addendums() -> None:
    added = "ADDENDUM: Reviewed.~REVISED IMPRESSION: Bleed."
    for found in (running(added, REPORT), running(REPORT, added)):
        assert [one.text for one in found.addenda] == ["Reviewed.\nREVISED IMPRESSION: Bleed."]
        assert found.impression == "Normal."


def test_an_impression_corrected_below_the_report_that_it_quotes_is_todays() -> None:
    found = running("PREVIOUS REPORT:~IMPRESSION: Normal.~CORRECTED IMPRESSION: Bleed.")
    assert found.impression == "Bleed."


def coded(text: str) -> str:
    return f"OBX|1|TX|ADD^Addendum||{text}||||||C"


def test_who_signs_an_addendum_below_it_adds_no_other_one() -> None:
    """As British systems send it, a line an OBX."""
    signed = "Addendum by: Dr. Ada Osei, Consultant Radiologist"
    for found in (
        report(sample(coded("ADDENDUM: Now a bleed."), coded(signed), fields={25: "C"})),
        running(REPORT, "ADDENDUM: Now a bleed.", signed),
    ):
        assert [one.text for one in found.addenda] == [f"Now a bleed.\n{signed}"]
    both = running(REPORT, "ADDENDUM: Now a bleed.", signed, "Verified by: Dr. Lind")
    assert [one.text for one in both.addenda] == [f"Now a bleed.\n{signed}\nVerified by: Dr. Lind"]


@pytest.mark.parametrize("more", ["Now a second bleed.", "CRITICAL RESULT"])
def test_what_follows_the_name_of_its_author_is_an_addendum(more: str) -> None:
    found = running(REPORT, "ADDENDUM: Now a bleed.", f"Addendum by: Dr. Ada Osei~{more}")
    assert [one.text for one in found.addenda] == [
        "Now a bleed.",
        f"Addendum by: Dr. Ada Osei\n{more}",
    ]


def test_that_a_report_is_corrected_is_no_addendum() -> None:
    found = running("ADDENDUM (corrected report)~~Original report: 15/01/2026.", REPORT)
    assert (found.addenda, found.impression) == ((), "Normal.")


def test_a_supplementary_report_is_an_addendum_as_in_britain() -> None:
    lines = ("IMPRESSION: Clear.", "SUPPLEMENTARY REPORT (30/11/2026 23:40):", "Pneumothorax.")
    obx = (f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(lines, 1))
    found = report(sample(*obx))
    assert found.impression == "Clear."
    assert "Pneumothorax." in found.addenda[0].text
