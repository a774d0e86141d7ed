"""DICOM's Study Instance UID: ZDS (IHE's Scheduled Workflow), IPC (HL7 v2.5.1, 4.5.6), or OBX."""

from bot.sources.dicom import uid_in
from bot.sources.dictation.narrative import Narrative
from bot.sources.hl7.marks import Marks, at
from bot.sources.hl7.wire import Wire

_SEGMENTS = {"ZDS": 1, "IPC": 3}


def study_uid(told: Narrative, others: list[str], wire: Wire) -> tuple[str, str]:
    """The UID and where it stood ("ZDS-1"); both empty where there is none.

    ``others`` are the segments of the order that nothing else is read from.
    """
    for line in others:
        place = _SEGMENTS.get(line[:3])
        if place and (uid := _uid(at(line.split(wire.marks.field), place), wire.marks)):
            return uid, f"{line[:3]}-{place}"
    said, where = told.study
    uid = _uid(said, wire.marks) if said else ""
    return (uid, where) if uid else ("", "")


def _uid(value: str, marks: Marks) -> str:
    first = value.split(marks.repetition, 1)[0].split(marks.component, 1)[0]
    return uid_in(marks.clean(first.split(marks.subcomponent, 1)[0]))
