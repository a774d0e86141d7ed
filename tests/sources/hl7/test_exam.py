"""What was done, and its modality."""

import pytest

from tests.sources.oru import report, sample


@pytest.mark.parametrize(
    ("exam", "modality"),
    [
        ("71020^Radiografia de torax PA y lateral", "XR"),
        ("71020^RTG hrudníka PA", "XR"),
        ("R1^Röntgen-Thorax", "XR"),
        ("R1^Röntgen Thorax", "XR"),
        ("R1^Røntgen af hofte", "XR"),
        ("R1^Röntgenmynd af brjóstkassa", "XR"),
        ("R1^Ultrassonografia", "US"),
        ("R1^Tölvusneiðmynd af kvið", "CT"),
        ("R1^Rezonans magnetyczny", "MR"),
        ("71275^Angio TC Torax (TEP)", "CT"),
        ("R1^CT-Schädel", "CT"),
        ("TK^TK głowy", "CT"),
        ("T1^Scanner thoracique", "CT"),
        ("1^Computed tomography of head", "CT"),
        ("I1^IRM cérébrale", "MR"),
        ("75561^RM Cardiaca con Contraste", "MR"),
        ("E1^Échographie abdominale", "US"),
        ("76700^Ultrasonido abdominal completo", "US"),
        ("77080^DEXA BONE DENSITY AXIAL", "BMD"),
        ("1^MAMOGRAFIA BILATERAL", "MG"),
        ("78816^PET/CT Cuerpo Entero", "PT"),
        ("N1^TC 99M BONE SCAN", ""),
        ("N1^Tc-99m bone scan", ""),
        ("18748-4^CR d'imagerie medicale^LN", ""),
        ("18748-4^CR de radiologie^LN", ""),
        ("C1^CR CHEST 2 VIEWS", "CR"),
        ("24725-4^Multisection:Find:Pt:Head:Doc:CT^LN", "CT"),
        ("1^Respiratory virus DNA+RNA:Prid:Pt:XXX:Nom:Probe.amp.tar^LN", ""),
    ],
)
def test_the_exam_s_name_tells_its_modality(exam: str, modality: str) -> None:
    assert report(sample(fields={4: exam, 24: "RAD"})).modality == modality


def test_a_code_goes_before_the_name() -> None:
    assert report(sample(fields={4: "1^Radiografia", 24: "CR"})).modality == "CR"
