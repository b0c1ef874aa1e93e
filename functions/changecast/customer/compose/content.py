"""What one mail says, before it becomes text and HTML, which are made from the same Content."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A label and its lines; the first `strong` of them are emphasized."""

    label: str
    lines: tuple[str, ...]
    strong: int = 0


@dataclass(frozen=True)
class Section:
    """A heading and a text with its own line breaks."""

    heading: str
    text: str


@dataclass(frozen=True)
class ChangedField:
    """One field's old and new value.

    With `by_line`, lines that differ are marked as a whole, never word by word.
    """

    label: str
    old: str
    new: str
    by_line: bool = False


@dataclass(frozen=True)
class Anchor:
    """A link. `url` is None if the document gives only a name.

    `opens` says what a button opens, if its title does not.
    """

    title: str
    url: str | None
    opens: str = ""


@dataclass(frozen=True)
class Content:
    """Everything that a mail says, in the order in which people read it.

    `lead` is the `opening` and what is `asked` of the reader in one paragraph; mails set the second
    apart. `look` names the colours of this kind of mail in templates/look.j2. `first` is what the
    reader must do and what concerns only this customer. `respond` links to the reader's own page if
    the button does not; `survey` asks how it went.
    """

    language: str
    subject: str
    preheader: str
    speaker: str
    kind: str
    look: str
    title: str
    lead: str
    opening: str
    asked: str
    test: str
    first: tuple[Section, ...]
    action: Anchor | None
    respond: Anchor | None
    survey: Anchor | None
    key_facts: tuple[Fact, ...]
    changed: tuple[ChangedField, ...]
    sections: tuple[Section, ...]
    links: tuple[Anchor, ...]
    documents: tuple[Anchor, ...]
    details: tuple[Fact, ...]
    why: str
