"""The look of each reader's mail: its language and time zone, their own or the customer's. Pure.

A mail is rendered once for each pair in use, so a run may have only a limited number of pairs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from changecast.contract.fields import time_zones
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.words import languages, regions
from changecast.customer.ledger.preferences import Preference
from changecast.customer.ledger.schema import mailbox_of
from changecast.customer.planning.recipients import normalise

# Each costs a composition and a few objects in the mails bucket.
MOST = 40


class Look(NamedTuple):
    """A language and a time zone."""

    language: str
    timezone: str


class Looks(NamedTuple):
    """The looks that people chose, by address; `beyond` are people who did not get theirs."""

    own: Mapping[str, Look]
    beyond: int = 0

    @property
    def in_use(self) -> list[Look]:
        """Return every look, once."""
        return sorted(set(self.own.values()))


def looks_of(
    addresses: Iterable[str], preferences: Mapping[str, Preference], brand: Brand
) -> Looks:
    """Return each address's look, unless it is the customer's own.

    Beyond `MOST` looks, the rarest are replaced with the customer's own.
    """
    if not preferences:
        return Looks({})
    found = {}
    for address in addresses:
        chosen = preferences.get(mailbox_of(normalise(address)))
        look = look_of(chosen, brand) if chosen else None
        if look is not None:
            found[address] = look
    counted = Counter(found.values())
    kept = {*sorted(counted, key=lambda look: (-counted[look], look))[:MOST]}
    own = {address: look for address, look in found.items() if look in kept}
    return Looks(own, len(found) - len(own))


def look_of(preference: Preference, brand: Brand) -> Look | None:
    """Return the look that a person chose; None if it is the customer's own.

    Unknown values, chosen under another version, count as the customer's own.
    """
    known = {*languages(), *regions()}
    language = preference.language if preference.language in known else brand.language
    zone = preference.timezone if preference.timezone in time_zones() else brand.timezone
    look = Look(language, zone)
    return None if look == Look(brand.language, brand.timezone) else look


def dressed(brand: Brand, look: Look) -> Brand:
    """Return a customer's settings with a reader's language and time zone."""
    return replace(brand, language=look.language, timezone=look.timezone)


def variant_in(variant: str, look: Look | None) -> str:
    """Return the name of a variant in a look; see mailing.py."""
    return f"{variant}@{look.language}@{look.timezone}" if look else variant
