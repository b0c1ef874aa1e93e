"""The names of languages that files of people use."""

import pytest
from babel import Locale

from changecast.customer.compose.words import languages, regions, words_in
from changecast_cli.contacts.own_settings import language_of
from changecast_cli.failures import Refused


@pytest.mark.parametrize("tag", [*languages(), *regions()])
def test_a_language_is_read_by_its_tag_its_english_name_and_its_own(tag: str) -> None:
    locale = Locale.parse(tag, sep="-")
    own = words_in(tag)("page", "own_name")
    for name in (tag, str(locale), str(locale.english_name), str(locale.display_name), own):
        for spelled in (name, name.upper(), f" {name} "):
            assert language_of(spelled) == tag, spelled


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("German", "de"), ("Deutsch", "de"), ("alemán", "de"), ("tedesco", "de"), ("de_AT", "de"),
        ("English", "en"), ("Englisch", "en"), ("American English", "en-US"), ("en-AU", "en"),
        ("Spanish", "es"), ("español", "es"), ("espanol", "es"), ("French", "fr"),
        ("Italian", "it"), ("Japanese", "ja"), ("日本語", "ja"), ("Dutch", "nl"),
        ("Portuguese", "pt"), ("Brazilian Portuguese", "pt-BR"), ("Português (Brasil)", "pt-BR"),
    ],
)  # fmt: skip
def test_a_name_is_the_language_that_people_mean(name: str, tag: str) -> None:
    assert language_of(name) == tag


@pytest.mark.parametrize("name", ["Swedish", "Germanic", "sv", "-", "Klingon", "Low German"])
def test_a_language_without_mails_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="not available in"):
        language_of(name)
