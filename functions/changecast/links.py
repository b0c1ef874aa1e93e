"""Where the words of a change lead: the domains of all that mail programs make links of. Pure.

That is every web and mail address, in whatever field it stands, and a bare name where it ends as
names of the internet do (https://publicsuffix.org). What programs read differently, such as a user
before the host or a sign beyond ASCII, is nobody's own domain and so belongs to none.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from changecast.change import Change

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Browsers take any number of slashes of either kind, and end the host at the next (WHATWG URL).
_LINK = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:[/\\]{2,}[^\s<>\"]*", re.IGNORECASE)
# Links inside of links count too: the other end may lead on to them.
_AUTHORITY = re.compile(r"(?<=[a-z0-9]:)[/\\]{2,}([^\s/\\?#<>\"]*)", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@/]@((?:[\w-]+\.)+[\w-]+)")
# A name as programs see it that know only ASCII, and as those do that know all letters.
_NAMES = (
    re.compile(r"(?<![a-z0-9._@/\\-])(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", re.IGNORECASE),
    re.compile(r"(?<![\w.@/\\-])(?:[\w-]{1,63}\.)+[\w-]{2,63}"),
)
_PORT = re.compile(r"(?<!:):[0-9]*$")
_AFTER_A_LINK = ".,;:!?)]}>*_'"
_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")


def foreign_domains(change: Change, allowed: frozenset[str]) -> list[str]:
    """The domains that a change leads to and that are neither allowed nor below an allowed one."""
    said = change.model_dump(mode="json", exclude={"history"})
    found = {host for text in _texts(said) for host in _hosts(text)}
    return sorted(host for host in found if not _is_within(host, allowed))


def _is_within(host: str, allowed: Iterable[str]) -> bool:
    if not _PLAIN_HOST.fullmatch(host):
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in allowed)


def _texts(said: Any) -> Iterator[str]:
    """Every string of a document, keys too, however deep."""
    waiting = [said]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as fields:
                waiting += [*fields.keys(), *fields.values()]
            case list() as items:
                waiting += items


def _hosts(text: str) -> Iterator[str]:
    if "mailto:" in text.lower():
        text = unquote(text)  # RFC 6068 §2: any part of a mail address may be encoded there
    for reading in {text, _folded(text)}:
        yield from filter(None, map(_host, _AUTHORITY.findall(reading)))
        yield from map(str.lower, _MAIL.findall(reading))
        rest = _LINK.sub(" ", reading)
        for pattern in _NAMES:
            yield from filter(_ends_as_a_domain, map(str.lower, pattern.findall(rest)))


def _folded(text: str) -> str:
    """The text as programs may read it that fold letters and skip what is not seen."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")


def _host(authority: str) -> str:
    """The host of an authority, still with its user if it has one; "" where there is none."""
    return _PORT.sub("", authority.lower().rstrip(_AFTER_A_LINK)).rstrip(".")


def _ends_as_a_domain(name: str) -> bool:
    return _suffixes().publicsuffix(name) is not None


@lru_cache(maxsize=1)
def _suffixes() -> "PublicSuffixList":
    # Only where link domains are limited: everybody else starts without it.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return PublicSuffixList(accept_unknown=False)
