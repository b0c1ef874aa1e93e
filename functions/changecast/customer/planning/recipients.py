"""Which of a topic's contacts get a mail, once each."""

from string import ascii_lowercase, ascii_uppercase

from changecast.customer.ledger.schema import recipient_key

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def normalise(address: str) -> str:
    """Return one spelling per mailbox: no spaces around it, domain and local part in lower case.

    RFC 5321 §2.4 allows local parts that differ only by case, but no mailbox provider does, and a
    second mail annoys. Only ASCII letters are folded: the Kelvin sign in lower case is a k, which
    is another mailbox.
    """
    return address.strip().translate(_LOWER)


def allowed(address: str, *, environment: str, allow_list: frozenset[str], test: bool) -> bool:
    """Return whether this account may mail the address.

    Outside `prod`, and in tests, only addresses on the allow-list may be mailed. It has addresses
    and @domains; an empty list allows nobody.
    """
    if environment == "prod" and not test:
        return True
    mail = normalise(address)
    return mail in allow_list or f"@{mail.rpartition('@')[2]}" in allow_list


def key_of(customer: str, change_id: str, revision: int, address: str) -> str:
    """Return the recipient's key for ledger, tags and logs, which must not contain the address."""
    return recipient_key(customer, change_id, revision, normalise(address))
