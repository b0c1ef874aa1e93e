"""HTML in text fields: what counts as HTML, and what a parser may read. Pure."""

import re

# Elements that editors write in pairs, or a line break; a lone <b> or <host> is plain text.
_ELEMENTS = (
    r"p|div|span|ul|ol|li|table|tr|td|th|h[1-6]|strong|b|em|i|u|a|pre|code|blockquote|font"
    r"|html|body"
)
_OPENED = re.compile(rf"<({_ELEMENTS})(?:\s[^<>]{{0,2000}})?>", re.IGNORECASE)
_CLOSED = re.compile(rf"</({_ELEMENTS})\s{{0,9}}>", re.IGNORECASE)
# End tags that HTML lets a writer leave out; nobody begins a sentence with one of these.
_BLOCK = r"<(?:p|div|ul|ol|li|table|tr|td|h[1-6]|blockquote)(?:\s[^<>]{0,2000})?>"
_BEGINS_WITH_BLOCK = re.compile(rf"\s{{0,99}}{_BLOCK}", re.IGNORECASE)
_TWO_BLOCKS = re.compile(rf"{_BLOCK}[^<]{{0,9999}}{_BLOCK}", re.IGNORECASE)
_BREAK = re.compile(r"<br\s{0,9}/?>", re.IGNORECASE)
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_LOOSE = re.compile(
    r"""<(?!/?[a-z][a-z0-9]*(?:[\s/](?:[^<>"']|"[^"<]*"|'[^'<]*')*)?>)""", re.IGNORECASE
)


def is_html(text: str) -> bool:
    """Return whether a rich-text editor wrote the text, not a person who mentions a <host>."""
    if "<" not in text:
        return False
    opened = {name.lower() for name in _OPENED.findall(text)}
    closed = {name.lower() for name in _CLOSED.findall(text)}
    return (
        bool(opened & closed)
        or any(sign.search(text) for sign in (_BREAK, _TWO_BLOCKS))
        or _BEGINS_WITH_BLOCK.match(text) is not None
    )


def whole_tags(text: str) -> str:
    """Return HTML without comments, in which every `<` starts a tag that ends.

    html.parser searches again and again for the end of a tag that has none: 16 KB of "<a " take
    eight seconds, and 100 KB take hours.
    """
    return _LOOSE.sub("&lt;", _DECLARATION.sub("", _without_comments(text)))


def _without_comments(text: str) -> str:
    pieces, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces.append(text[at:start])
        at = end + len("-->")
    return "".join([*pieces, text[at:]])
