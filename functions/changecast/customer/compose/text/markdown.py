"""Turn text of a document into HTML: a small, safe Markdown without HTML of its own.

markdown-it parses the text. Our renderer writes a short list of elements, only the attributes
below, and escapes every text. Rules that would change what people wrote are off: backslashes,
entities and indentation have no meaning here.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from changecast.customer.compose.address import address
from changecast.customer.compose.text.lines import HARD_SPACE, as_markdown
from changecast.customer.compose.text.links import pieces

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_OFF = ["code", "html_block", "html_inline", "reference", "lheading", "escape", "entity"]
_SCHEMES = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_STYLED = re.compile(r' style="[^"]*"')
_GAP = "margin:0 0 10px"
_LIST = f"{_GAP};padding-left:26px"
_MONO = "font-family:Consolas,Menlo,monospace;font-size:14px"
_PRE = f"{_GAP};{_MONO};line-height:1.45;white-space:pre-wrap"
# The element of an opening token; its closing token ends the same element.
_ELEMENTS = {
    "paragraph": ("p", _GAP),
    "heading": ("h3", "margin:14px 0 4px;font-size:15px"),
    "blockquote": ("blockquote", f"{_GAP};padding-left:12px;border-left:3px solid #97a3af"),
    "bullet_list": ("ul", _LIST),
    "ordered_list": ("ol", _LIST),
    "list_item": ("li", ""),
    "table": ("table", f"{_GAP};text-align:left"),
    "thead": ("thead", ""),
    "tbody": ("tbody", ""),
    "tr": ("tr", ""),
    "th": ("th", ""),
    "td": ("td", ""),
    "strong": ("strong", ""),
    "em": ("em", ""),
    "s": ("del", ""),
}

_FIXED = {"th": ' scope="col"', "table": ' cellpadding="4"'}


@lru_cache(maxsize=256)
def blocks(text: str) -> Markup:
    """Return a text as blocks: paragraphs, lists, tables and others."""
    return _written(_parser().parse(as_markdown(text)))


def unstyled(text: str) -> Markup:
    """Return a text as blocks for a page whose policy allows no styles in elements."""
    return Markup(_STYLED.sub("", blocks(text)))  # noqa: S704 - a text's own quotes are escaped


@lru_cache(maxsize=256)
def inline(line: str) -> Markup:
    """Return one line with emphasis and links but no block around it; several lines as blocks."""
    if "\n" in line:
        return blocks(line)
    parsed = _parser().parseInline(line)
    return _written(parsed[0].children or []) if parsed else Markup("")


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    # Loaded for the first mail; the account's other functions never need it.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    options = {"html": False, "linkify": False, "typographer": False, "breaks": True}
    return MarkdownIt("js-default", options).disable(_OFF)


def _written(tokens: Sequence["Token"]) -> Markup:
    written = []
    is_linked = False
    for token in tokens:
        if token.hidden:
            continue
        if token.type == "link_open":
            is_linked = bool(_target(token, "href"))
        if token.type == "text":
            written.append(_sentence(token.content) if not is_linked else _said(token.content))
        elif token.type == "link_close":
            written.append(Markup("</a>") if is_linked else Markup(""))
            is_linked = False
        else:
            written.append(_token(token))
    return Markup("").join(written)


def _token(token: "Token") -> Markup:
    name, _, end = token.type.rpartition("_")
    if name in _ELEMENTS and end in {"open", "close"}:
        return _element(token, *_ELEMENTS[name])
    writer = _WRITERS.get(token.type)
    return writer(token) if writer else _said(token.content)


def _element(token: "Token", tag: str, style: str) -> Markup:
    newline = "\n" if token.block else ""
    if token.nesting < 0:
        return Markup(f"</{tag}>{newline}")  # noqa: S704 - the tags are ours, never data
    number = f' value="{int(token.info)}"' if tag == "li" and token.info.isdecimal() else ""
    styled = f' style="{style}"' if style else ""
    inner = newline if tag in {"ul", "ol", "table", "thead", "tbody", "tr"} else ""
    return Markup(f"<{tag}{_FIXED.get(tag, '')}{number}{styled}>{inner}")  # noqa: S704


def _said(text: str) -> Markup:
    return escape(text.replace(HARD_SPACE, "\u00a0"))


def _sentence(text: str) -> Markup:
    """Return text with its addresses as links."""
    return Markup("").join(
        Markup('<a href="{}">{}</a>').format(address(piece.url), piece.text)
        if piece.url
        else _said(piece.text)
        for piece in pieces(text)
    )


def _code(token: "Token") -> Markup:
    content = token.content.replace(HARD_SPACE, " ").rstrip("\n")
    return Markup('<pre style="{}">{}</pre>\n').format(_PRE, content)


def _code_inline(token: "Token") -> Markup:
    return Markup('<code style="{}">{}</code>').format(
        _MONO, token.content.replace(HARD_SPACE, " ")
    )


def _link(token: "Token") -> Markup:
    target = _target(token, "href")
    return Markup('<a href="{}">').format(address(target)) if target else Markup("")


def _image(token: "Token") -> Markup:
    """Write a picture's text and address; our mails load no pictures."""
    target = _target(token, "src")
    shown = token.content or target
    return Markup('<a href="{}">{}</a>').format(address(target), shown) if target else _said(shown)


def _target(token: "Token", name: str) -> str:
    target = str(token.attrs.get(name, ""))
    return target if _SCHEMES.match(target) else ""


_WRITERS: dict[str, Callable[["Token"], Markup]] = {
    "inline": lambda token: _written(token.children or []),
    "softbreak": lambda _: Markup("<br>\n"),
    "hardbreak": lambda _: Markup("<br>\n"),
    "fence": _code,
    "code_block": _code,
    "code_inline": _code_inline,
    "link_open": _link,
    "image": _image,
    "hr": lambda _: Markup('<hr style="margin:14px 0">\n'),
}
