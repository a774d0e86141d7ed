"""On which line each key of a TOML text stands: the standard library's reader does not say."""

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Keys and list positions from the top: ``("categories", 0, "steps", 2, "after")``."""

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_TOKEN = re.compile(
    rf"""(?P<comment>\#[^\n]*)
    |(?P<header>^[ \t]*\[\[?[ \t]*{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*[ \t]*\]\]?)
    |(?P<key>{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*=(?!=)
    |(?P<text>\"\"\"(?s:.*?)\"\"\"|'''(?s:.*?)'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<comma>,)""",
    re.MULTILINE | re.VERBOSE,
)


def lines_of(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every key, table and list element. ``text`` is TOML that can be read."""
    scan = _Scan()
    for token in _TOKEN.finditer(text):
        scan.take(token.lastgroup or "", token, text.count("\n", 0, token.start()) + 1)
    return scan.found


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of the key, or of the nearest table around it that stands in the text."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scan:
    """Reads token by token; ``open`` holds the tables and lists that are not closed yet."""

    def __init__(self) -> None:
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        self.table: Path = ()
        self.key: Path = ()
        self.open: list[tuple[str, Path]] = []

    def take(self, kind: str, token: re.Match[str], line: int) -> None:
        match kind:
            case "header" if not self.open:
                self._header(token["header"], line)
            case "key":
                self.key = self._inside() + _names(token["key"])
                self._note(self.key, line)
            case "open":
                self._open(token[0], line)
            case "close":
                self._close()
            case "comma" if self.open and self.open[-1][0] == "[":
                self._next_element()
            case _:
                pass

    def _inside(self) -> Path:
        return self.open[-1][1] if self.open else self.table

    def _header(self, text: str, line: int) -> None:
        names = _names(text.strip().strip("[]").strip())
        path: Path = ()
        for name in names[:-1]:
            path += (name,)
            path += (self.counts[path] - 1,) if path in self.counts else ()
        path += names[-1:]
        if text.strip().startswith("[["):
            self.counts[path] = self.counts.get(path, 0) + 1
            path += (self.counts[path] - 1,)
        self.table = path
        self._note(path, line)

    def _note(self, path: Path, line: int) -> None:
        """Also for what it lies in and no line names: a list of tables, the ``a`` of ``a.b``."""
        self.found[path] = line
        for length in range(1, len(path)):
            self.found.setdefault(path[:length], line)

    def _open(self, bracket: str, line: int) -> None:
        in_list = bool(self.open) and self.open[-1][0] == "["
        path = self.open[-1][1] if in_list else self.key
        if in_list:
            self.found[path] = line
        self.open.append((bracket, (*path, 0) if bracket == "[" else path))

    def _close(self) -> None:
        if self.open:
            self.open.pop()

    def _next_element(self) -> None:
        bracket, (*path, place) = self.open[-1]
        self.open[-1] = (bracket, (*path, int(place) + 1))


def _names(dotted: str) -> Path:
    return tuple(name.strip("\"'") for name in re.findall(_KEY, dotted))
