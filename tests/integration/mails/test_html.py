"""Our HTML, checked by html-validate: the standard, accessibility, the document as a whole."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.every_kind import every_kind
from tests.support.pages import pages

# Classic Outlook (Word) lays tables out by these attributes and knows few properties of CSS:
# caniemail.com, and learn.microsoft.com on "Word HTML and CSS rendering capabilities".
OLD_ATTRIBUTES = {
    ("width", "table"), ("width", "th"), ("cellpadding", "table"), ("cellspacing", "table"),
    ("bgcolor", "table"), ("bgcolor", "td"), ("align", "td"),
}  # fmt: skip
_DEPRECATED = re.compile(r'no-deprecated-attr: Attribute "(\w+)" is deprecated on <(\w+)> element')


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_kind_of_mail_is_valid_html_but_for_what_outlook_needs(
    language: str, tmp_path: Path, node: Callable[[str, Any], Any]
) -> None:
    files = []
    for shown in every_kind():
        files.append(tmp_path / f"{shown.name}.html")
        files[-1].write_text(shown.in_language(language)[1], "utf-8")
    for file, found in zip(files, _found(files, node), strict=True):
        assert [fault for fault in found if not _is_for_outlook(fault)] == [], file.name


def test_the_pages_that_we_write_are_valid_html(
    tmp_path: Path, node: Callable[[str, Any], Any]
) -> None:
    files = pages(tmp_path)
    for file, found in zip(files, _found(files, node), strict=True):
        assert found == [], file.name


def test_the_pages_that_we_write_fit_a_phone_and_are_read_in_both_modes(
    tmp_path: Path, browser: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    views = [
        {"width": width, "dark": dark} for width, dark in ((1160, False), (375, False), (375, True))
    ]
    jobs = [{"page": str(page), "views": views} for page in pages(tmp_path)]
    for job, found in zip(jobs, browser(jobs), strict=True):
        assert found["requests"] == [], job["page"]
        for view in found["views"]:
            assert view["faults"] == [], (job["page"], view["width"])
            assert view["scrollWidth"] <= view["width"], (job["page"], view["width"])


def _found(files: list[Path], node: Callable[[str, Any], Any]) -> list[list[str]]:
    return list(node("validate.mjs", {"pages": [str(file) for file in files]}))


def _is_for_outlook(fault: str) -> bool:
    said = _DEPRECATED.fullmatch(fault)
    return said is not None and said.groups() in OLD_ATTRIBUTES
