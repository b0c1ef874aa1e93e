"""Lines of addresses as mail programs, spreadsheets and people write them. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from changecast_cli.contacts import words
from changecast_cli.contacts.addresses import Address, mailbox_of, read_address

# Parts between separators; inside quotes, brackets or parentheses, a separator is text.
_PART = re.compile(r'(?:"[^"]*"|<[^<>]*>|\([^()]*\)|[^,;|\t，；、])+')
_IN_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
_QUOTED = re.compile(r'"[^"]*"')
_MARKS = re.compile(r"^\s*(?:[-*•·–]|\d+[.)])\s+")
ADVICE = "keep only names and addresses, or name the columns in the first line"


@dataclass(frozen=True)
class _Part:
    addresses: tuple[str, ...]
    text: str
    is_name: bool
    """Whether the text is before an address in brackets, where any name is allowed."""


def addresses_in(line: str) -> Iterator[Address]:
    """Yield every address of a line; with a fault if the line has more than names."""
    parts = [_part(part) for part in _PART.findall(_MARKS.sub("", line))]
    reason = _refused(parts)
    if reason:
        yield Address(line.strip()[:80], fault=reason)
        return
    for part in parts:
        yield from (read_address(word) for word in part.addresses)


def _part(text: str) -> _Part:
    text = words.MAIL_FIELDS.sub("", text, count=1) if words.MAIL_FIELDS.match(text) else text
    bracketed = _IN_BRACKETS.findall(text)
    if bracketed:
        name = _IN_BRACKETS.sub(" ", text)
        return _Part(tuple(_words_with_sign(" ".join(bracketed))), name, is_name=True)
    found = tuple(_words_with_sign(text))
    rest = " ".join(word for word in text.split() if word not in found)
    return _Part(found, rest, is_name=False)


def _words_with_sign(text: str) -> list[str]:
    return [word for word in text.split() if "@" in word]


def _refused(parts: list[_Part]) -> str:
    """Return why the line is not only names and addresses; empty if it is."""
    if not any(part.addresses for part in parts):
        return "has no address"
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        surname = following is not None and following.is_name and not part.addresses
        reason = _name_fault(part) if part.is_name or surname else _text_fault(part.text)
        if reason:
            return reason
    return ""


def _name_fault(part: _Part) -> str:
    """Return whether a name before brackets is anything but another address or a request."""
    others = [read_address(word).text for word in _words_with_sign(part.text.replace('"', " "))]
    own = {mailbox_of(read_address(word).text) for word in part.addresses}
    for other in others:
        if mailbox_of(other) not in own:
            return f"has two addresses for one person, {other} and {', '.join(sorted(own))}"
    first = part.text.split()[:1]
    is_request = bool(first) and first[0].casefold().strip('":') in words.REQUESTS
    if is_request or (not part.addresses and _is_choice(part.text)):
        return f"has more than names and addresses ({part.text.strip()!r}): {ADVICE}"
    return ""


def _text_fault(text: str) -> str:
    """Return why text beside a bare address is not a name, as `yes`, `call` or `left`."""
    left = [word.strip("()'\"") for word in _QUOTED.sub(" ", text).split()]
    strange = [word for word in left if word and not _is_name(word)]
    quoted = [found for found in _QUOTED.findall(text) if not _may_be_quoted(found)]
    if strange or quoted or _is_choice(text):
        return f"has more than names and addresses ({text.strip()[:60]!r}): {ADVICE}"
    return ""


def _may_be_quoted(text: str) -> bool:
    return not _is_choice(text) and "@" not in text


def _is_name(word: str) -> bool:
    is_initial = len(words.plain(word)) == 1
    if (_is_choice(word) and not is_initial) or word.casefold() in words.REQUESTS:
        return False
    return not word[0].islower() or word.casefold() in words.PARTICLES


def _is_choice(word: str) -> bool:
    folded = words.plain(word)
    return folded in words.YES | words.NO or folded in words.STATUSES
