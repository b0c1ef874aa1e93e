"""Whom somebody may have meant, for the message that says that a name is unknown."""

from collections.abc import Collection
from difflib import get_close_matches

# All of them are named where there are no more; else those that look most like the wrong one.
FEW, NEAREST = 20, 5


def known_names(wrong: str, known: Collection[str]) -> str:
    """The names that are known, as part of a sentence: all of a few, or those like `wrong`."""
    if len(known) <= FEW:
        return f"known: {', '.join(sorted(known)) or 'none'}"
    near = ", ".join(get_close_matches(wrong, known, NEAREST)) or "none"
    return f"{len(known)} are known; most like it: {near}"
