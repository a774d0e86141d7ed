"""What may stand in the log: which keys, which kinds of values, exceptions without their text."""

import ast
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

Kind = Callable[[object], bool]
_SLUG = re.compile(r"[a-z][a-z0-9_-]{0,63}")
# Ours are 32 hexadecimal digits, Twilio's have two letters before, Slack's is a time. A record
# number fits none of them.
_ID = re.compile(r"([A-Z]{2})?[0-9a-f]{32}|\d{10}\.\d{6}")
_REF = re.compile(r"[A-Z][A-Z0-9]{3,7}")
_NAME = re.compile(r"[A-Za-z_][\w.]{0,99}")
_ADDRESS = re.compile(r"https?://[\w.\[\]:-]{1,100}/?|[\w.\[\]:-]{1,100}:\d{1,5}|unknown", re.ASCII)
_PLACE = re.compile(r"[\w./<>-]{1,120}:\d+ [\w<>.]{1,80}")
_LONGEST_TEMPLATE = 200
MOST_FRAMES = 12
_OURS = ("bot.", "storage.")


def _matches(pattern: re.Pattern[str]) -> Kind:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _number(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float))


def _moment(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _template(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEMPLATE


def _all(pattern: re.Pattern[str]) -> Kind:
    one = _matches(pattern)
    return lambda value: isinstance(value, (list, tuple)) and all(one(item) for item in value)


_slug, _id, _name, _address = _matches(_SLUG), _matches(_ID), _matches(_NAME), _matches(_ADDRESS)

# Fixed words of ours: nothing that came from outside may be put under these.
_WORDS = (
    "event level reason channel what category state outcome source step role notice part command "
    "dialect status kind loop"
)
_NUMBERS = (
    "count seconds size version port error_code line tries limit adopted open due late segments "
    "instance hl7_port web_port rejected waiting days orders reports messages"
)
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_WORDS.split(), _slug),
    **dict.fromkeys(_NUMBERS.split(), _number),
    **dict.fromkeys(("alert", "delivery", "message", "person", "provider_id"), _id),
    **dict.fromkeys(("at", "due_at", "until"), _moment),
    **dict.fromkeys(("address", "peer", "url"), _address),
    **dict.fromkeys(("error", "logger", "task"), _name),
    "ref": _matches(_REF),
    "digest": _matches(re.compile(r"[0-9a-f]{12}")),
    "error_reason": _slug,
    "because": _all(_NAME),
    "frames": _all(_PLACE),
    "template": _template,
    "dropped": _all(re.compile(r"[A-Za-z_]\w{0,40}")),
}


def fits(key: str, value: object) -> bool:
    """Whether this key may be logged with this value."""
    kind = KINDS.get(key)
    return kind is not None and bool(kind(value))


def exception_facts(error: BaseException) -> dict[str, object]:
    """Type, causes and frames; the text only of our own types, where it is a slug."""
    facts: dict[str, object] = {"error": _type(error), "frames": _frames(error)}
    if because := [_type(cause) for cause in _causes(error)]:
        facts["because"] = because
    if type(error).__module__.startswith(_OURS) and _slug(str(error)):
        facts["error_reason"] = str(error)
    return facts


def _type(error: BaseException) -> str:
    return type(error).__qualname__.replace("<locals>.", "")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _frames(error: BaseException) -> list[str]:
    """The innermost frames, the last called last, as "folder/file.py:12 function"."""
    stack = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return [f"{_short(f.filename)}:{f.lineno or 0} {f.name}" for f in stack]


def _short(filename: str) -> str:
    return re.sub(r"[^\w./<>-]", "_", "/".join(Path(filename).parts[-2:]))


@lru_cache(maxsize=256)
def constants_of(path: str) -> frozenset[str]:
    """The whole string constants of a source file, without the pieces of its f-strings."""
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    pieces = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces
    )
