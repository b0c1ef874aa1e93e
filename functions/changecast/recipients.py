"""Who of a topic's contacts gets a mail, once each."""

from collections.abc import Iterable
from string import ascii_lowercase, ascii_uppercase

from changecast.ledger_items import recipient_key

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def normalise(address: str) -> str:
    """One spelling per mailbox: no spaces around, domain in lower case, local part in lower case.

    RFC 5321 §2.4 lets local parts differ by case; no mailbox provider does, and two mails hurt.
    Only the letters of ASCII: the Kelvin sign in lower case is a k, and another's mailbox.
    """
    return address.strip().translate(_LOWER)


def allowed(address: str, *, environment: str, allow_list: frozenset[str], test: bool) -> bool:
    """Whether this account may mail the address: outside `prod`, and in tests, only the allow-list.

    The list holds addresses and @domains; an empty list allows nobody.
    """
    if environment == "prod" and not test:
        return True
    mail = normalise(address)
    return mail in allow_list or f"@{mail.rpartition('@')[2]}" in allow_list


def unique(addresses: Iterable[str]) -> list[str]:
    """Normalised addresses, each once, in a stable order."""
    return sorted({normalise(address) for address in addresses if address.strip()})


def key_of(customer: str, change_id: str, revision: int, address: str) -> str:
    """The recipient's key in ledger, tags and logs, where its address must not be."""
    return recipient_key(customer, change_id, revision, normalise(address))
