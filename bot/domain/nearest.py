"""The known name that somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """A sentence with the nearest known name, or nothing where none is near: ``cutoff`` is the
    least likeness, from 0 to 1 (difflib's ratio)."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=cutoff)
    return f'Did you mean "{by_folded[found[0]]}"?' if found else ""
