"""The words of the mails: one TOML file per language, with English for missing words.

A file for a region (`en-US.toml`) contains only what differs from its language.

A file is named by the language's code, as the stack's parameter Language allows it: `sv`, `pt-BR`.
To add a language: CONTRIBUTING.md, "Add a language".
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global

FOLDER = Path(__file__).parent / "languages"
DEFAULT = "en"
# CLDR reads a bare "en" as American English; our bare languages are European.
_HOME = {"en": "GB", "pt": "PT"}

Tables = Mapping[str, Mapping[str, str]]


class Words:
    """One language: `words("label", "when")`, and the locale for its dates and numbers."""

    def __init__(self, language: str, locale: Locale, tables: Tables) -> None:
        self.language = language
        self.locale = locale
        self._tables = tables

    def __call__(self, table: str, key: str, default: str = "") -> str:
        """Return the word for a key; the default if there is none."""
        return self._tables[table].get(key, default)


def languages() -> list[str]:
    """Return every language that has a file."""
    return sorted(stem for stem in _files() if "-" not in stem)


def regions() -> list[str]:
    """Return every region that has its own file, for example en-US."""
    return sorted(stem for stem in _files() if "-" in stem)


def differing_keys(language: str) -> tuple[list[str], list[str]]:
    """Return a language's missing and unknown keys (`table.key`), compared with English."""
    own, english = _keys(language), _keys(DEFAULT)
    return sorted(english - own), sorted(own - english)


@cache
def words_in(tag: str, zone: str = "UTC") -> Words:
    """Return the words of a language by its tag (RFC 5646: `de`, `de-CH`).

    They are English if the language has no file. A tag without a region takes the region of the
    time zone, so `en` writes Wed 20 Jan in Madrid and Wed, Jan 20 in New York.
    """
    base, _, region = tag.replace("_", "-").partition("-")
    language = base.lower() if base.lower() in languages() else DEFAULT
    locale = _locale(language, region.upper() or _territory(zone))
    found = dict(tables(DEFAULT))
    for name in (language, f"{language}-{locale.territory}"):
        if name in _files():
            found = _merged(found, tables(name))
    return Words(language, locale, found)


@cache
def tables(language: str) -> Tables:
    """Return the content of a language's file."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


@cache
def _files() -> frozenset[str]:
    # Path.glob finds nothing in a folder that cannot be read; iterdir raises.
    return frozenset(path.stem for path in FOLDER.iterdir() if path.suffix == ".toml")


def _merged(base: Tables, own: Tables) -> dict[str, Mapping[str, str]]:
    return {table: {**words, **own.get(table, {})} for table, words in base.items()}


def _keys(language: str) -> set[str]:
    return {f"{table}.{key}" for table, words in tables(language).items() for key in words}


def _territory(zone: str) -> str:
    """Return the country of a time zone, empty if it has none (UTC)."""
    canonical = get_global("zone_aliases").get(zone, zone)
    return str(get_global("zone_territories").get(canonical, ""))


def _locale(language: str, territory: str) -> Locale:
    """Return the locale of a language in a country, or in the language's home country."""
    for region in (territory, _HOME.get(language, "")):
        try:
            return Locale(language, region or None)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(DEFAULT, _HOME[DEFAULT])
