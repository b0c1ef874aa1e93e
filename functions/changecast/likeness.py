"""Whom somebody may have meant, for the message that says that a name is unknown."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

# All of them are named where there are no more; else those that look most like the wrong one.
FEW, NEAREST = 20, 5
# To compare one name with a thousand takes up to 50 ms, and a document may be wrong throughout.
HINTED = 5


def hints(unknown: Sequence[str], known: Collection[str]) -> list[str]:
    """What to add to a sentence about each unknown name; nothing after the first few of them."""
    said = [f" ({known_names(name, known)})" for name in unknown[:HINTED]]
    return said + [""] * (len(unknown) - len(said))


def known_names(wrong: str, known: Collection[str]) -> str:
    """The names that are known, as part of a sentence: all of a few, or those like `wrong`."""
    if len(known) <= FEW:
        return f"known: {', '.join(sorted(known)) or 'none'}"
    by_look = {name.casefold(): name for name in known}
    near = get_close_matches(wrong.casefold(), by_look, NEAREST)
    return f"{len(known)} are known; most like it: {', '.join(by_look[n] for n in near) or 'none'}"
