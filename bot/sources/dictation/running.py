"""Text without segments: its headings alone say what is what."""

from collections.abc import Iterable

from bot.domain.profile import Section
from bot.sources.dictation.headings import within
from bot.sources.dictation.narrative import Narrative
from bot.sources.dictation.narrator import Narrator


def running_lines(text: str) -> list[str]:
    """The lines of a document that has no segments."""
    return parted([line.strip() for line in text.splitlines()])


def parted(lines: list[str]) -> list[str]:
    """With a line for each heading that stands within one: these have a colon."""
    return [line for whole in lines for line in (within(whole) if ":" in whole else (whole,))]


def concluded(told: Narrator) -> bool:
    """Whether its conclusion runs on, and says something."""
    return told.running is Section.IMPRESSION and any(told.impression)


def narrate_running(text: str) -> Narrative:
    """A document without segments (FHIR): its headings alone say what is what."""
    told = Narrator()
    told.run(running_lines(text))
    return told.finished()


def narrate_parts(parts: Iterable[tuple[str, bool]]) -> Narrative:
    """The same of several texts, each with whether it is in words: figures and coded answers below
    a conclusion are none of it."""
    told = Narrator()
    for said, in_words in parts:
        of = Section.RUNNING if in_words or not concluded(told) else Section.BODY
        told.tell(of, running_lines(said))
    return told.finished()
