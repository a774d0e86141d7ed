"""Reports as full as a RIS sends them, for reading alone: 20 OBX, headings, a signature.

Of those that others published, the ones so long have 3.3 to 3.5 KB, as these have. The goals are
for the shorter report in benchmarks.messages.
"""

from datetime import UTC, datetime

from benchmarks.messages import FLAGGED_EVERY

_FINDINGS = (
    "EXAMINATION: CT head without contrast",
    "TECHNIQUE: Axial images from the vertex to the skull base.",
    "COMPARISON: None.",
    "FINDINGS: The ventricles and sulci are of normal size for age. The",
    "gray and white matter differentiation is maintained throughout. No",
    "extra-axial collection, mass effect or shift of the midline is seen.",
    "The basal cisterns are patent. The pituitary gland is of normal size",
    "and the craniocervical junction is unremarkable. The orbits and their",
    "contents are symmetrical. Mild mucosal thickening of the maxillary",
    "sinuses is present on both sides, without an air-fluid level. The",
    "mastoid air cells are well aerated. The calvarium is intact, without",
    "a lytic or sclerotic lesion. The scalp soft tissues are unremarkable.",
    "Vascular calcifications of the internal carotids are mild, as is seen",
    "at this age. The dural venous sinuses show no dense thrombus on these",
    "images. The visualized portions of the face and of the upper cervical",
    "spine show mild degenerative change at the atlantodental interval.",
)
_IMPRESSION = (
    "Chronic small vessel ischemic change, mild for age.",
    "Mild mucosal thickening of the maxillary sinuses.",
    "No acute intracranial abnormality.",
)
_DICTATED = (
    "Large acute subdural hematoma on the left with midline shift.",
    "CRITICAL RESULT: discussed with Dr. Roe by telephone at 10:30.",
    "ACR actionable finding category 1.",
)
_SIGNED = "Dictated by: John Morgan, M.D."


def full_mix() -> list[bytes]:
    """A dozen as they come, each ordered by somebody else, the first one flagged: its macros and
    its call stand in the text."""
    return [
        _report(number, flagged=number == 0, provider=f"90000000{number:02}")
        for number in range(FLAGGED_EVERY)
    ]


def _report(number: int, *, flagged: bool, provider: str) -> bytes:
    now = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    said = [("GDT", line) for line in _FINDINGS]
    said += [("IMP", line) for line in (*(_DICTATED if flagged else _IMPRESSION), _SIGNED)]
    flags = {len(_FINDINGS) + 1: "AA"} if flagged else {}
    results = [
        f"OBX|{n}|TX|&{section}^X-ray report^L|1|{line}|||{flags.get(n, '')}|||F|||{now}||{_READER}"
        for n, (section, line) in enumerate(said, 1)
    ]
    return "".join(f"{line}\r" for line in [*_order(number, now, provider), *results]).encode()


_READER = "7823^MORGAN^JOHN^J"


def _order(number: int, now: str, provider: str) -> list[str]:
    """The segments above the result, as full as a RIS sends them."""
    who = f"{provider}^ROE^RICHARD^A^^^^^NPI^L^^^NPI"
    timing = f"^^^{now}^^R"
    return [
        f"MSH|^~\\&|RIS|BENCH|READBACK|BENCH|{now}||ORU^R01|M{number}|P|2.5.1",
        f"PID|1||MRN{number}^^^BENCH^MR||DOE^JANE^ANN^^^^L||19600101|F||2106-3|"
        "1 MAIN ST^^CHICAGO^IL^60601^USA^H||(312)555-0101^PRN^PH~(312)555-0102^ORN^CP|||M",
        f"PV1|1|I|4W^12^A^BENCH||||{who}|||RAD||||||||I|V{number}^^^BENCH^VN",
        f"ORC|RE|P{number}|F{number}^BENCH||CM||{timing}||{now}|88^CLERK^ANNA||{who}|4W",
        f"OBR|1|P{number}|F{number}^BENCH|CTHEAD^CT HEAD^BENCH|R|{now}|{now}|||||||||{who}|"
        f"(312)555-0100||F{number}|||{now}||CT|F||{timing}||||^Headache|{_READER}",
    ]
