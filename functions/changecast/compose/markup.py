"""Text of a document as HTML: every line break is kept, lists become lists, nothing is markup."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import groupby

from markupsafe import Markup, escape

from changecast.compose.address import address
from changecast.splice import is_plain

_BULLET = re.compile(r"[-*•] +(?=\S)")
_NUMBER = re.compile(r"(\d{1,4})[.)] +(?=\S)")
_WEB_ADDRESS = re.compile(r"https?://\S+")
_INDENT = re.compile(r"^ +", re.MULTILINE)
_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_LISTS = {"ul": Markup("<ul>\n{}\n</ul>"), "ol": Markup("<ol>\n{}\n</ol>")}
# Beyond this many words two texts are set side by side without marks: comparing takes too long.
_COMPARED = 400


def breaks(value: str) -> Markup:
    """Escaped text in which every line break is seen, and the spaces that indent a line."""
    return _broken(_INDENT.sub(lambda spaces: "&nbsp;" * len(spaces[0]), str(escape(value))))


def blocks(value: str) -> Markup:
    """Escaped text as paragraphs and lists: lines that start with - * • or 1. are list items."""
    found = (list(lines) for _, lines in groupby(value.split("\n"), key=_kind_of_line))
    return Markup("\n").join(filter(None, map(_block, found)))


def linked(line: str) -> Markup:
    """Escaped text, a link where the line is nothing but a web or a mail address."""
    if _WEB_ADDRESS.fullmatch(line):
        return Markup('<a href="{}">{}</a>').format(address(line), line)
    if is_plain(line):
        return Markup('<a href="{}">{}</a>').format(address(f"mailto:{line}"), line)
    return breaks(line)


def marked(row: tuple[str, str]) -> tuple[Markup, Markup]:
    """(old, new) as HTML in which the words that differ are marked as deleted and inserted."""
    old, new = (_WORD.findall(text) for text in row)
    if len(old) > _COMPARED or len(new) > _COMPARED:
        return breaks(row[0]), breaks(row[1])
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    if matcher.ratio() < 0.5:
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
    """A piece of a text: its first line may have begun before it."""
    first, newline, rest = piece.partition("\n")
    return escape(first) + (_broken("\n") + breaks(rest) if newline else "")


def _broken(escaped: str) -> Markup:
    return Markup(escaped.replace("\n", "<br>\n"))  # noqa: S704 - the caller has escaped it


def _kind_of_line(line: str) -> str:
    if not line.strip():
        return "blank"
    if _BULLET.match(line):
        return "ul"
    return "ol" if _NUMBER.match(line) else "p"


def _block(lines: list[str]) -> Markup:
    kind = _kind_of_line(lines[0])
    if kind == "blank":
        # One empty line parts two paragraphs; more of them are kept.
        return Markup("<p>&nbsp;</p>\n") * (len(lines) - 1)
    if kind == "p":
        return Markup("<p>{}</p>").format(breaks("\n".join(lines)))
    items = Markup("\n").join(_item(line) for line in lines)
    return _LISTS[kind].format(items)


def _item(line: str) -> Markup:
    if number := _NUMBER.match(line):
        return Markup('<li value="{}">{}</li>').format(int(number[1]), line[number.end() :])
    return Markup("<li>{}</li>").format(_BULLET.sub("", line, count=1))
