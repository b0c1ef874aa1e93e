"""Every line that the documentation tells people to type is valid for its program."""

from pathlib import Path

import pytest

from testbed.expand import ROOT
from tests.support import typed

PAGES = typed.pages()
LANGUAGES = typed.TYPED | {"text", "json", "toml", "ini", "jinja", "python", "yaml", "csv"}
LINES = sorted({(page, line) for page in PAGES for line in typed.typed(page)})
SPANS = sorted({(page, span) for page in PAGES for span in typed.mentioned(page)})


def name(each: object) -> str:
    return each.stem if isinstance(each, Path) else str(each)[:60]


def test_there_is_something_to_look_at() -> None:
    assert len(LINES) > 100
    assert len(SPANS) > 100


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_block_says_what_it_is_so_that_no_line_goes_unchecked(page: Path) -> None:
    languages = {language for language, _ in typed.blocks(page)}
    assert {each for each in languages if not each.startswith("{")} <= LANGUAGES


@pytest.mark.parametrize(("page", "line"), LINES, ids=name)
def test_a_line_to_type_is_understood(page: Path, line: str) -> None:
    try:
        typed.check(line)
    except typed.Wrong as error:
        pytest.fail(f"{page.relative_to(ROOT)}: {line}: {error}")


@pytest.mark.parametrize(("page", "span"), SPANS, ids=name)
def test_a_command_that_is_named_exists(page: Path, span: str) -> None:
    try:
        typed.check_mention(span)
    except typed.Wrong as error:
        pytest.fail(f"{page.relative_to(ROOT)}: {span}: {error}")


@pytest.mark.parametrize(
    "line",
    [
        "changecast doctor --al",
        "changecast doctr",
        "changecast announce metadata.json | changecast status --nothing",
        "make no-such-target",
        "aws sns no-such-call",
        "aws sns subscribe --no-such-option x",
        "sam deploy --no-such-option",
        'eval "$(changecast local no-such-verb)"',
        "python -m benchmarks.no_such_module",
        "rm -rf build",
    ],
)
def test_a_line_that_is_wrong_is_found(line: str) -> None:
    with pytest.raises(typed.Wrong):
        typed.check(line)


@pytest.mark.parametrize("span", ["changecast doctr", "changecast status --nothing"])
def test_a_mention_that_is_wrong_is_found(span: str) -> None:
    with pytest.raises(typed.Wrong):
        typed.check_mention(span)
