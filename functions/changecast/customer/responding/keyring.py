"""The account's keys for personal links, and the pseudonyms made with them.

The keyring is a JSON object in Secrets Manager: `current` names the key that signs, every other
name is the number of a key. A rotation adds a key and keeps the others, so that no link ends early.
Pseudonyms are always made with key 1, so that a person keeps theirs.
"""

import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ContractError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger("changecast")

FIRST = 1
MOST_KEYS = 65_535
# How long a function uses the keyring that it has read (seconds).
FRESH_SECONDS = 300.0
# How soon it reads the keyring again for an unknown key (seconds).
LACKING_SECONDS = 10.0
SHORTEST_KEY = 32


@dataclass(frozen=True)
class Keyring:
    """The keys by number, and the number of the one that signs."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int

    def mac(self, number: int, purpose: str, *parts: bytes) -> bytes:
        """Return the HMAC-SHA256 of the parts for one purpose; KeyError if there is no such key."""
        own = hmac.digest(self.keys[number], purpose.encode(), "sha256")
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(own, framed, "sha256")

    def person(self, address: str) -> str:
        """Return the pseudonym of a normalised address's owner: 32 hex digits."""
        return self.mac(FIRST, "person", address.encode("utf-8", "surrogatepass"))[:16].hex()

    def responder(self, person: str) -> str:
        """Return a person's pseudonym for the hub: 16 hex digits."""
        return self.mac(FIRST, "responder", person.encode())[:8].hex()


def parse_keyring(secret: str) -> Keyring:
    """Read a keyring from Secrets Manager's text.

    Raises:
        ContractError: `keyring`: the message says what is wrong, without the content.
    """
    try:
        found = json.loads(secret)
        current = int(found.pop("current"))
        keys = {int(number): str(key).encode() for number, key in found.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ContractError(
            "keyring", "the keyring must be a JSON object of numbered keys"
        ) from error
    if not {FIRST, current} <= keys.keys() or max(keys) > MOST_KEYS:
        raise ContractError("keyring", "the keyring lacks key 1 or its current key")
    if min(map(len, keys.values())) < SHORTEST_KEY:
        raise ContractError("keyring", f"a key must have at least {SHORTEST_KEY} characters")
    return Keyring(keys, current)


def rotated(secret: str, key: str) -> str:
    """Return the keyring with another key, which signs from now on."""
    before = parse_keyring(secret)
    number = max(before.keys) + 1
    named = {str(old): value.decode() for old, value in before.keys.items()}
    return json.dumps({"current": str(number), **named, str(number): key})


@dataclass
class Keyrings:
    """Reads an account's keyring, and reads it again when it is no longer fresh."""

    secrets: "SecretsManagerClient"
    secret: str
    clock: Callable[[], float] = time.time
    _known: Keyring | None = field(default=None, repr=False)
    _read_at: float = 0.0

    def get(self, *, needs: int | None = None) -> Keyring:
        """Return the keyring; if it lacks the key `needs`, read it again, at most every 10 seconds.

        If it cannot be read again, the last one is used: no key is ever removed.
        """
        now = self.clock()
        if self._known is None:
            self._known, self._read_at = self._read(), now
        lacks = needs is not None and needs not in self._known.keys
        if now - self._read_at > (LACKING_SECONDS if lacks else FRESH_SECONDS):
            self._read_at = now
            self._known = self._read_again(self._known)
        return self._known

    def _read_again(self, known: Keyring) -> Keyring:
        try:
            return self._read()
        except (ClientError, BotoCoreError, ContractError) as error:
            log.warning(
                "the keyring could not be reread; the keys last read stay in use",
                extra={"why": type(error).__name__},
            )
            return known

    def _read(self) -> Keyring:
        answer = self.secrets.get_secret_value(SecretId=self.secret)
        return parse_keyring(answer["SecretString"])
