"""What OBX-3 says of a segment: which section of the report it is, by code or by name."""

from bot.domain.profile import Layout, Section
from bot.sources.dictation.heading_words import ADDENDUM, IMPRESSION, WHOLE_REPORT
from bot.sources.dictation.headings import unaccented
from bot.sources.hl7.marks import at
from bot.sources.kept import kept

_HEADS = {
    unaccented(word): section
    for section, words in ((Section.IMPRESSION, IMPRESSION), (Section.ADDENDUM, ADDENDUM))
    for word in words
    if word not in WHOLE_REPORT
}
"""What heads a section in running text is its name in OBX-3 as well ("Beurteilung")."""

_TELL_MORE = frozenset({Section.IMPRESSION, Section.ADDENDUM})
"""Their names count even behind the code of the body ("59776-5^Impresion diagnostica")."""

# DICOM PS3.16 (113014 is IHE's, RAD-128), its tag (PS3.6), and what others write for it.
_STUDY = ("110180", "113014", "0020000D", "STUDY INSTANCE UID", "STUDYINSTANCEUID", "STUDY UID",
          "STUDYUID", "STUDY_UID", "STUDY_INSTANCE_UID")  # fmt: skip

_BY_CODE = _HEADS | {
    **dict.fromkeys(("GDT", "FINDINGS", "59776-5", "18783-1"), Section.BODY),
    **dict.fromkeys(("IMP", "IMPRESSION", "19005-8"), Section.IMPRESSION),
    **dict.fromkeys(("ADT", "ADN", "ADD", "ADDENDUM", "ADDENDA", "55107-7"), Section.ADDENDUM),
    "73568-8": Section.COMMUNICATION,
    **dict.fromkeys(_STUDY, Section.STUDY),
}
_NO_HEADINGS = {
    code: section
    for code, section in _BY_CODE.items()
    if section in {Section.COMMUNICATION, Section.STUDY}
}
"""What no line of the text is, however its sections are told apart."""


@kept
def section_in(
    identifier: str,
    component: str,
    subcomponent: str,
    layout: Layout,
    of_sender: tuple[tuple[str, Section], ...],
) -> Section:
    """What OBX-3 says; the most telling component wins over the order they stand in."""
    words = identifier.upper().replace(subcomponent, component).split(component)
    if layout is Layout.HEADINGS:
        return next(
            (_NO_HEADINGS[w] for w in map(str.strip, words) if w in _NO_HEADINGS), Section.RUNNING
        )
    own = dict(of_sender)
    known = _BY_CODE | own
    found: Section | None = None
    for word in words:
        bare = word.strip()
        name = bare if bare.isascii() else unaccented(bare)
        section = known.get(name)
        if section and (found is None or section in _TELL_MORE):
            found = section
            if name in own or section is not Section.BODY:
                return found
    if layout is Layout.SEGMENTS:
        return found or Section.BODY
    text = at(words, 1)
    if "ADDEND" in text:
        return Section.ADDENDUM
    # "GDT^Findings and impression" is the body.
    if _names_conclusion(text) and not (found and ("FINDING" in text or "REPORT" in text)):
        return Section.IMPRESSION
    return found or Section.RUNNING


_CONCLUSIONS = frozenset(
    {
        *("CONCLUSION", "CONCLUSIONS", "CONCLUSIONES", "CONCLUSIE", "CONCLUSIONE", "CONCLUSIONI"),
        *("CONCLUSAO", "IMPRESION", "IMPRESSAO", "BEURTEILUNG", "WNIOSEK", "WNIOSKI", "ZAVER"),
    }
)
"""Words that name it together with others: "Conclusion del procedimiento"."""


def _names_conclusion(text: str) -> bool:
    return "IMPRESSION" in text or (
        bool(text) and not _CONCLUSIONS.isdisjoint(unaccented(text).split())
    )
