"""Suggestions for messages about unknown names."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

# Up to this many names are all listed; otherwise those most similar to the wrong one.
FEW, NEAREST = 20, 5
# From this similarity on, one name may be a typo of another; acme and acmee have 0.89.
SAME = 0.75
# Comparing one name with a thousand takes up to 50 ms, and a document may have many faults.
HINTED = 5


def did_you_mean(unknown: Sequence[str], known: Collection[str]) -> list[str]:
    """Return what to add to the sentence about each unknown name; empty after the first few."""
    said = [f" ({known_names(name, known)})" for name in unknown[:HINTED]]
    return said + [""] * (len(unknown) - len(said))


def known_names(wrong: str, known: Collection[str]) -> str:
    """Return known names as part of a sentence: all if they are few, or those similar to `wrong`.

    A name that differs only by case, blanks or a letter comes first.
    """
    by_look = {name.casefold(): name for name in known}
    if len(known) <= FEW:
        meant = get_close_matches(wrong.strip().casefold(), by_look, 1, SAME)
        asked = f"did you mean {by_look[meant[0]]!r}? " if meant else ""
        return f"{asked}known: {', '.join(sorted(known)) or 'none'}"
    near = get_close_matches(wrong.casefold(), by_look, NEAREST)
    return f"{len(known)} are known; most similar: {', '.join(by_look[n] for n in near) or 'none'}"
