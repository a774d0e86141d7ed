"""What was done: the exam's words and its modality."""

import re

from bot.sources.hl7.marks import Marks, at, kept

# DICOM's modality codes that occur in imaging reports, and what senders write for them.
_MODALITIES = {
    **{
        code: code
        for code in ("CT", "MR", "US", "CR", "DX", "XR", "NM", "PT", "MG", "XA", "RF", "OT", "BMD")
    },
    "MRI": "MR",
    "MRA": "MR",
    "CTA": "CT",
    "PET": "PT",
    "PETCT": "PT",
    "SPECT": "NM",
    "MRV": "MR",
    "MAM": "MG",
    "MAMM": "MG",
    "MAMMO": "MG",
    "MAMMOGRAM": "MG",
    "ULTRASOUND": "US",
    "X-RAY": "XR",
    "XRAY": "XR",
    # Table 0074, for senders that write their department.
    **dict.fromkeys(("RUS", "VUS", "CUS", "OUS"), "US"),
    "NMR": "MR",
    "NMS": "NM",
    "RX": "XR",
}
_WORD = re.compile(r"[A-Z-]+")


def exam_of(obr: list[str], marks: Marks) -> str:
    """OBR-4: its text, else the alternate text, else the code."""
    return _exam(obr[4], marks)


@kept
def _exam(field: str, marks: Marks) -> str:
    parts = field.split(marks.component)
    return marks.clean(at(parts, 1)) or marks.clean(at(parts, 4)) or marks.clean(parts[0])


def modality_of(obr: list[str], marks: Marks) -> str:
    """OBR-24 where it is one, else the first word of OBR-4 that names one; empty otherwise."""
    return modality_in([marks.clean(obr[24])], obr[4])


def modality_in(stated: list[str], words: str) -> str:
    """The first stated code that is a modality, else the first word that names one."""
    for code in stated:
        if code.upper() in _MODALITIES:
            return _MODALITIES[code.upper()]
    return next(
        (_MODALITIES[word] for word in _WORD.findall(words.upper()) if word in _MODALITIES), ""
    )
