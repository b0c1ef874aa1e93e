"""Every page of the runbook and every verdict of the doctor is cured on a game day, or listed."""

import re
from pathlib import Path

import pytest

from tests.gameday.test_game_day import ALONE, CURED, CURED_BY_PAGE, SET_BACK

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "docs" / "runbook"
CHECK = re.compile(r"""(?:ok|warning|broken|say)\(\s*f?"([a-zA-Z{}-]+)\"""")
CURED_THERE = {
    *(check for _, check in CURED),
    *(day.page for day in CURED_BY_PAGE),
    *(page for page, _ in SET_BACK),
    *ALONE,
    # Planted by the days of a page: refused-by-bus leaves its letter on the route.
    "route-letters",
}


def listed() -> set[str]:
    """The pages and verdicts of the section about what a game day does not cover."""
    text = (RUNBOOK / "README.md").read_text("utf-8")
    section = text.split("## Which pages are tested\n", 1)[1].split("```{toctree}", 1)[0]
    first = "\n".join(line.split("|")[1] for line in section.splitlines() if line.count("|") > 2)
    return {*re.findall(r"`([a-zA-Z{}-]+)`", first), *re.findall(r"\(([a-z-]+)\.md\)", first)}


def checks() -> set[str]:
    files = (ROOT / "changecast_cli" / "doctor").glob("*.py")
    return {name for file in files for name in CHECK.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize("page", sorted(f.stem for f in RUNBOOK.glob("*.md") if f.stem != "README"))
def test_a_page_is_cured_on_a_game_day_or_says_why_not(page: str) -> None:
    assert page in CURED_THERE | listed()


@pytest.mark.parametrize("check", sorted(checks()))
def test_a_verdict_is_cured_on_a_game_day_or_says_why_not(check: str) -> None:
    assert check in CURED_THERE | listed()


def test_what_is_listed_exists() -> None:
    pages = {file.stem for file in RUNBOOK.glob("*.md")}
    assert listed() <= pages | checks()
