"""How a field is written: plain text, Markdown, HTML or Jira's wiki markup.

HTML and wiki markup become text with a little Markdown, so that readers see no tags.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from changecast.contract.fields import TEXT_LIMIT
from changecast.contract.markup import is_html
from changecast.customer.compose.text.cuts import start_of
from changecast.customer.compose.text.jira import is_wiki, wiki_as_text

_LINES = re.compile(r"<(?:p|div|br|ul|ol|li|table|tr|h[1-6]|pre|blockquote)[\s/>]", re.I)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKDOWN = (
    r"\*\*\S|__\S|`[^`\n]{1,300}`|^#{1,6} |^```|^> |^\|.*\|$"
    r"|\[[^\[\]\n]{1,300}\]\([^)\s]{1,2000}\)"
)


class Form(StrEnum):
    """Form in which a text is written."""

    PLAIN = "plain text"
    MARKDOWN = "Markdown"
    HTML = "HTML"
    WIKI = "Jira wiki markup"


class TextReading(NamedTuple):
    """A text as readers see it, and the form in which it was written."""

    text: str
    form: Form


@lru_cache(maxsize=256)
def read(value: str) -> TextReading:
    """Recognize how a text is written, and turn HTML and wiki markup into text."""
    if is_html(value):
        # Few documents contain HTML, so its parser is loaded only for those.
        from changecast.customer.compose.text.html import html_as_text  # noqa: PLC0415

        # Without an element that makes lines, keep the writer's own line breaks.
        whole = value if _LINES.search(value) else value.replace("\n", "<br>")
        text = _CONTROLS.sub("", html_as_text(whole))
        return TextReading(start_of(text, TEXT_LIMIT), Form.HTML)
    if is_wiki(value):
        return TextReading(wiki_as_text(value), Form.WIKI)
    return TextReading(
        value, Form.MARKDOWN if re.search(_MARKDOWN, value, re.MULTILINE) else Form.PLAIN
    )
