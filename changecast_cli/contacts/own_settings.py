"""People's own languages and time zones: as files and options write them. Pure but for `store`.

A file never overrides a language or a zone that was chosen before, on the page or with
`contacts set`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale

from changecast.contract.fields import time_zones
from changecast.customer.compose.words import languages, regions, words_in
from changecast.customer.ledger.preferences import Preference, choose
from changecast.customer.ledger.schema import mailbox_of
from changecast.customer.ledger.table import Ledger
from changecast.customer.planning.recipients import normalise
from changecast_cli.contacts.words import plain
from changecast_cli.failures import Refused

# The word for the customer's own language or zone.
OWN = "default"
Settings = Mapping[str, str]
LABELS = {"language": "language", "timezone": "time zone"}


@dataclass(frozen=True)
class Setting:
    """What a file says about one person: what will be stored, and what stays as chosen before."""

    address: str
    preference: Preference
    stored: Settings
    kept: Settings

    @property
    def reason(self) -> str:
        """Say what is stored and what stays."""
        stored = [f"{LABELS[name]} {value}" for name, value in self.stored.items()]
        kept = [f"keeps {LABELS[name]} {value or OWN}, which was chosen before"
                for name, value in self.kept.items()]  # fmt: skip
        return "; ".join([*stored, *kept])


def settings(language: str | None, timezone: str | None) -> dict[str, str]:
    """Return the settings that are given, as mails know them; Refused if one is unknown.

    An empty value is not given; `default` is the customer's own, which is stored as empty.
    """
    found = {}
    if language:
        found["language"] = "" if language.casefold() == OWN else language_of(language)
    if timezone:
        found["timezone"] = "" if timezone.casefold() == OWN else timezone_of(timezone)
    return found


def language_of(text: str) -> str:
    """Return the language of mails that a text names: `de`, `de_AT`, `German` or `Deutsch`."""
    tag = text.strip().replace("_", "-").casefold()
    known = {one.casefold(): one for one in (*languages(), *regions())}
    named = _names().get(plain(text))
    if found := known.get(tag) or named or known.get(tag.partition("-")[0]):
        return found
    tags = ", ".join([*languages(), *regions()])
    raise Refused(f"mails are not available in {text[:40]!r}: choose one of {tags}")


def timezone_of(text: str) -> str:
    """Return the IANA time zone that a text names, in any case."""
    if found := _zones().get(text.strip().casefold()):
        return found
    raise Refused(f"{text[:40]!r} is not an IANA time zone such as Europe/Madrid")


def settings_of(address: str, chosen: Mapping[str, Preference]) -> dict[str, str]:
    """Return a person's language and time zone; empty for the customer's own."""
    own = chosen.get(mailbox_of(normalise(address)), Preference(""))
    return {name: str(getattr(own, name)) for name in LABELS}


def planned(
    requested: Iterable[tuple[str, Settings]], known: Mapping[str, Preference], now: float
) -> list[Setting]:
    """Compare what a file says about people (address, settings) with what was chosen before."""
    return [
        one
        for address, given in requested
        if given and (one := _setting(address, given, known, now)).reason
    ]


def _setting(address: str, given: Settings, known: Mapping[str, Preference], now: float) -> Setting:
    mailbox = mailbox_of(normalise(address))
    before = known.get(mailbox, Preference(mailbox))
    own = {name: getattr(before, name) for name in given}
    chosen = {name for name in given if own[name] or name in before.chosen_at}
    stored = {name: value for name, value in given.items() if value and name not in chosen}
    kept = {name: own[name] for name, value in given.items()
            if name in chosen and own[name] != value}  # fmt: skip
    return Setting(address, before.choosing(now, **stored), stored, kept)


def store(ledger: Ledger, plan: Iterable[Setting]) -> Iterator[str]:
    """Store the settings; yield the address of everybody who chose meanwhile: that counts."""
    for one in plan:
        if one.stored and not choose(ledger, one.preference):
            yield one.address


@cache
def _names() -> Mapping[str, str]:
    """Return every language by its names in all languages of the mails: `german`, `aleman`."""
    readers = [words_in(tag).locale for tag in languages()]
    # A language of its own comes last: "English" is not en-US.
    return {
        plain(name): tag
        for tag in (*regions(), *languages())
        for name in (words_in(tag)("page", "own_name"), *_names_in(readers, tag))
    }


def _names_in(readers: Iterable[Locale], tag: str) -> Iterator[str]:
    for reader in readers:
        if name := reader.languages.get(tag.replace("-", "_")):
            yield name
        if "-" in tag and (whole := Locale.parse(tag, sep="-").get_display_name(reader)):
            yield whole


@cache
def _zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in time_zones()}
