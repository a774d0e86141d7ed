"""The headings of running text, in the languages and spellings seen. "~" begins a new line."""

import pytest

from bot.domain.profile import Profile, Section
from bot.sources.dictation.heading_words import (
    BEFORE_AN_IMPRESSION,
    BESIDE_AN_IMPRESSION,
    IMPRESSION,
)
from bot.sources.dictation.headings import without_heading
from bot.sources.dictation.running import narrate_running
from tests.sources.oru import as_read, report, sample


def running(text: str) -> bytes:
    return sample(f"OBX|1|TX|R^Report||{text}||||||F")


@pytest.mark.parametrize(
    "heading",
    [
        "IMPRESSION (PRELIMINARY): ",
        "IMPRESSION - ",
        "Impression – ",
        "FINAL IMPRESSION: ",
        "DIAGNOSTIC IMPRESSION: ",
        "FINAL/DIAGNOSTIC IMPRESSION: ",
        "FINDINGS/IMPRESSION: ",
        "IMPRESSION AND RECOMMENDATIONS:~",
        "Impression/Plan: ",
        "[IMPRESSION]~",
        "I M P R E S S I O N :~",
        "Beurteilung: ",
        "BEURTEILUNG~",
        "Conclusie: ",
        "CONCLUSION :~",
        "CONCLUSIONI: ",
        "Conclusione: ",
        "IMPRESSÃO:~",
        "IMPRESSAO: ",
        "IMPRESIÓN DIAGNÓSTICA:~",
        "Conclusión: ",
        "ЗАКЛЮЧЕНИЕ: ",
        "ΣΥΜΠΕΡΑΣΜΑ: ",
        "Закључак: ",
        "Kokkuvõte: ",
        "Slēdziens: ",
        "Išvada: ",
        "Conclusió: ",
        "Konkluzja: ",
        "診断：",
        "結論: ",
        "インプレッション:~",
        "Konkl: ",
        "IMPRESSION/CONCLUSION:~",
        "CONCLUSION/IMPRESSION: ",
        "INTERPRETATION AND IMPRESSION: ",
        "ATTENDING IMPRESSION: ",
        "IMPRESSION #1: ",
        "IMPRESSION:-~",
        "**Impression:** ",
        "**IMPRESSION:**~",
        "__Impression:__ ",
        "IMPRESSION.~",
        "IMP.~",
        "CONCL: ",
        "Beurteilung/Zusammenfassung: ",
        "Conclusion / Synthèse : ",
        "Juicio diagnóstico: ",
        "Samenvatting: ",
        "Vélemény: ",
        "Zaključak: ",
        "Mnenje: ",
        "Opinión: ",
        "Álit: ",
        "ความเห็น: ",
        "Concluzii:~",
        "Συμπέρασμα: ",
        "影像学诊断：",
        "판독 결론: ",
        "Kết luận: ",
        "الخلاصة: ",
    ],
)
def test_an_impression_is_found_below_its_heading(heading: str) -> None:
    found = report(running(f"FINDINGS: seen.~{heading}Embolus.~Nodule."))
    assert found.impression == "Embolus.\nNodule."
    assert "Embolus." in found.text


@pytest.mark.parametrize(
    "heading",
    ["CT HEAD IMPRESSION:", "MRI Cervical Spine Impression:~", "CT ABDOMEN/PELVIS IMPRESSION: "],
)
def test_an_exam_s_name_may_stand_before_the_heading(heading: str) -> None:
    assert report(running(f"FINDINGS: seen.~{heading}Embolus.")).impression == "Embolus."


def test_a_bullet_behind_the_heading_stays() -> None:
    found = report(running("FINDINGS: seen.~IMPRESSION: - Embolus.~- Nodule.")).impression
    assert found == "- Embolus.\n- Nodule."


def test_what_was_thought_before_the_exam_is_no_impression_of_it() -> None:
    assert report(running("CLINICAL IMPRESSION: Embolus.~Findings: none.")).impression == ""


def test_of_several_exams_each_impression_counts() -> None:
    head = "CT HEAD FINDINGS: Shift.~CT HEAD IMPRESSION: Bleed."
    text = f"{head}~CT CHEST FINDINGS: Clot.~CT CHEST IMPRESSION: Embolus."
    assert report(running(text)).impression == "Bleed.\nEmbolus."


@pytest.mark.parametrize(
    "text",
    [
        "Findings: Large clot. Impression: Embolus.",
        "Lungs: Large clot. IMPRESSION (FINAL): Embolus.",
        "Clot seen. Final impression: x? Diagnostic Impression: Embolus.",
        "Befund: Gerinnsel. Beurteilung: Embolus. Empfehlung: CT.",
        "INDICATION: chest pain, 3 days IMPRESSION: Embolus.",
        "INDICATION: cough FINDINGS: Clot as before FINAL IMPRESSION: Embolus.",
    ],
)
def test_an_impression_is_found_within_the_only_line(text: str) -> None:
    assert report(running(text)).impression == "Embolus."


@pytest.mark.parametrize(
    "text",
    [
        "Clinical impression: rule out embolus.",
        "COMPARISON: the prior IMPRESSION: embolus",
        "Impression of the brace - seen.",
        "Impression of stability",
        "In conclusion: nothing.",
        "See addendum below.",
        "Original report was in error: it was left.",
    ],
)
def test_prose_that_begins_alike_is_no_heading(text: str) -> None:
    found = report(running(f"FINDINGS:~{text}"))
    assert (found.impression, found.addenda) == ("", ())


def test_the_findings_below_an_impression_are_none_of_it() -> None:
    found = report(running("Beurteilung: Embolie.~Befund: Gerinnsel.~Empfehlung: CT."))
    assert found.impression == "Embolie."


def test_a_profile_adds_headings_of_its_own() -> None:
    own = (("VERDIKT", Section.IMPRESSION), ("SPÄTER", Section.ADDENDUM), ("BILD", Section.BODY))
    data = running("Bild: unklar.~Verdikt: Embolie.~BILD: mehr.~Später: Doch nicht.")
    found = as_read(data, Profile(sections=own))
    assert found.impression == "Embolie."
    assert [one.text for one in found.addenda] == ["Doch nicht."]
    assert as_read(data).impression == ""


def test_a_profiles_addendum_is_found_below_coded_text() -> None:
    own = Profile(sections=(("SPÄTER", Section.ADDENDUM),))
    data = sample("OBX|1|TX|&IMP||Normal.~Später: Blutung.||||||F")
    found = as_read(data, own)
    assert (found.impression, found.addenda[0].text) == ("Normal.", "Blutung.")


def test_a_number_that_a_profile_names_heads_no_text() -> None:
    found = as_read(running("Seen:~1:~x"), Profile(sections=(("1", Section.IMPRESSION),)))
    assert found.impression == ""


def test_a_document_of_fhir_has_the_same_headings() -> None:
    assert narrate_running("所見：x\n診断：肺塞栓症").impression == "肺塞栓症"


@pytest.mark.parametrize(
    ("said", "impression"),
    [
        ("Befund:~Frisch.~Zusammenfassung:~Akutes SDH.", "Akutes SDH."),
        ("Befund: Frisch.~Fazit: Akutes SDH.", "Akutes SDH."),
        ("CLINICAL SUMMARY: Fall.~FINDINGS: Blood.~SUMMARY: Acute SDH.", "Acute SDH."),
        ("HASIL: darah.~KESAN: Perdarahan subdural akut.", "Perdarahan subdural akut."),
        ("RESULTATS :~HSD.~AU TOTAL :~HSD aigu.", "HSD aigu."),
        ("ACHADOS: HSD.~OPINIÃO: HSD agudo.", "HSD agudo."),
        ("【所見】~血腫~【診断】~急性硬膜下血腫", "急性硬膜下血腫"),
        ("【检查所见】血肿~【诊断意见】急性硬膜下血肿", "急性硬膜下血肿"),
        ("■所見~血腫~■診断~急性硬膜下血腫", "急性硬膜下血腫"),
        ("En conclusion, pas de fracture.", ""),
    ],
)
def test_headings_of_other_countries_and_in_brackets(said: str, impression: str) -> None:
    assert report(running(said)).impression == impression


def test_an_addendum_in_brackets_or_with_a_date_in_french_is_one() -> None:
    for said in ("【診断】~血腫~【追記】~右も", "CONCLUSION : HSD.~ADDENDUM du 28/11/2026 : 右も"):
        assert [one.text for one in report(running(said)).addenda] == ["右も"]


@pytest.mark.parametrize(
    "by",
    [
        "Signed electronically 11/30/2026 by J Doe",
        "Dictated by: Dr. Roe",
        "Mit freundlichen kollegialen Grüßen",
        "Vidiert: Dr. Roe",
        "Met vriendelijke groet, dr. Roe",
        "Signé par : Dr Roe",
        "Reported by: Dr. Roe, Radiologist",
        "PRELIMINARY REPORT by Dr. Roe 02:15",
        "***** Final *****",
        "Signed: Lind, MD 11/29/2026 10:05 AM",
        "** REPORT SIGNED IN OTHER VENDOR SYSTEM 11/29/2026 **",
        "** Electronically Signed by Rosa Lind MD **",
        "Final report electronically signed by Lind 11/29 10:05",
        "I, Dr. Lind, have personally reviewed the images.",
        "Workstation ID: RAD1",
        "D: 11/29/2026 10:05",
        "Dictation Date 11/29/2026",
        "CRITICAL RESULT COMMUNICATION: Dr. Roe at 10:15.",
    ],
)
def test_who_signed_is_none_of_the_impression(by: str) -> None:
    found = report(running(f"IMPRESSION: Embolus.~{by}"))
    assert (found.impression, by in found.text) == ("Embolus.", True)


@pytest.mark.parametrize(
    "heading", ["REVISED IMPRESSION:", "Corrected Impression:", "AMENDED CONCLUSION:"]
)
def test_a_revised_impression_is_the_impression(heading: str) -> None:
    lines = ("FINDINGS: Aorta seen.", f"{heading} Bleed.")
    found = report(sample(*(f"OBX|{n}|TX|R^Report||{x}||||||F" for n, x in enumerate(lines, 1))))
    assert found.impression == "Bleed."


def test_a_sentence_is_no_heading_whatever_it_begins_with() -> None:
    words = [*IMPRESSION, *BEFORE_AN_IMPRESSION, *BESIDE_AN_IMPRESSION]
    assert not [word for word in words if word.endswith(".")]
    assert without_heading(["Impression of the exam."], "impression") == "Impression of the exam."
    assert without_heading(["IMPRESSION 1. Clear."], "impression") == "1. Clear."
    assert without_heading(["IMPRESSION - Clear."], "impression") == "Clear."
    assert without_heading(["IMPRESSION", "Clear."], "impression") == "Clear."


def test_an_item_of_the_impression_that_begins_with_a_heading_s_word_does_not_end_it() -> None:
    lines = ("IMPRESSION:", "1. Nodule.", "2. Recommendation: CT in a year.", "3. Large hernia.")
    obx = (f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(lines, 1))
    assert report(sample(*obx)).impression == "\n".join(lines[1:])


def test_numbered_sections_have_their_headings() -> None:
    lines = ("1. HISTORY: Fall.", "2. FINDINGS: Clear.", "3. IMPRESSION: No fracture.")
    obx = (f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(lines, 1))
    assert report(sample(*obx)).impression == "No fracture."


@pytest.mark.parametrize("heading", ["**IMPRESSION**", "***Impression***"])
def test_a_heading_between_asterisks_needs_no_colon(heading: str) -> None:
    added = "Pneumothorax is present. It was called to Dr. Roe, in the emergency department."
    lines = ("FINDINGS: Clear.", f"{heading} No fracture.", f"**ADDENDUM** {added}")
    obx = (f"OBX|{n}|TX|R^Report||{line}||||||F" for n, line in enumerate(lines, 1))
    found = report(sample(*obx))
    assert found.impression == "No fracture."
    assert [addendum.text for addendum in found.addenda] == [added]
