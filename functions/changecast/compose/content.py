"""What one mail says, before it is text or HTML: both are made from the same Content."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A label and what stands beside it, in lines; the first `strong` of them stand out."""

    label: str
    lines: tuple[str, ...]
    strong: int = 0


@dataclass(frozen=True)
class Section:
    """A heading and a text with its own line breaks."""

    heading: str
    text: str


@dataclass(frozen=True)
class Changed:
    """One field, as it was told before and as it is now."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Anchor:
    """Something to open. `url` is None where the document gives only a name."""

    title: str
    url: str | None


@dataclass(frozen=True)
class Content:
    """Everything that a mail says, in the order in which people read it."""

    language: str
    subject: str
    kind: str
    urgency: str
    title: str
    lead: str
    test: str
    action: Anchor | None
    key_facts: tuple[Fact, ...]
    changed: tuple[Changed, ...]
    sections: tuple[Section, ...]
    links: tuple[Anchor, ...]
    documents: tuple[Anchor, ...]
    details: tuple[Fact, ...]
    why: str
