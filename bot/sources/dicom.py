"""What DICOM defines, as senders write it: modalities and Study Instance UIDs."""

import re

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
_SPOKEN = {
    "CT": "TC TAC TDM TK CTPA TOMOGRAPHY TOMOGRAFIA TOMOGRAFÍA ANGIO-TC ANGIOTC ANGIO-CT SCANNER "
    "COMPUTERTOMOGRAPHIE DATORTOMOGRAFI TOMOGRAFI TÖLVUSNEIÐMYND",
    "MR": "RM RMN IRM MRT MRCP MAGNETIC RESONANCIA RISONANZA RESSONÂNCIA RESSONANCIA KERNSPIN "
    "REZONANS REZONANCE SEGULÓMUN",
    "XR": "RTG CXR RADIOGRAPH RADIOGRAPHS RADIOGRAPHY RADIOGRAFIA RADIOGRAFÍA RADIOGRAPHIE RÖNTGEN "
    "RØNTGEN RÖNTGENMYND LUNGRÖNTGEN SKIAGRAFIE",
    "US": "ULTRASCHALL "
    "USG SONO SONOGRAM SONOGRAPHY SONOGRAPHIE ULTRASONOGRAPHY ULTRASONIDO ULTRASSOM ULTRALYD "
    "ULTRASSONOGRAFIA SONOGRAFIE ÓMUN ULTRALJUD ECOGRAFIA ECOGRAFÍA ECHOGRAFIE ECHOGRAPHIE "
    "ÉCHOGRAPHIE DOPPLER DUPLEX",
    "MG": "MAMMOGRAPHY MAMMOGRAPHIE MAMMOGRAFIE MAMMOGRAFIA MAMOGRAFIA MAMOGRAFÍA",
    "NM": "SCINTIGRAPHY SCINTIGRAPHIE SZINTIGRAPHIE SCINTIGRAFIA SCINTIGRAFI",
    "PT": "POSITRON",
    "BMD": "DEXA DXA DENSITOMETRY DENSITOMETRIA",
    "RF": "FLUOROSCOPY",
}
"""How exams are called, in a dozen languages: only in the text of OBR-4, where no code says it."""
_BY_WORD = _MODALITIES | {word: code for code, words in _SPOKEN.items() for word in words.split()}
# Technetium is no tomography, nor is a French report ("CR d'imagerie") computed radiography, nor
# LOINC's point in time ("Find:Pt:Head:Doc:CT") a positron emission tomography.
_WORD = re.compile(r"(?!TC[ -]?99|CR (?:D['’E]|IMAGERIE)|(?<=:)PT:)[A-ZÀ-Þ-]+")


def is_modality(code: str) -> bool:
    """Whether it says which part of imaging made the report, and no more (OBR-24)."""
    return code.upper() in _MODALITIES or code.upper() == "RAD"


def modality_in(stated: list[str], words: str) -> str:
    """The first stated code that is a modality, else the first word that names one."""
    for code in stated:
        if code.upper() in _MODALITIES:
            return _MODALITIES[code.upper()]
    said = (part for word in _WORD.findall(words.upper()) for part in (word, *word.split("-")))
    return next((_BY_WORD[part] for part in said if part in _BY_WORD), "")


# DICOM PS3.5, 9: digits and dots, 64 characters at most. Others use ZDS for something else.
_UID = re.compile(r"[012](?:\.\d+){2,}")
_LONGEST = 64


def uid_in(value: str) -> str:
    """The UID, empty where the value is none."""
    uid = value.removeprefix("urn:oid:")
    return uid if len(uid) <= _LONGEST and _UID.fullmatch(uid) else ""
