"""Mail addresses as people paste them, and the spelling that SES accepts. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from changecast.customer.planning.recipients import normalise

_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_QUERY = re.compile(r"\?[a-z]+=.*", re.IGNORECASE)
_BEFORE, _AFTER = "<>()[]{}\"'`*•·:", "<>()[]{}\"'`*.,;:!?"
# Variation selectors count as marks, but are as invisible as format characters.
_INVISIBLE = ("Cf", "Cc")


@dataclass(frozen=True)
class Address:
    """An address as stored, what was changed in it, and why it cannot be used."""

    text: str
    note: str = ""
    fault: str = ""


def read_address(word: str) -> Address:
    """Read one word with an address, without `mailto:`, brackets and trailing dots."""
    visible = "".join(letter for letter in word if not _is_invisible(letter)).strip()
    bare = _QUERY.sub("", _MAILTO.sub("", visible.strip(_BEFORE))).lstrip(_BEFORE).rstrip(_AFTER)
    fault = _fault(bare)
    if fault:
        return Address(bare, fault=f"is not a mail address: {fault}")
    stored = with_ascii_domain(bare)
    notes = []
    if visible != word.strip():
        notes.append("invisible characters removed")
    if stored != bare:
        notes.append(f"{bare} is stored as {stored}")
    return Address(stored, "; ".join(notes))


def mailbox_of(address: str) -> str:
    """Return one spelling per mailbox; a domain in another script equals its `xn--` form."""
    return normalise(with_ascii_domain(address.strip()))


def with_ascii_domain(address: str) -> str:
    """Return the address with its domain in `xn--` form; unchanged if that is impossible."""
    local, _, domain = address.rpartition("@")
    if domain.isascii() or _has_compatibility_letters(domain):
        return address
    try:
        found = validate_email(f"a@{domain}", check_deliverability=False)
    except EmailNotValidError:
        return address
    return f"{local}@{found.ascii_domain}"


def _fault(address: str) -> str:
    if _has_compatibility_letters(address.rpartition("@")[2]):
        return "the domain has letters that only look like other letters; type the address again"
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        return str(error)
    return ""


def _has_compatibility_letters(domain: str) -> bool:
    """Return whether other software may read a letter as another, such as the Kelvin sign as k."""
    composed = unicodedata.normalize("NFC", domain)
    folded = unicodedata.normalize("NFKC", domain)
    return folded != composed or any(
        not letter.isascii() and unicodedata.normalize("NFKC", letter).isascii()
        for letter in domain
    )


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in _INVISIBLE or "\ufe00" <= letter <= "\ufe0f"
