"""Make long documents fit: Gmail clips a mail at 102 kB of HTML, so we shorten it before.

https://support.google.com/mail/answer/6594 (message clipped)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from changecast.customer.compose.content import Anchor, ChangedField, Content, Fact, Section
from changecast.customer.compose.text.cuts import start_of
from changecast.customer.compose.words import Words

HTML_LIMIT = 100_000


@dataclass(frozen=True)
class Limits:
    """The longest text and address (characters), and the longest list (items)."""

    text: int
    url: int
    items: int


# The last one fits any document.
STEPS = (
    Limits(8_000, 2_000, 40),
    Limits(3_000, 1_000, 15),
    Limits(800, 500, 8),
    Limits(150, 300, 3),
)


def candidates(whole: Content, words: Words, file: str) -> Iterator[Content]:
    """Yield the content, visibly cut, with ever smaller limits; the last one always fits.

    `file` is the name of the attachment with the whole text.
    """
    for limits in STEPS:
        yield Cut(limits, words, file).content(whole)


@dataclass(frozen=True)
class Cut:
    """Cuts texts, lists and links to one set of limits."""

    limits: Limits
    words: Words
    file: str

    def content(self, whole: Content) -> Content:
        """Return the content with every part cut."""
        return replace(
            whole,
            action=self.link(whole.action),
            survey=self.link(whole.survey),
            key_facts=tuple(map(self.fact, whole.key_facts)),
            details=tuple(map(self.fact, whole.details)),
            changed=tuple(map(self.changed, whole.changed)),
            first=tuple(map(self.section, whole.first)),
            sections=tuple(map(self.section, whole.sections)),
            links=self.anchors(whole.links),
            documents=self.anchors(whole.documents),
        )

    def text(self, value: str) -> str:
        """Return a text, and how many characters are missing at its end."""
        kept = start_of(value, self.limits.text)
        left = len(value) - len(kept)
        return kept + self._said("cut", left) if left else value

    def section(self, value: Section) -> Section:
        """Return a section with its text cut."""
        return Section(value.heading, self.text(value.text))

    def fact(self, value: Fact) -> Fact:
        """Return a fact with its lines cut."""
        return replace(value, lines=tuple(map(self.text, value.lines)))

    def changed(self, row: ChangedField) -> ChangedField:
        """Return both sides of a difference, cut."""
        return replace(row, old=self.text(row.old), new=self.text(row.new))

    def anchors(self, values: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
        """Return a list of links, and how many are missing at its end."""
        kept = tuple(map(self.anchor, values[: self.limits.items]))
        left = len(values) - len(kept)
        return (*kept, Anchor(self._said("more", left), None)) if left else kept

    def link(self, value: Anchor | None) -> Anchor | None:
        """Return a single link; None if its address is too long."""
        cut = value and self.anchor(value)
        return cut if cut and cut.url else None

    def anchor(self, value: Anchor) -> Anchor:
        """Return a link; one whose address is too long is only named."""
        fits = value.url is None or len(value.url) <= self.limits.url
        return replace(value, title=self.text(value.title), url=value.url if fits else None)

    def _said(self, key: str, left: int) -> str:
        return self.words("text", key).format(left=left, file=self.file)
