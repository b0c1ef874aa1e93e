"""The documentation as pages of the console: the runbook is there without internet."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from changecast_cli.console.doc_files import file_of
from changecast_cli.console.pages import page
from changecast_cli.failures import Refused

_WEB = ("https://", "http://")


def document(request: Request) -> Response:
    """Show a page of the documentation."""
    name = request.query_params.get("page", "")
    path = file_of(name)
    if path is None:
        raise Refused(f"the documentation has no page {name!r}")
    prefix = f"{request.app.state.console.base}/docs?page="
    html, title = rendered(path.read_text("utf-8"), name, prefix)
    return page(request, "document.html.j2", name=name, html=Markup(html), title=title)  # noqa: S704 - our own file, rendered without its HTML


def rendered(text: str, name: str, prefix: str) -> tuple[str, str]:
    """Return a page's HTML and its title; links to other pages begin with `prefix`."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    title = next((one.content for one in tokens if one.type == "inline"), name)
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(tokens[at + 1].content))
        if token.type == "fence":
            token.type, token.info = "code_block", ""
        if token.type == "code_block":
            token.attrSet("tabindex", "0")
        if token.type == "inline":
            token.children = _with_own_links(token.children or [], name, prefix)
    return _with_scrolling_tables(parser, tokens), title


def _with_own_links(tokens: Sequence[Token], name: str, prefix: str) -> list[Token]:
    """Keep links to the web, lead others to the console's pages, and drop what leads nowhere.

    Pictures are not shown: their descriptions are.
    """
    kept: list[Token] = []
    open_links: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            href = _address(str(token.attrGet("href")), name, prefix)
            open_links.append(bool(href))
            token.attrSet("href", href)
            token.attrSet("rel", "noreferrer")
        if token.type == "image":
            kept.append(Token("text", "", 0, content=token.content))
        elif token.type == "link_close":
            kept += [token] if open_links.pop() else []
        elif token.type != "link_open" or open_links[-1]:
            kept.append(token)
    return kept


def _address(href: str, name: str, prefix: str) -> str:
    """Return where a link of a page leads in the console; empty if to no page of it."""
    if href.startswith((*_WEB, "#")):
        return href
    path, _, anchor = href.partition("#")
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / path.removesuffix(".md")).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    found = "/".join(parts)
    if not path.endswith(".md") or file_of(found) is None:
        return ""
    return f"{prefix}{found}" + (f"#{anchor}" if anchor else "")


def _with_scrolling_tables(parser: MarkdownIt, tokens: Sequence[Token]) -> str:
    """Return the HTML, in which a wide table scrolls alone."""
    number = 0
    parts: list[str] = []
    for part in re.split(r"(</?table>)", str(parser.renderer.render(tokens, parser.options, {}))):
        if part == "<table>":
            number += 1
            where = f'role="region" aria-label="Table {number}" tabindex="0"'
            parts.append(f'<div class="scroll" {where}><table>')
        else:
            parts.append("</table></div>" if part == "</table>" else part)
    return "".join(parts)


def _anchor(heading: str) -> str:
    """Return a heading's anchor, as GitHub and the documentation site make it."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")
