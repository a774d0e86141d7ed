"""A document in RTF or HTML whose lines are sent one an OBX, as text.

Only its first line says what it is, and none can be read alone: "\\par CRITICAL RESULT" begins no
statement. So they are put together again; the segments behind the first keep their flags.
"""

import re

from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import is_prose
from bot.sources.hl7.marks import at

_BEGINS = re.compile(r"\s*(?:\{\\(?:E\\)?rtf\d|<(?:!doctype\s+html|html|body)\b)", re.IGNORECASE)
_ENDS_HTML = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_BRACE = re.compile(r"(?<!\\)[{}]")
_FIRST = 3
"""Before it a number or a title may stand."""
_OBX_5 = 5


def whole(results: list[Result]) -> list[Result]:
    """The same, with all lines of such a document in the segment in which it begins."""
    begins = next((n for n, result in enumerate(results[:_FIRST]) if _begins(result[1])), None)
    if begins is None:
        return results
    number, first = results[begins]
    lines = [first[_OBX_5]]
    ends, is_open = begins + 1, _left_open(lines[0])
    while ends < len(results) and is_open and _goes_on(first, results[ends][1]):
        lines.append(at(results[ends][1], _OBX_5))
        is_open += _left_open(lines[-1], begun=True)
        ends += 1
    return [
        *results[:begins],
        (number, [*first[:_OBX_5], "\n".join(lines), *first[_OBX_5 + 1 :]]),
        *((n, [*f[:_OBX_5], "", *f[_OBX_5 + 1 :]]) for n, f in results[begins + 1 : ends]),
        *results[ends:],
    ]


def _begins(fields: list[str]) -> bool:
    value = at(fields, _OBX_5).lstrip()
    return value[:1] in {"{", "<"} and fields[0] == "OBX" and _BEGINS.match(value) is not None


def _goes_on(first: list[str], fields: list[str]) -> bool:
    return fields[0] == "OBX" and at(fields, 3) == at(first, 3) and is_prose(fields)


def _left_open(line: str, *, begun: bool = False) -> int:
    """How many groups of RTF it leaves open, or closes; of HTML one, until its end."""
    if begun or line.lstrip().startswith("{"):
        groups = sum(1 if brace == "{" else -1 for brace in _BRACE.findall(line))
        return groups - bool(_ENDS_HTML.search(line))
    return 0 if _ENDS_HTML.search(line) else 1
