"""Proof that a person means an answer: the page's nonce, and a code by mail. Pure.

The nonce is computed from what the page showed, so opening a page stores nothing. A code is
computed from its person and its number, so neither ledger nor queue contains one.
"""

import hmac

from changecast.customer.responding.keyring import FIRST, Keyring

HOUR = 3_600
DIGITS = 8


def nonce(keyring: Keyring, token: str, revision: int, version: int, now: float) -> str:
    """Return the nonce of a page with this revision and this version of the answer."""
    return _nonce(keyring, token, revision, version, int(now // HOUR))


def is_nonce(
    keyring: Keyring, text: str, token: str, revision: int, version: int, now: float
) -> bool:
    """Return whether a page of this hour or the last one had this nonce.

    The next hour counts too: the function that showed the page may have a clock that is ahead.
    """
    hour = int(now // HOUR)
    return any(
        hmac.compare_digest(
            text.encode("utf-8", "replace"),
            _nonce(keyring, token, revision, version, each).encode(),
        )
        for each in (hour, hour - 1, hour + 1)
    )


def code_of(keyring: Keyring, person: str, change_id: str, number: int) -> str:
    """Return a person's confirmation code of this number."""
    mac = keyring.mac(FIRST, "code", person.encode(), change_id.encode(), str(number).encode())
    return f"{int.from_bytes(mac[:8], 'big') % 10**DIGITS:0{DIGITS}d}"


def is_code(given: str, expected: str) -> bool:
    """Return whether the entered text is the code, ignoring blanks."""
    return hmac.compare_digest("".join(given.split()).encode("utf-8", "replace"), expected.encode())


def _nonce(keyring: Keyring, token: str, revision: int, version: int, hour: int) -> str:
    parts = (token, str(revision), str(version), str(hour))
    # The key that never changes, so that a rotation ends no open page.
    return keyring.mac(FIRST, "nonce", *(part.encode() for part in parts))[:16].hex()
