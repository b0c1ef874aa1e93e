"""Long documents made to fit: Gmail cuts a mail off at 102 kB of HTML, so we do it first, visibly.

https://support.google.com/mail/answer/6594 (message clipped)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from changecast.compose.content import Anchor, Changed, Content, Fact, Section
from changecast.compose.words import Words

HTML_LIMIT = 100_000


@dataclass(frozen=True)
class Limits:
    """The longest text and address (characters), and the longest list (items)."""

    text: int
    url: int
    items: int


# The last one fits whatever the document holds.
STEPS = (
    Limits(8_000, 2_000, 40),
    Limits(3_000, 1_000, 15),
    Limits(800, 500, 8),
    Limits(150, 300, 3),
)


def candidates(whole: Content, words: Words, file: str) -> Iterator[Content]:
    """The content cut less and then more, each time visibly; the last one fits in any case.

    `file` is the name of the attachment that will hold the whole text.
    """
    for limits in STEPS:
        yield Cut(limits, words, file).content(whole)


@dataclass(frozen=True)
class Cut:
    """How everything is cut to one set of limits: the same for texts, lists and links."""

    limits: Limits
    words: Words
    file: str

    def content(self, whole: Content) -> Content:
        """The content with every part of it cut."""
        action = whole.action and self.anchor(whole.action)
        return replace(
            whole,
            action=action if action and action.url else None,
            key_facts=tuple(map(self.fact, whole.key_facts)),
            details=tuple(map(self.fact, whole.details)),
            changed=tuple(map(self.changed, whole.changed)),
            sections=tuple(Section(part.heading, self.text(part.text)) for part in whole.sections),
            links=self.anchors(whole.links),
            documents=self.anchors(whole.documents),
        )

    def text(self, value: str) -> str:
        """A text, and how many characters are missing at its end."""
        left = len(value) - self.limits.text
        if left <= 0:
            return value
        return value[: self.limits.text] + self._said("cut", left)

    def fact(self, value: Fact) -> Fact:
        """A fact with its lines cut."""
        return replace(value, lines=tuple(map(self.text, value.lines)))

    def changed(self, row: Changed) -> Changed:
        """Both sides of a difference cut."""
        return Changed(row.label, self.text(row.old), self.text(row.new))

    def anchors(self, values: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
        """A list of links, and how many are missing at its end."""
        kept = tuple(map(self.anchor, values[: self.limits.items]))
        left = len(values) - len(kept)
        return (*kept, Anchor(self._said("more", left), None)) if left else kept

    def anchor(self, value: Anchor) -> Anchor:
        """A link; one whose address is too long is only named."""
        fits = value.url is None or len(value.url) <= self.limits.url
        return Anchor(self.text(value.title), value.url if fits else None)

    def _said(self, key: str, left: int) -> str:
        return self.words("text", key).format(left=left, file=self.file)
