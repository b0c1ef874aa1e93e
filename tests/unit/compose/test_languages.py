"""The language files: complete, with the same gaps to fill; one new file is a new language."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from changecast.contract.change import Status
from changecast.customer.compose import impact
from changecast.customer.compose import words as words_module
from changecast.customer.compose.words import differing_keys, languages, regions, tables, words_in
from changecast.customer.mailing import MailKind
from tests.support.builders import change
from tests.support.mails import html_of, mail, text_of

PATTERNS = {"day", "day_without_year", "short_day", "short_day_with_year"}
SHOWN = {table for table in tables("en") if table != "impact"}
STATUS = {
    MailKind.APPROVAL_REQUEST: Status.SUBMITTED,
    MailKind.STARTED: Status.IN_PROGRESS,
    MailKind.COMPLETED: Status.COMPLETED,
    MailKind.CANCELLED: Status.CANCELLED,
}


def test_eight_languages_and_two_regions_are_there() -> None:
    assert languages() == ["de", "en", "es", "fr", "it", "ja", "nl", "pt"]
    assert regions() == ["en-US", "pt-BR"]


@pytest.mark.parametrize("language", languages())
def test_a_language_lacks_nothing_and_has_nothing_that_no_mail_asks_for(language: str) -> None:
    assert differing_keys(language) == ([], [])


@pytest.mark.parametrize("region", regions())
def test_a_region_has_only_what_differs_from_its_language(region: str) -> None:
    assert differing_keys(region)[1] == []
    own, base = tables(region), tables(region.partition("-")[0])
    same = [f"{table}.{key}" for table, words in own.items() for key, word in words.items()
            if base[table][key] == word]  # fmt: skip
    assert same == []


@pytest.mark.parametrize("language", [*languages(), *regions()])
def test_a_sentence_has_no_gap_that_english_has_not(language: str) -> None:
    for table in SHOWN & tables(language).keys():
        for key, other in tables(language)[table].items():
            assert _gaps(other) == _gaps(tables("en")[table][key]), f"{table}.{key}"
            is_text = language != "ja" or (table, key) not in {
                ("text", "space"), ("time", "comma"), ("time", "and"),
            }  # fmt: skip
            assert bool(other) == is_text, f"{table}.{key}"


@pytest.mark.parametrize("language", [each for each in languages() if each != "en"])
def test_no_sentence_was_left_in_english(language: str) -> None:
    for table in ("lead", "todo", "action"):
        for key, english in tables("en")[table].items():
            assert tables(language)[table][key] != english, f"{table}.{key}"


@pytest.mark.parametrize(
    ("language", "noun"),
    [
        ("de", "änderung"), ("en", "change"), ("es", "cambio"), ("fr", "changement"),
        ("it", "intervento"), ("ja", "変更作業"), ("nl", "wijziging"), ("pt", "alteração"),
    ],
)  # fmt: skip
def test_page_and_mails_call_a_change_by_one_word(language: str, noun: str) -> None:
    said = tables(language)
    for table, key in [
        ("lead", "announcement"), ("lead", "cancelled"), ("page", "over"), ("page", "cancelled"),
        ("page", "withdrawn"), ("page", "refused_gone"), ("page", "next_acknowledged"),
    ]:  # fmt: skip
        assert noun in said[table][key].lower(), f"{table}.{key}"


@pytest.mark.parametrize("language", [*languages(), *regions()])
@pytest.mark.parametrize("kind", list(MailKind))
def test_the_kind_in_a_subject_is_short_and_the_title_starts_early(
    kind: MailKind, language: str
) -> None:
    message = mail(kind, change(status=STATUS.get(kind, Status.APPROVED)), language=language)
    assert 0 < str(message["Subject"]).index("Patch the hosts") <= 18


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with every language, and one that does not exist."""
    shutil.copytree(words_module.FOLDER, tmp_path, dirs_exist_ok=True)
    english = (tmp_path / "en.toml").read_text("utf-8")
    # Every word in capitals; what is in braces is filled, and patterns stay patterns.
    shout = re.sub(r'^(\w+) = "(.*)"$', _shouted, english, flags=re.MULTILINE)
    (tmp_path / "xx.toml").write_text(shout, "utf-8")
    monkeypatch.setattr(words_module, "FOLDER", tmp_path)
    _forget()
    yield tmp_path
    monkeypatch.undo()
    _forget()


def test_one_file_is_a_language_with_every_kind_of_mail(made_up: Path) -> None:
    for kind in MailKind:
        about = change(status=STATUS.get(kind, Status.APPROVED), customer_impact="ZILCH")
        message = mail(kind, about, language="xx")
        assert message["Content-Language"] == "xx"
        lead = text_of(message).split("\n\n")[1].replace("\n", " ")
        assert "THIS CHANGE" in lead, kind
        assert '<html lang="xx">' in html_of(message)
        assert "REFERENCE" in text_of(message)


def test_its_words_for_no_impact_are_understood_too(made_up: Path) -> None:
    own = (made_up / "xx.toml").read_text("utf-8")
    head, table, words = own.partition("[impact]")
    words = words.replace('nothing = "', 'nothing = "ZILCH; ')
    (made_up / "xx.toml").write_text(head + table + words, "utf-8")
    _forget()
    said = text_of(mail(about=change(customer_impact="Zilch."), language="xx"))
    assert "WE EXPECT NO IMPACT ON YOU." in " ".join(said.split())


def test_a_missing_word_is_shown_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    full = tables

    def without_labels(language: str) -> words_module.Tables:
        return {} if language == "de" else full(language)

    monkeypatch.setattr(words_module, "tables", without_labels)
    words_in.cache_clear()
    try:
        assert words_in("de")("label", "when") == "When"
    finally:
        words_in.cache_clear()


def test_languages_that_cannot_be_read_are_an_error_and_not_english_mails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "FOLDER", tmp_path / "missing")
    _forget()
    try:
        with pytest.raises(FileNotFoundError):
            languages()
    finally:
        monkeypatch.undo()
        _forget()


@pytest.mark.parametrize("tag", ["zh", "yy", "nonsense", "en_GB", "en-XX"])
def test_a_language_that_we_lack_is_english_in_words_and_dates(tag: str) -> None:
    words = words_in(tag)
    assert words.language == "en"
    assert words.locale.language == "en"


@pytest.mark.parametrize("tag", ["de-CH", "de_AT", "DE"])
def test_a_region_has_the_words_of_its_language(tag: str) -> None:
    assert words_in(tag)("label", "duration") == "Dauer"
    assert words_in(tag).locale.language == "de"


def test_a_region_with_a_file_has_its_own_words() -> None:
    assert words_in("en-US")("kind", "cancelled") == "Change canceled"
    assert words_in("en", "America/Chicago")("kind", "cancelled") == "Change canceled"
    assert words_in("pt", "America/Sao_Paulo")("label", "change") == "Mudança"
    assert words_in("pt", "Europe/Madrid")("label", "change") == "Alteração"


def _shouted(line: re.Match[str]) -> str:
    if line[1] in PATTERNS:
        return line[0]
    loud = re.sub(
        r"\{\w+\}|\\u\w{4}|[^{\\]+",
        lambda part: part[0] if part[0][0] in "{\\" else part[0].upper(),
        line[2],
    )
    return f'{line[1]} = "{loud}"'


def _forget() -> None:
    words_in.cache_clear()
    words_module._files.cache_clear()
    words_module.tables.cache_clear()
    impact._letters.cache_clear()


def _gaps(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))
