"""What was done: the exam's words and its modality."""

from bot.sources.dicom import modality_in
from bot.sources.hl7.marks import Marks, at
from bot.sources.kept import kept


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
