"""Tokens in personal links, and why one is refused. Pure.

A token is base64url (RFC 4648 §5) without padding over

    version 1 | key number 2 | scope 1 | customer 4 | issued 4 | expires 4 | person 16
    | revision 3 | batch 3 | recipient 16 | change id ...                     | HMAC-SHA256 16

Numbers are big-endian. Times are whole minutes since 1970; an expiry of 0 means never. Revision,
batch and recipient say where the ledger has the address, which no token contains.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from enum import Enum, StrEnum
from hashlib import sha256

from changecast.customer.responding.keyring import Keyring

VERSION = 1
MAC_BYTES = 16
LONGEST = 400
# The person in a link that does not belong to one person.
NOBODY = "0" * 32
_PURPOSE = "token"
_FIXED = 54
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,400}")


class Scope(Enum):
    """What a token grants."""

    RESPOND = 1
    FEED = 2
    PREFERENCES = 3
    VIEW = 4


class Refusal(StrEnum):
    """Why a token grants nothing; each has its own page."""

    INVALID = "invalid"
    OTHER_CUSTOMER = "other_customer"
    OTHER_SCOPE = "other_scope"
    EXPIRED = "expired"
    REVOKED = "revoked"
    GONE = "gone"


class TokenRefused(Exception):
    """A token that grants nothing here."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True)
class Token:
    """A link's person, change and lifetime. Times are epoch seconds; `expires_at` 0 is never.

    A feed's token names no change, and a token to view a change names no person.
    """

    scope: Scope
    customer: str
    person: str
    issued_at: float
    expires_at: float
    change_id: str = ""
    revision: int = 0
    batch: int = 0
    recipient: str = "0" * 32


def issue(keyring: Keyring, token: Token) -> str:
    """Return the token for a link, signed with the current key."""
    number = keyring.current
    body = number.to_bytes(2, "big") + _body(token)
    whole = bytes([VERSION]) + body
    return _encoded(whole + keyring.mac(number, _PURPOSE, whole)[:MAC_BYTES])


def key_number(text: str) -> int:
    """Return the number of a token's key; TokenRefused if it is not a token."""
    return int.from_bytes(_decoded(text)[1:3], "big")


def read(keyring: Keyring, text: str, scope: Scope, customer: str, now: float) -> Token:
    """Return a token that grants `scope` now, for this customer.

    Raises:
        TokenRefused: It was not issued, is for another customer or scope, or has expired.
    """
    whole = _decoded(text)
    signed, mac = whole[:-MAC_BYTES], whole[-MAC_BYTES:]
    if whole[4:8] != _customer_tag(customer):
        raise TokenRefused(Refusal.OTHER_CUSTOMER)
    number = int.from_bytes(whole[1:3], "big")
    if number not in keyring.keys:
        raise TokenRefused(Refusal.INVALID)
    expected = keyring.mac(number, _PURPOSE, signed)[:MAC_BYTES]
    if not hmac.compare_digest(mac, expected):
        raise TokenRefused(Refusal.INVALID)
    token = _token(signed, customer)
    if token.scope is not scope:
        raise TokenRefused(Refusal.OTHER_SCOPE)
    if token.expires_at and now >= token.expires_at:
        raise TokenRefused(Refusal.EXPIRED)
    return token


def _body(token: Token) -> bytes:
    return b"".join(
        (
            bytes([token.scope.value]),
            _customer_tag(token.customer),
            _minutes(token.issued_at),
            _minutes(token.expires_at),
            bytes.fromhex(token.person),
            token.revision.to_bytes(3, "big"),
            token.batch.to_bytes(3, "big"),
            bytes.fromhex(token.recipient),
            token.change_id.encode("ascii"),
        )
    )


def _token(signed: bytes, customer: str) -> Token:
    """Return the parts of a token whose signature was checked."""
    return Token(
        Scope(signed[3]),
        customer,
        signed[16:32].hex(),
        int.from_bytes(signed[8:12], "big") * 60.0,
        int.from_bytes(signed[12:16], "big") * 60.0,
        signed[_FIXED:].decode("ascii"),
        int.from_bytes(signed[32:35], "big"),
        int.from_bytes(signed[35:38], "big"),
        signed[38:_FIXED].hex(),
    )


def _decoded(text: str) -> bytes:
    """Return the bytes of a token; TokenRefused if it is not a token, or not in our spelling."""
    if not _TOKEN.fullmatch(text):
        raise TokenRefused(Refusal.INVALID)
    try:
        whole = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError) as error:
        raise TokenRefused(Refusal.INVALID) from error
    if len(whole) < _FIXED + MAC_BYTES or whole[0] != VERSION or _encoded(whole) != text:
        raise TokenRefused(Refusal.INVALID)
    return whole


def _encoded(whole: bytes) -> str:
    return urlsafe_b64encode(whole).rstrip(b"=").decode("ascii")


def _customer_tag(customer: str) -> bytes:
    return sha256(customer.encode()).digest()[:4]


def _minutes(seconds: float) -> bytes:
    return int(seconds // 60).to_bytes(4, "big")
