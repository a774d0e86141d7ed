"""What was read before, and is read the same each time."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar, TypeVarTuple, cast

_How = TypeVarTuple("_How")
_Read = TypeVar("_Read")


def kept(read: Callable[[str, *_How], _Read]) -> Callable[[str, *_How], _Read]:
    """Keeps what was read of a field by its text, for fields that name one of a few hundred: a
    clinician, a ward, a section. On a feed most messages name what was named before.

    What is long is read anew each time, so that no sender fills the memory.
    """
    known = cast("Callable[[str, *_How], _Read]", lru_cache(maxsize=_MOST_KEPT)(read))

    @wraps(read)
    def of(field: str, /, *how: *_How) -> _Read:
        return (known if len(field) <= _LONGEST_KEPT else read)(field, *how)

    return of


_MOST_KEPT, _LONGEST_KEPT = 2048, 200
"""Fields, and characters of each."""
