"""HTML of rich-text editors as text with a little Markdown."""

import re
from html.parser import HTMLParser

from changecast.contract.markup import whole_tags

_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_PARAGRAPHS = frozenset({"p", "div", "table", "ul", "ol", "pre", "blockquote", "section", "hr"})
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}
_DEEPEST = 5
_SPACE = re.compile(r"[ \t\r\n]+")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n|\n{3,}")


def html_as_text(value: str) -> str:
    """Return the text that a browser would show for some HTML."""
    reader = _Reader()
    reader.feed(whole_tags(value))
    reader.close()
    text = "".join(reader.pieces).replace("\u00a0", " ")
    lines = (line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0
        self._lists: list[int] = []
        self._addresses: list[str] = []
        self._is_code = False
        self._heads = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write the Markdown for the start of an element."""
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in {"ul", "ol"}:
            self._new_line(1 if self._lists else 2)
            self._lists.append(1 if tag == "ol" else 0)
        elif tag in _PARAGRAPHS:
            self._new_line(1 if self._lists else 2)
            self._start_code(tag)
        elif tag in _MARKS and not self._is_code:
            self._add(_MARKS[tag])
        else:
            self._start_other(tag, dict(attrs))

    def _start_code(self, tag: str) -> None:
        if tag == "pre":
            self._add("```\n")
            self._is_code = True

    def _start_other(self, tag: str, attributes: dict[str, str | None]) -> None:
        match tag:
            case "br":
                self._add("\n")
            case "li":
                self._new_line(1)
                self._add(self._item())
            case "tr":
                self._new_line(1)
                self._heads = False
            case "td" | "th":
                self._add("| ")
                self._heads = self._heads or tag == "th"
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._new_line(2)
                self._add("## ")
            case "a":
                self._addresses.append(attributes.get("href") or "")
                self._add("[" if self._is_address() else "")
            case "img":
                self._add(attributes.get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        """Write the Markdown for the end of an element."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in {"ul", "ol"}:
            self._lists = self._lists[:-1]
            self._new_line(1 if self._lists else 2)
        elif tag in _PARAGRAPHS or tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            if tag == "pre":
                self._is_code = False
                self._add("\n```")
            self._new_line(1 if self._lists else 2)
        elif tag in _MARKS and not self._is_code:
            self._close_mark(_MARKS[tag])
        else:
            self._end_other(tag)

    def _end_other(self, tag: str) -> None:
        match tag:
            case "td" | "th":
                self._add(" ")
            case "tr":
                self._end_row()
            case "a" if self._addresses:
                self._add(f"]({self._addresses[-1]})" if self._is_address() else "")
                self._addresses.pop()

    def handle_data(self, data: str) -> None:
        """Write a text with white space as browsers show it."""
        if self._is_code:
            self._add(data)
            return
        data = _SPACE.sub(" ", data)
        self._add(data.lstrip(" ") if self._ends("\n", " ") else data)

    def _item(self) -> str:
        indent = "    " * min(_DEEPEST, max(0, len(self._lists) - 1))
        if not self._lists or not self._lists[-1]:
            return f"{indent}- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1] - 1}. "

    def _end_row(self) -> None:
        self._add("|\n")
        if self._heads:
            row = "".join(self.pieces).rstrip("\n").rpartition("\n")[2]
            self._add("|" + "---|" * (row.count("|") - 1) + "\n")

    def _is_address(self) -> bool:
        return self._addresses[-1].startswith(("http://", "https://", "mailto:"))

    def _close_mark(self, mark: str) -> None:
        """Close a mark directly after the text; an element may end with a space, or be empty."""
        if self.pieces and self.pieces[-1] == mark:
            self.pieces.pop()
            return
        space = bool(self.pieces) and self.pieces[-1].endswith(" ")
        if space:
            self.pieces[-1] = self.pieces[-1].rstrip(" ")
        self._add(mark + (" " if space else ""))

    def _new_line(self, lines: int) -> None:
        written = "".join(self.pieces[-3:])
        if self.pieces:
            there = len(written) - len(written.rstrip("\n"))
            self._add("\n" * (lines - there))

    def _ends(self, *ends: str) -> bool:
        return not self.pieces or self.pieces[-1].endswith(ends)

    def _add(self, text: str) -> None:
        if text and not self._unseen:
            self.pieces.append(text)
