"""The domains in a change's texts that mail programs turn into links. Pure.

That is every web and mail address in any field, and a bare name that ends like an internet name
(https://publicsuffix.org). Addresses that programs read differently, such as a user before the host
or a character beyond ASCII, count as no allowed domain.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from changecast.contract.change import Change

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Browsers accept any number of slashes of either kind; the next one ends the host (WHATWG URL).
_LINK = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:[/\\]{2,}[^\s<>\"]*", re.IGNORECASE)
# Links inside links count too, because a page may redirect to them.
_AUTHORITY = re.compile(r"(?<=[a-z0-9]:)[/\\]{2,}([^\s/\\?#<>\"]*)", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@/]@((?:[\w-]+\.)+[\w-]+)")
# A name as seen by programs that know only ASCII, and by those that know all letters.
_NAMES = (
    re.compile(r"(?<![a-z0-9._@/\\-])(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", re.IGNORECASE),
    re.compile(r"(?<![\w.@/\\-])(?:[\w-]{1,63}\.)+[\w-]{2,63}"),
)
_PORT = re.compile(r"(?<!:):[0-9]*$")
_AFTER_A_LINK = ".,;:!?)]}>*_'"
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")


def foreign_domains(change: Change, allowed: frozenset[str]) -> list[str]:
    """Return the domains that a change links to, except allowed ones and their subdomains."""
    said = change.model_dump(mode="json", exclude={"history"})
    found = {host for text in _texts(said) for host in _hosts(text)}
    return sorted(host for host in found if not _is_within(host, allowed))


def _is_within(host: str, allowed: Iterable[str]) -> bool:
    if not _PLAIN_HOST.fullmatch(host):
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in allowed)


def _texts(said: Any) -> Iterator[str]:
    """Yield every string of a document at any depth, including keys."""
    unread = [said]
    while unread:
        match unread.pop():
            case str() as text:
                yield text
            case dict() as fields:
                unread += [*fields.keys(), *fields.values()]
            case list() as items:
                unread += items


def _hosts(text: str) -> Iterator[str]:
    if "mailto:" in text.lower():
        text = unquote(text)  # RFC 6068 §2: any part of a mail address may be percent-encoded
    for reading in {text, _folded(text)}:
        yield from filter(None, map(_host, _AUTHORITY.findall(reading)))
        yield from map(str.lower, _MAIL.findall(reading))
        rest = _LINK.sub(" ", reading)
        for pattern in _NAMES:
            yield from filter(_ends_as_a_domain, map(str.lower, pattern.findall(rest)))


def _folded(text: str) -> str:
    """Return the text as read by a program that folds letters and skips invisible ones."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")


def _host(authority: str) -> str:
    """Return the host of an authority, with its user if it has one; "" if there is none."""
    return _PORT.sub("", authority.lower().rstrip(_AFTER_A_LINK)).rstrip(".")


def _ends_as_a_domain(name: str) -> bool:
    return _suffixes().publicsuffix(name) is not None


@lru_cache(maxsize=1)
def _suffixes() -> "PublicSuffixList":
    # Loaded only if link domains are limited.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return PublicSuffixList(accept_unknown=False)
