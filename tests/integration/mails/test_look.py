"""Mails as people see them, in headless Chromium: phone, tablet, desktop, light and dark.

Previews land in build/previews, to look at; with `--pictures`, a picture of each view too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from changecast.contract.change import Change
from changecast.customer.compose.words import languages
from changecast.customer.mailing import MailKind
from changecast_cli.preview.pages import write_preview
from tests.support.builders import change
from tests.support.mails import html_of, mail, squeezed
from tests.support.previews import ALL, Shown, brand_for, life

FOLDER = Path(__file__).parents[3] / "build" / "previews"
WIDTHS = (320, 600, 1000)
EVERYWHERE = list(product(WIDTHS, (False, True)))
# Languages differ in the length of words: the narrowest page tells, and one in the dark.
SOMEWHERE = [(320, True), (600, False)]
IN_EVERY_LANGUAGE = ("a-current-rescheduled", "e-announcement")
HARD = "Ungebrochen" * 20
Found = dict[str, Any]
Browser = Callable[[list[Found]], list[Found]]


@dataclass(frozen=True)
class Seen:
    """One page at one width, light or dark, and what was found there."""

    page: Path
    width: int
    dark: bool
    found: Found


def test_every_mail_of_every_sample_is_readable_everywhere(seen: list[Seen]) -> None:
    assert len(seen) > 300
    for each in seen:
        assert each.found["scrollWidth"] <= each.width, each
        assert each.found["smallest"] >= 13, each
        assert each.found["narrowest"] >= 80, each
        assert each.found["faults"] == [], each


def test_nothing_is_fetched_and_nothing_runs(pages: dict[Path, Found]) -> None:
    for page, found in pages.items():
        assert (found["requests"], found["scripts"], found["images"]) == ([], 0, 0), page


def test_dark_mode_is_dark_and_light_mode_is_light(seen: list[Seen]) -> None:
    for each in seen:
        brightness = sum(map(int, each.found["background"][4:-1].split(",")))
        assert (brightness < 150) if each.dark else (brightness > 600), each


def test_the_html_says_what_the_text_says(seen: list[Seen]) -> None:
    for each in seen:
        text = each.page.with_suffix(".txt").read_text("utf-8")
        said = squeezed(each.found["text"])
        lead = text.split("\n\n")[1]
        why = re.split(r"[.。]\n", text.rpartition("\n-- \n")[2])[0]
        for sentence in (lead, why):
            assert squeezed(sentence) in said, each


def test_the_index_shows_every_mail_whole_on_a_desktop_and_on_a_phone(
    pages: dict[Path, Found], browser: Browser
) -> None:
    indexes = sorted({page.with_name("index.html") for page in pages if page.parent.name == "en"})
    assert len(indexes) == len(ALL)
    jobs = [_job(index, [(1160, False), (375, False)]) for index in indexes]
    for index, found in zip(indexes, browser(jobs), strict=True):
        mails = len(list(index.parent.glob("[0-9]*.html")))
        for view, frames in zip(found["views"], (2 * mails, mails), strict=True):
            assert view["faults"] == [], index
            assert view["scrollWidth"] <= view["width"], index
            assert len(view["frames"]) == frames, index
            assert all(frame["shown"] >= frame["whole"] for frame in view["frames"]), index


def test_the_hardest_text_in_any_colour_does_not_break_the_page(
    tmp_path: Path, browser: Browser
) -> None:
    jobs = []
    for color in ("#000000", "#ffffff", "#ffcc00", "#777777", "#c2185b"):
        page = tmp_path / f"{color[1:]}.html"
        message = mail(MailKind.UPDATE, _hard("b", 2), previous=_hard("a", 1), color=color)
        page.write_text(html_of(message), "utf-8")
        jobs.append(_job(page, EVERYWHERE))
    for job, found in zip(jobs, browser(jobs), strict=True):
        for view, there in zip(job["views"], found["views"], strict=True):
            assert there["scrollWidth"] <= view["width"], (job["page"], view)
            assert there["faults"] == [], (job["page"], view)


def test_a_fault_that_only_some_views_have_is_found_there(tmp_path: Path, browser: Browser) -> None:
    """axe checks views that look the same to it once; these do not look the same."""
    narrow, wide = [width == 320 for width, _ in EVERYWHERE], [w == 1000 for w, _ in EVERYWHERE]
    faults = [
        ("prefers-color-scheme: dark", "color: #888", [dark for _, dark in EVERYWHERE]),
        ("max-width: 520px", "color: #888", narrow),
        ("max-width: 520px", "display: none", narrow),
        ("min-width: 700px", "background: #777", wide),
    ]
    jobs = []
    for number, (condition, rule, _) in enumerate(faults):
        page = tmp_path / f"{number}.html"
        page.write_text(
            f"<!doctype html><html lang=en><title>A page</title><style>@media ({condition})"
            f"{{ .at {{ {rule} }} }}</style><main><h1>A page</h1>"
            "<a href='#x'><span class=at>A line that somebody reads</span></a></main></html>",
            "utf-8",
        )
        jobs.append(_job(page, EVERYWHERE))
    for found, (condition, rule, expected) in zip(browser(jobs), faults, strict=True):
        assert [bool(view["faults"]) for view in found["views"]] == expected, (condition, rule)


def test_a_browser_that_stops_drawing_is_replaced_once(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that did not held a whole run of CI for 15 minutes."""
    monkeypatch.setenv("SECONDS_FOR_A_PAGE", "3")
    served: list[str] = []

    class StopsDrawingAtFirst(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stops = "requestAnimationFrame = () => 0" if not served else ""
            served.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"<title>A page</title><script>{stops}</script>Words".encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), StopsDrawingAtFirst) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/page"
        [found] = browser(
            [{"page": address, "views": [{"width": 600, "dark": False}], "axe": False}]
        )
        server.shutdown()
    assert found["views"][0]["text"] == "Words"
    assert served.count("/page") == 2


@pytest.fixture(scope="module")
def pages(browser: Browser, pytestconfig: pytest.Config) -> dict[Path, Found]:
    """Every mail of every sample in English, of two in every language."""
    pictures = bool(pytestconfig.getoption("--pictures"))
    written = [
        page
        for shown in ALL
        for language in languages()
        if language == "en" or shown.sample in IN_EVERY_LANGUAGE
        for page in _write(shown, language)
    ]
    jobs = [
        _job(page, EVERYWHERE if page.parent.name == "en" else SOMEWHERE, pictures=pictures)
        for page in written
    ]
    return dict(zip(written, browser(jobs), strict=True))


@pytest.fixture(scope="module")
def seen(pages: dict[Path, Found]) -> list[Seen]:
    return [
        Seen(page, width, dark, view)
        for page, found in pages.items()
        for (width, dark), view in zip(
            EVERYWHERE if page.parent.name == "en" else SOMEWHERE, found["views"], strict=True
        )
    ]


def _write(shown: Shown, language: str) -> list[Path]:
    folder = FOLDER / shown.name / language
    for old in folder.glob("*"):
        old.unlink()
    brand = brand_for(shown.customer, language)
    written = write_preview(life(shown, language), brand, shown.name, folder)
    return [folder / each.files["html"][0] for each in written]


def _job(page: Path, views: list[tuple[int, bool]], *, pictures: bool = False) -> Found:
    def picture(width: int, dark: bool) -> dict[str, str]:
        name = f"{page.stem}-{width}-{'dark' if dark else 'light'}.png"
        return {"picture": str(page.with_name(name))} if pictures else {}

    wanted = [{"width": width, "dark": dark, **picture(width, dark)} for width, dark in views]
    return {"page": str(page), "views": wanted}


def _hard(mark: str, revision: int) -> Change:
    text = f"{mark}{HARD}\n- {HARD}\n1. {HARD}\n{' ' * 200}{HARD}\nعربي {HARD}"
    return change(
        title=f"{mark}{HARD}"[:250],
        revision=revision,
        reason=text,
        customer_impact=text,
        tickets={"servicenow": HARD},
        meeting={"start": "2027-01-20T21:00:00Z", "location": HARD},
        links=[{"title": HARD, "url": f"https://l.example/{HARD}"}],
        attachments=[{"name": HARD}],
    )
