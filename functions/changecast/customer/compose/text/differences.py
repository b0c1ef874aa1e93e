"""Two versions of a text as HTML, with marks on the words that differ."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from markupsafe import Markup, escape

_INDENT = re.compile(r"^ +|(?<= ) +", re.MULTILINE)
# A date, a time, an address or a host name (vpn-1) is one word: digits are never marked alone.
_WORD = re.compile(r"\s+|\w+(?:[-:./]\d\w*)*|[^\w\s]")
_LINE = re.compile(r"\n|[^\n]+")
# Beyond this many words, two texts are shown without marks, because comparing takes too long.
_COMPARED = 400


def breaks(value: str) -> Markup:
    """Return escaped text with visible line breaks and runs of spaces."""
    escaped = str(escape(value.expandtabs(4)))
    return _broken(_INDENT.sub(lambda spaces: "&nbsp;" * len(spaces[0]), escaped))


def marked(row: tuple[str, str], by_line: bool = False) -> tuple[Markup, Markup]:
    """Return (old, new) as HTML, with differing words or lines marked as deleted and inserted."""
    pieces = _LINE if by_line else _WORD
    old, new = (pieces.findall(text) for text in row)
    if len(old) > _COMPARED or len(new) > _COMPARED:
        return breaks(row[0]), breaks(row[1])
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    # The first two are quick, and never less than the third.
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    if any(ratio() < 0.5 for ratio in ratios):
        return _tagged([(row[0], True)], "del"), _tagged([(row[1], True)], "ins")
    steps = matcher.get_opcodes()
    before = [("".join(old[a:b]), tag != "equal") for tag, a, b, _, _ in steps]
    after = [("".join(new[a:b]), tag != "equal") for tag, _, _, a, b in steps]
    return _tagged(before, "del"), _tagged(after, "ins")


def _tagged(pieces: Iterable[tuple[str, bool]], name: str) -> Markup:
    tag = Markup(f"<{name}>{{}}</{name}>")  # noqa: S704 - the name is ours, never data
    return Markup("").join(
        tag.format(_within(text)) if differs else _within(text) for text, differs in pieces if text
    )


def _within(piece: str) -> Markup:
    """Return a piece of a text whose first line may start before the piece."""
    first, newline, rest = piece.partition("\n")
    return escape(first) + (_broken("\n") + breaks(rest) if newline else "")


def _broken(escaped: str) -> Markup:
    return Markup(escaped.replace("\n", "<br>\n"))  # noqa: S704 - the caller has escaped it
