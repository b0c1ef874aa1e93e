"""The language files: complete, with the same gaps to fill, and English where there is nothing."""

import re

import pytest

from changecast.compose import words as words_module
from changecast.compose.words import differing_keys, languages, tables, words_in


def test_english_german_spanish_and_french_are_there() -> None:
    assert languages() == ["de", "en", "es", "fr"]


@pytest.mark.parametrize("language", languages())
def test_a_language_lacks_nothing_and_has_nothing_that_no_mail_asks_for(language: str) -> None:
    assert differing_keys(language) == ([], [])


@pytest.mark.parametrize("language", languages())
def test_a_sentence_has_no_gap_that_english_has_not(language: str) -> None:
    for table, words in tables("en").items():
        for key, english in words.items():
            other = tables(language)[table][key]
            assert _gaps(other) == _gaps(english), f"{table}.{key}"
            assert other.strip(), f"{table}.{key}"


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_no_sentence_was_left_in_english(language: str) -> None:
    for table in ("lead", "todo", "action"):
        for key, english in tables("en")[table].items():
            assert tables(language)[table][key] != english, f"{table}.{key}"


def test_a_missing_word_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    full = tables

    def without_labels(language: str) -> words_module.Tables:
        return {} if language == "de" else full(language)

    monkeypatch.setattr(words_module, "tables", without_labels)
    words_in.cache_clear()
    try:
        assert words_in("de")("label", "when") == "When"
    finally:
        words_in.cache_clear()


@pytest.mark.parametrize("tag", ["zh", "xx", "nonsense", "en_GB", "en-XX"])
def test_a_language_that_we_lack_is_english_in_words_and_dates(tag: str) -> None:
    words = words_in(tag)
    assert words.language == "en"
    assert words.locale.language == "en"


@pytest.mark.parametrize("tag", ["de-CH", "de_AT", "DE"])
def test_a_region_has_the_words_of_its_language(tag: str) -> None:
    assert words_in(tag)("label", "duration") == "Dauer"
    assert words_in(tag).locale.language == "de"


def _gaps(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))
