"""Texts of change documents, without what forms and editors add around them. Pure."""

import re
import unicodedata
from html.parser import HTMLParser

from changecast.contract.markup import whole_tags

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_TRAILING = re.compile("[^\\S\n]+$", re.MULTILINE)
_BREAKS = re.compile("[\r\n\x0b\x0c\x85\u2028\u2029]")


def tidy(text: str) -> str:
    """Return a text with one kind of line end, without surrounding or trailing blanks."""
    lines = _TRAILING.sub("", _LINE_ENDS.sub("\n", text))
    return lines.strip("\n")


def one_line(text: str) -> str:
    """Return a text on one line: tabs, line breaks and runs of blanks become one blank."""
    return " ".join(text.split())


def has_breaks(text: str) -> bool:
    """Return whether a text that is shown on one line has line breaks inside."""
    return _BREAKS.search(text.strip()) is not None


def same_name(name: str) -> str:
    """Return the common form of all spellings of a display name."""
    return one_line(unicodedata.normalize("NFC", name))


def without_tags(text: str) -> str:
    """Return the words of HTML for a field with one line."""
    reader = _Words()
    reader.feed(whole_tags(text))
    reader.close()
    return "".join(reader.pieces)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        """Separate the words of two paragraphs."""
        if tag in {"br", "p", "div", "li", "td"}:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        """Keep the text that a browser would show."""
        self.pieces.append(data)
