"""The words of the mails: one TOML file per language, English where a word is missing."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError

FOLDER = Path(__file__).parent / "languages"
DEFAULT = "en"

Tables = Mapping[str, Mapping[str, str]]


class Words:
    """One language: `words("label", "when")`, and the locale for its dates and numbers."""

    def __init__(self, language: str, locale: Locale, tables: Tables) -> None:
        self.language = language
        self.locale = locale
        self._tables = tables

    def __call__(self, table: str, key: str, default: str = "") -> str:
        """The word under a key; the default where there is none."""
        return self._tables[table].get(key, default)


def languages() -> list[str]:
    """Every language there is a file for."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def differing_keys(language: str) -> tuple[list[str], list[str]]:
    """(missing, unknown) keys (`table.key`) of a language against English."""
    own, english = _keys(language), _keys(DEFAULT)
    return sorted(english - own), sorted(own - english)


@cache
def words_in(tag: str) -> Words:
    """The words of a language by its tag (RFC 5646: `de`, `de-CH`); English where there is no file.

    The region counts for dates: `en` writes January 20, 2027 and `en-GB` 20 January 2027.
    """
    base = tag.replace("_", "-").split("-")[0].lower()
    language = base if base in languages() else DEFAULT
    own = tables(language)
    merged = {table: {**words, **own.get(table, {})} for table, words in tables(DEFAULT).items()}
    return Words(language, _locale(tag if language == base else DEFAULT, language), merged)


@cache
def tables(language: str) -> Tables:
    """A language's file as it is."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def _keys(language: str) -> set[str]:
    return {f"{table}.{key}" for table, words in tables(language).items() for key in words}


def _locale(tag: str, language: str) -> Locale:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale(language)
