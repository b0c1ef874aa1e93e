"""Hypothesis as the dice of tests/fuzz/spoil.py."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.spoil import spoilt


class Drawn:
    """Choices that hypothesis makes, remembers and shrinks."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def ConsumeIntInRange(self, low: int, high: int) -> int:  # noqa: N802
        """A whole number."""
        return self.draw(st.integers(low, high))

    def ConsumeUnicode(self, count: int) -> str:  # noqa: N802
        """A text, halves of characters too."""
        return self.draw(st.text(st.characters(), max_size=count))

    def ConsumeInt(self, count: int) -> int:  # noqa: N802
        """Return a whole number of this many bytes."""
        return self.draw(st.integers(-(2 ** (8 * count)), 2 ** (8 * count)))


@st.composite
def spoilt_or_not(draw: st.DrawFn, good: st.SearchStrategy[Any]) -> str:
    """A good event as JSON, or the same with some of its values spoilt."""
    event = draw(good)
    return spoilt(event, Drawn(draw)).decode() if draw(st.booleans()) else json.dumps(event)
