"""Content as text and as HTML. Data is never a template, and never markup.

Jinja's sandbox with autoescape: https://jinja.palletsprojects.com/en/stable/sandbox/
"""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape
from jinja2.loaders import BaseLoader, ChoiceLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from changecast.compose.brand import Brand
from changecast.compose.content import Content
from changecast.compose.markup import blocks, breaks, linked, marked
from changecast.compose.words import words_in

FOLDER = Path(__file__).parent / "templates"
# SES puts the recipient's own link here.
# https://docs.aws.amazon.com/ses/latest/dg/sending-email-subscription-management.html
UNSUBSCRIBE = "{{amazonSESUnsubscribeUrl}}"


def text(content: Content, brand: Brand) -> str:
    """The mail as plain text."""
    return _render("mail.txt.j2", content, brand, UNSUBSCRIBE)


def html(content: Content, brand: Brand) -> str:
    """The mail as one HTML page without images or scripts."""
    return _render("mail.html.j2", content, brand, UNSUBSCRIBE)


def attachment(content: Content, brand: Brand) -> str:
    """The whole text for a file of its own, which has no link of a recipient."""
    return _render("mail.txt.j2", content, brand, "")


def _render(template: str, content: Content, brand: Brand, unsubscribe: str) -> str:
    rendered = (
        environment(brand.templates)
        .get_template(template)
        .render(
            content=content,
            brand=brand,
            words=words_in(brand.language),
            unsubscribe=unsubscribe,
        )
    )
    return rendered.strip() + "\n"


@lru_cache(maxsize=8)
def environment(overrides: str) -> Environment:
    """Templates of the folder `overrides` before ours; ours are `default/…` to those."""
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
    found.filters.update(breaks=breaks, blocks=blocks, linked=linked)
    found.globals["marked"] = marked
    return found
