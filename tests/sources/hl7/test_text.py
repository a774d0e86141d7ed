import pytest

from tests.sources.oru import message, obr, report, sample


def line(text: str, identifier: str = "18782-3^Study observation^LN", more: str = "") -> str:
    return f"OBX|1|TX|{identifier}|{more}|{text}||||||F"


def flagged(text: str, identifier: str, flag: str, group: str = "") -> str:
    return f"OBX|1|TX|{identifier}|{group}|{text}|||{flag}|||F"


@pytest.mark.parametrize(
    "identifier", ["&IMP", "REPORT&IMP^Report", "IMP^IMPRESSION^L", "19005-8^x^LN"]
)
def test_the_impression_is_found_by_what_obx_3_says(identifier: str) -> None:
    found = report(
        sample(line("Body.", "&GDT"), line("One.", identifier), line("Two.", identifier))
    )
    assert found.impression == "One.\nTwo."
    assert found.text == "Body.\nOne.\nTwo."


@pytest.mark.parametrize(
    ("identifier", "impression", "addenda"),
    [
        ("R2^Radiology Impression^L", "Seen.", 0),
        ("R3^Addendum text^L", "", 1),
        ("R4^Narrative^L", "", 0),
        ("BEU^Beurteilung^RIS", "Seen.", 0),
        ("59777-3^Záver^LN", "Seen.", 0),
        ("55110-1^Conclusion^LN", "Seen.", 0),
        ("59776-5^Impresion diagnostica^LN", "Seen.", 0),
        ("GDT^Impression^L", "Seen.", 0),
        ("REPORT^Niðurstaða", "", 0),  # and in Iceland
        ("C^Johtopäätös^RIS", "Seen.", 0),
        ("C^Vurdering^RIS", "Seen.", 0),
        ("C^מסקנה^RIS", "Seen.", 0),
        ("GDT^Findings and impression^L", "", 0),
        ("GDT^ADDENDUM TEXT^L", "", 1),
        ("NT^Nachtrag^RIS", "", 1),
        ("RPT^Lausunto^RIS", "", 0),  # in Finland also the whole report
    ],
)
def test_the_words_of_obx_3_name_a_section_without_a_code(
    identifier: str, impression: str, addenda: int
) -> None:
    found = report(sample(line("Seen.", identifier)))
    assert (found.impression, len(found.addenda)) == (impression, addenda)


def test_an_impression_segment_may_repeat_the_heading() -> None:
    assert (
        report(sample(line("IMPRESSION: ", "&IMP"), line("Clear.", "&IMP"))).impression == "Clear."
    )


def test_a_whole_report_that_is_called_the_impression_is_told_apart() -> None:
    text = "EXAM: CT~~FINDINGS: Clear lungs.~~IMPRESSION: Normal.~~RECOMMENDATION: None."
    found = report(sample(line(text, "36643-5^CT HEAD IMPRESSION^LN")))
    assert found.impression == "Normal."
    assert found.text.startswith("EXAM: CT\n\nFINDINGS: Clear lungs.")


def test_repetitions_are_line_breaks_and_headings_divide_the_text() -> None:
    text = (
        "EXAM: CT head.~~FINDINGS:~No bleed.~~IMPRESSION:~1. Normal.~2. No change.~~Dictated By: X"
    )
    found = report(sample(line(text)))
    assert found.impression == "1. Normal.\n2. No change."
    assert found.text.startswith("EXAM: CT head.\n\nFINDINGS:\nNo bleed.")
    assert found.text.endswith("Dictated By: X")


def test_headings_divide_text_that_comes_one_line_a_segment() -> None:
    lines = [
        "FINDINGS:",
        "Large clot.",
        "IMPRESSION:",
        "Pulmonary embolism.",
        "RECOMMENDATION: CTA",
    ]
    assert report(sample(*map(line, lines))).impression == "Pulmonary embolism."


@pytest.mark.parametrize(
    "heading", ["IMPRESSION: ", "Impression: ", "CONCLUSION: ", "*** IMPRESSION *** : "]
)
def test_an_impression_on_the_headings_own_line(heading: str) -> None:
    assert report(sample(line(f"FINDINGS: x~{heading}Clear lungs."))).impression == "Clear lungs."


def test_headings_within_one_line_divide_it() -> None:
    found = report(sample(line("FINDINGS: No bleed. IMPRESSION: Normal head CT.")))
    assert found.impression == "Normal head CT."


@pytest.mark.parametrize(
    "prose", ["The impression: of the brace", "No addendum was needed here at all."]
)
def test_prose_is_not_a_heading(prose: str) -> None:
    found = report(sample(line(f"FINDINGS:~{prose}")))
    assert (found.impression, found.addenda) == ("", ())


def test_an_addendum_segment_takes_its_flag_with_it() -> None:
    found = report(
        sample(
            flagged("Clear.", "&IMP", ""),
            flagged("Now seen: pneumothorax.", "&ADT", "HH", "3"),
            flagged("Left side.", "&ADT", "", "3"),
            flagged("Called to Dr. A.", "&ADN", "", "4"),
        )
    )
    first, second = found.addenda
    assert (first.text, first.flags[0].value) == ("Now seen: pneumothorax.\nLeft side.", "HH")
    assert (second.text, second.flags) == ("Called to Dr. A.", ())
    assert (found.flags, found.text) == ((), "Clear.")


def test_an_addendum_below_the_report_is_cut_off_by_its_heading() -> None:
    found = report(
        sample(line("IMPRESSION: Clear.~ADDENDUM 1/2/26:~Read with priors.~IMPRESSION: same"))
    )
    assert found.impression == "Clear."
    assert [a.text for a in found.addenda] == ["Read with priors.\nIMPRESSION: same"]
    assert "priors" not in found.text


def test_an_addendum_above_the_report_ends_where_the_report_begins() -> None:
    found = report(sample(line("ADDENDUM: Called.~EXAM: CT~IMPRESSION: Clear.")))
    assert ([a.text for a in found.addenda], found.impression) == (["Called."], "Clear.")


def test_two_addenda_are_two() -> None:
    found = report(sample(line("IMPRESSION: x~ADDENDUM 1: one~ADDENDUM 2: two")))
    assert [a.text for a in found.addenda] == ["one", "two"]


def test_coded_answers_and_figures_are_told_in_words() -> None:
    coded = "OBX|1|CWE|C1^Category^L||RID49482^ACR Category 3^RADLEX||||||F"
    figure = "OBX|2|NM|S^Size^L||18|mm|||||F"
    assert report(sample(coded, figure)).text == "Category: ACR Category 3\nSize: 18 mm"


def test_a_document_or_a_pointer_is_no_text() -> None:
    pointer = "OBX|1|RP|1||x^UK^ZB||||||F"
    document = "OBX|2|ED|1||^application^pdf^Base64^JVBERi0xLjQ=||||||F"
    assert report(sample(pointer, document)).text == ""


def test_a_note_on_an_observation_stands_beside_it() -> None:
    found = report(sample(line("Clear.", "&IMP"), "NTE|1||Compared with 2024."))
    assert found.impression == "Clear.\nCompared with 2024."


def test_a_deleted_observation_says_nothing_any_more() -> None:
    gone = "OBX|1|TX|&IMP||Bleed.|||HH|||D"
    found = report(sample(gone, "NTE|1||Note on it.", line("Clear.", "&IMP")))
    assert (found.impression, found.flags) == ("Clear.", ())


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r"A\T\B \F\ \S\ \R\ \E\ ", "A&B | ^ ~ \\"),
        (r"one\.br\two\.sp\three", "one\ntwo\nthree"),
        (r"one\.BR\two\.Sp\three", "one\ntwo\nthree"),
        ("one<br>two<BR />three", "one\ntwo\nthree"),
        (r"\H\loud\N\ and \.in+4\in", "loud and in"),
        (r"one\X0D\\X0A\two\X0D\\X0D\three\X0A\\X0D\x", "one\ntwo\n\nthree\n\nx"),
        (r"caf\XC3A9\ \X0D0A\x", "café \nx"),
        (r"C:\dir\T\x and\or", "C:\\dir&x and\\or"),
        (r"one\X000D\two \X00E9\\X000D000A\x", "one\ntwo é\nx"),
        (r"\Z99\ stays, \C2842\ goes", r"\Z99\ stays,  goes"),
        (r"\Zb+\bold\Zb-\ and \Zfc[red]\red\Zfc\.", "bold and red."),
    ],
)
def test_escapes_are_resolved_and_what_is_none_stays(sent: str, read: str) -> None:
    lines = report(sample(line(sent))).text.splitlines()
    assert [one.strip() for one in lines] == [one.strip() for one in read.splitlines()]


def test_a_note_before_the_first_observation_is_read() -> None:
    found = report(message(obr(), "NTE|1|L|CRITICAL RESULT: Embolus", "OBX|1|TX|R||Clots.||||||F"))
    assert found.text == "CRITICAL RESULT: Embolus\nClots."
    assert [(flag.value, flag.where) for flag in found.flags] == [("CRITICAL RESULT", "NTE-3")]


@pytest.mark.parametrize("before", [(), (line("Clot.", "&GDT"),)])
def test_a_report_that_comes_in_notes_has_its_impression(before: tuple[str, ...]) -> None:
    notes = "NTE|1|L|FINDINGS: Clot.", "NTE|2|L|IMPRESSION: Embolus.", "NTE|3|L|Large."
    assert report(message(obr(), *before, *notes)).impression == "Embolus.\nLarge."


def test_a_note_of_who_placed_the_order_is_no_part_of_the_report() -> None:
    wish = "NTE|1|P|Critical results: call 555-0100"
    found = report(message(obr(), wish, "OBX|1|TX|R||Clots.||||||F"))
    assert (found.text, found.flags) == ("Clots.", ())


def test_a_note_on_the_patient_is_no_part_of_the_report() -> None:
    found = report(message("NTE|1|L|CRITICAL RESULT", obr(), "OBX|1|TX|R||Clots.||||||F"))
    assert (found.text, found.flags) == ("Clots.", ())


def test_a_segment_that_goes_on_in_add_is_whole() -> None:
    found = report(message(obr(), "OBX|1|TX|R||Clots in bo", "ADD|th arteries.|||AA|||F"))
    assert found.text == "Clots in both arteries."
    assert [flag.value for flag in found.flags] == ["AA"]


def test_a_separator_that_was_not_escaped_loses_no_words() -> None:
    cut = "OBX|1|TX|R||Nodule 5 | 6 mm | stable. CRITICAL RESULT: Embolus|||AA|||F"
    found = report(sample(cut))
    assert found.text == "Nodule 5 | 6 mm | stable. CRITICAL RESULT: Embolus"
    assert {flag.value for flag in found.flags} == {"AA", "CRITICAL RESULT"}


def test_a_field_that_is_one_stays_one() -> None:
    assert report(sample("OBX|1|TX|R||Clots.|per mm|||||F")).text == "Clots."


GDT = "GDT^REPORT TEXT^PS360"
WHOLE = r"EXAM: CT\.br\FINDINGS:\.br\Clot.\.br\IMPRESSION:\.br\1. Embolus."


def test_a_whole_report_under_the_code_of_its_body_is_told_apart_by_its_headings() -> None:
    """PowerScribe 360 and Sectra send all of it as GDT."""
    found = report(sample(line(WHOLE, GDT), line("Follow up.", "18783-1^Recommendation^LN")))
    assert found.impression == "1. Embolus."
    assert found.text == "EXAM: CT\nFINDINGS:\nClot.\nIMPRESSION:\n1. Embolus.\nFollow up."


def test_where_the_impression_has_its_own_code_a_heading_in_the_body_is_text() -> None:
    found = report(sample(line("IMPRESSION: see below", "&GDT"), line("Embolus.", "&IMP")))
    assert found.impression == "Embolus."


def test_an_addendum_within_a_body_keeps_its_flag() -> None:
    addendum = flagged("ADDENDUM: Bleed.", "&GDT", "HH")
    found = report(sample(line("IMPRESSION: Clear.", "&GDT"), addendum))
    assert (found.impression, found.flags) == ("Clear.", ())
    assert [(one.text, one.flags[0].value) for one in found.addenda] == [("Bleed.", "HH")]


@pytest.mark.parametrize(
    "name",
    [
        "59776-5^Conclusion del procedimiento^LN",
        "CON^Conclusión diagnóstica",
        "B^Beurteilung CT",
        "77067^Mammography Impression^LN",
    ],
)
def test_a_segment_that_is_named_a_conclusion_of_something_is_the_impression(name: str) -> None:
    said = f"OBX|1|TX|R^Report||Clots.||||||F~OBX|2|TX|{name}||Embolus.||||||F"
    assert report(sample(*said.split("~"))).impression == "Embolus."
    coded = f"OBX|2|CWE|{name}||PE^Embolus^L||||||F"
    assert report(sample(said.split("~", maxsplit=1)[0], coded)).impression.endswith("Embolus")


def test_figures_and_answers_below_a_conclusion_are_none_of_it() -> None:
    """What was acknowledged was asked for again when only a figure had changed."""
    said = "OBX|1|FT|R^Report||FINDINGS: Dilated. CONCLUSION: Embolus.||||||F"
    found = report(sample(said, DOSE, CODED.replace("BR^BI-RADS", "R^Report")))
    assert (found.impression, found.figures) == ("Embolus.", False)
    assert found.text.endswith("CONCLUSION: Embolus.\nCT DLP: 455 mGy.cm\nReport: Suspicious")
    under = report(sample(said.replace(" Embolus.", ""), CODED))
    assert under.impression == "BI-RADS: Suspicious"


DOSE, CODED = "OBX|1|NM|DLP^CT DLP||455|mGy.cm|||||F", "OBX|1|CE|BR^BI-RADS||4^Suspicious||||||F"


@pytest.mark.parametrize(
    ("segments", "alone"),
    [
        ((DOSE, CODED), True),
        ((DOSE, "OBX|2|TX|R^Report||Bleed.||||||F"), False),
        ((DOSE, "NTE|1||Bleed."), False),
        ((DOSE, "OBX|2|TX|R^Report||||||||F"), True),
        (("OBX|2|TX|R^Report||||||||F",), False),
    ],
)
def test_a_report_of_figures_alone_is_told_from_one_in_words(
    segments: tuple[str, ...], alone: bool
) -> None:
    assert report(sample(*segments)).figures is alone
