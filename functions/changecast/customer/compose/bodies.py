"""Write content as text and as HTML. Data is never a template, and never markup.

Jinja's sandbox with autoescape: https://jinja.palletsprojects.com/en/stable/sandbox/
"""

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape
from jinja2.loaders import BaseLoader, ChoiceLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

from changecast.customer.compose.brand import Brand, ink_on
from changecast.customer.compose.content import Anchor, Content
from changecast.customer.compose.text.differences import breaks, marked
from changecast.customer.compose.text.markdown import blocks, inline
from changecast.customer.compose.text.wrapping import columns, hung, wrapped
from changecast.customer.compose.words import words_in

FOLDER = Path(__file__).parent / "templates"
# SES puts the recipient's own link here.
# https://docs.aws.amazon.com/ses/latest/dg/sending-email-subscription-management.html
UNSUBSCRIBE = "{{amazonSESUnsubscribeUrl}}"
_BLANK_LINES = re.compile(r"\n{3,}")


def text(content: Content, brand: Brand) -> str:
    """Return the mail as plain text."""
    return wrapped(_render("mail.txt.j2", content, brand, UNSUBSCRIBE))


def html(content: Content, brand: Brand) -> str:
    """Return the mail as one HTML page without scripts; its only picture is the customer's logo."""
    return _render("mail.html.j2", content, brand, UNSUBSCRIBE)


def attachment(content: Content, brand: Brand) -> str:
    """Return the complete text for the attachment, without a recipient's own link."""
    return wrapped(_render("mail.txt.j2", content, brand, ""))


def _render(template: str, content: Content, brand: Brand, unsubscribe: str) -> str:
    rendered = (
        environment(brand.templates)
        .get_template(template)
        .render(
            content=content,
            links=_unsaid(content),
            brand=brand,
            words=words_in(brand.language, brand.timezone),
            unsubscribe=unsubscribe,
        )
    )
    return _BLANK_LINES.sub("\n\n", rendered.strip()) + "\n"


def _unsaid(content: Content) -> tuple[Anchor, ...]:
    """Return the links that no text of the mail has already."""
    sections = (*content.first, *content.sections)
    facts = (line for fact in content.key_facts for line in fact.lines)
    texts = (content.asked, *(section.text for section in sections), *facts)
    return tuple(link for link in content.links if not any(_leads(text, link) for text in texts))


def _leads(text: str, link: Anchor) -> bool:
    """Return whether a text has a link to the same address; code, for example, has none."""
    if not link.url or link.url.partition("?")[0] not in text:
        return False
    return f'href="{escape(link.url)}"' in blocks(text)


@lru_cache(maxsize=8)
def environment(overrides: str) -> Environment:
    """Return an environment with the templates in `overrides` before ours (`default/…`)."""
    ours = FileSystemLoader(FOLDER)
    loaders: list[BaseLoader] = [FileSystemLoader(overrides)] if overrides else []
    found = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*loaders, ours, PrefixLoader({"default": ours})]),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(breaks=breaks, blocks=blocks, inline=inline, columns=columns, hung=hung)
    found.globals.update(marked=marked, ink_on=ink_on)
    return found
