"""Questions and answers in the fields of observations: OBX-3 asks, OBX-5 answers."""

from collections.abc import Iterator
from itertools import groupby

from bot.domain.profile import Profile
from bot.domain.report import Flag
from bot.sources.dictation.answered import answered
from bot.sources.hl7.columns import Columns
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import displayed
from bot.sources.hl7.marks import Marks, at
from bot.sources.hl7.wire import Wire
from bot.sources.kept import kept

_MAY_ASK = (
    *("CRIT", "ACR", "ACTIONABLE", "PANIC", "CATEGORY", "SEVERITY", "SIGNIFICANCE", "LEVEL"),
    *("DIAGNOSTIC CODE", "ACTIONABILITY"),
)
"""One of these is in what asks how urgent a result is."""


def in_fields(
    results: list[Result], columns: Columns, wire: Wire, profile: Profile, *, breast: bool
) -> Iterator[Flag]:
    """OBX-3 asks, the OBX-5 of all that have the same OBX-3 one after the other answer."""
    names = columns[3] if columns else [at(f, 3) for _, f in results if f[0] == "OBX"]
    if not any(map(_may_ask, set(names))):
        return
    observed = [result for result in results if result[1][0] == "OBX" and at(result[1], 3)]
    for identifier, some in groupby(observed, key=lambda result: result[1][3]):
        if _may_ask(identifier):
            parts = list(some)
            said = "\n".join(line for _, fields in parts for line in displayed(fields, wire))
            where = f"OBX[{parts[0][0]}]-5"
            for question in _questions(identifier, wire.marks):
                yield from answered(question, said, where, profile, breast=breast)


@kept
def _may_ask(name: str) -> bool:
    return any(map(name.upper().__contains__, _MAY_ASK))


def _questions(identifier: str, marks: Marks) -> set[str]:
    """The text of OBX-3, else its code; and of the alternate."""
    parts = identifier.split(marks.component)
    return {marks.clean(at(parts, 1)) or marks.clean(parts[0]), marks.clean(at(parts, 4))}
