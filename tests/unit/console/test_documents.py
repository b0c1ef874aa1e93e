"""The documentation in the console: every page is there, and every link leads somewhere."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from changecast_cli.console import doc_files
from changecast_cli.console.doc_files import file_of, page_of
from changecast_cli.console.documents import rendered
from changecast_cli.failures import Failed
from testbed.expand import ROOT
from tests.support.consoles import PREFIX, FakeBoard, standing
from tests.support.seen import Seen, seen

DOCS = ROOT / "docs"
PAGES = sorted(
    path.relative_to(DOCS).with_suffix("").as_posix()
    for path in (*DOCS.glob("*.md"), *DOCS.glob("runbook/*.md"))
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_shown_and_its_links_lead_to_pages(browser: TestClient, name: str) -> None:
    page = seen(browser, "docs", page=name)
    own = [one for one in page.values("href") if one.startswith(f"/{PREFIX}/docs")]
    for one in own:
        assert file_of(parse_qs(urlsplit(one).query)["page"][0]), one
    inside = [one for one in page.values("href") if not one.startswith(f"/{PREFIX}/")]
    assert all(one.startswith(("https://", "http://", "#")) for one in inside), inside
    assert page.tags.count("script") == 1
    assert "img" not in page.tags


@pytest.mark.parametrize("path", sorted((DOCS / "runbook").glob("*.md")), ids=lambda one: one.stem)
def test_anchors_of_runbook_pages_are_there(path: Path) -> None:
    name = f"runbook/{path.stem}"
    html, _ = rendered(path.read_text("utf-8"), name, "?page=")
    for href in Seen(html).values("href"):
        where, _, anchor = href.removeprefix("?page=").partition("#")
        if anchor and not href.startswith("http"):
            file = file_of(where or name)
            assert file
            there, _ = rendered(file.read_text("utf-8"), where, "?page=")
            assert anchor in Seen(there).values("id"), href


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../pyproject", "runbook/../index", "runbook/paused.md", "/etc/passwd",
     "runbook//paused", "runbook/nothing", "a" * 10_000, "runbook/paused\0", "<script>", "ü"],
)  # fmt: skip
def test_nothing_else_is_shown(browser: TestClient, name: str) -> None:
    answer = browser.get("docs", params={"page": name})
    assert answer.status_code == 400
    assert "<script>" not in answer.text.replace("<script src", "")


def test_html_in_a_page_is_text() -> None:
    html, _ = rendered("# A\n<script>alert(1)</script> [x](javascript:alert(1))", "x", "?page=")
    assert "script" not in Seen(html).tags
    assert Seen(html).values("href") == []


def test_what_needs_a_person_links_to_its_page(browser: TestClient, board: FakeBoard) -> None:
    board.shown = [standing(states={"acme": "no_route", "globex": "held"})]
    links = [one for one in seen(browser).values("href") if "/docs?" in one]
    assert [one.rpartition("=")[2] for one in links] == ["runbook%2Fno-route", "runbook%2Fheld"]
    assert page_of("docs/runbook/nothing.md") == page_of("docs/runbook") == ""


@pytest.mark.parametrize(
    "fault", [Failed("cannot write"), PermissionError(13, "denied"), RuntimeError("no home")]
)
def test_what_needs_a_person_is_shown_where_the_runbook_cannot_be_copied(
    browser: TestClient, board: FakeBoard, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def refused() -> Path:
        raise fault

    doc_files._folder.cache_clear()
    monkeypatch.setattr(doc_files, "repository", refused)
    board.shown = [standing(states={"acme": "no_route"})]
    page = seen(browser)
    assert "docs/runbook/no-route.md" in page.text
    assert not any("/docs?" in one for one in page.values("href"))
