"""HTML that people paste: told from text about <hosts>, and read in time however hostile it is."""

import time

import pytest

from changecast.contract.fields import TEXT_LIMIT
from changecast.contract.markup import is_html, whole_tags
from changecast.customer.compose.text.html import html_as_text
from changecast.hub.announcing.metadata.texts import without_tags

HOSTILE = [
    "<a ", "<a", "<", "</", "</b", "</b ", "<!--", "<![CDATA[", "<!", "<?", "<a b=\"", "<a b='>",
    "<a b=\">'", "<a/", "<a\n", "&#", "&", "<p>", "<ul>", "<b>", "<a href='x'>", "-->", "<!-- -->",
    "<a " + "x" * 1_000, "<a" + " " * 1_000, "<script>", "<title>", "<a b=c", "<a b==",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", ["<br>", "<b>x</b><script>"])
def test_no_field_stops_a_plan_by_what_is_pasted_into_it(start: str, piece: str) -> None:
    text = (start + piece * (TEXT_LIMIT // len(piece)))[:TEXT_LIMIT]
    began = time.process_time()
    is_html(text)
    html_as_text(text)
    without_tags(text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>None</p>", "None"),
        ("if a < b<br>and c > d", "if a < b and c > d"),
        ("<p title='a > b'>x</p>", "x"),
        ("<!DOCTYPE html><p>x</p><!-- hidden <p> -->", "x"),
        ("<!--[if mso]><p>Word</p><![endif]--><p>x</p>", "x"),
        ("<p>x</p><a href=", "x<a href="),
        ("<P CLASS=MsoNormal>x</P>", "x"),
        ("a &amp; b&nbsp;&lt;c&gt;<br/>", "a & b <c>"),
    ],
)
def test_what_a_browser_would_show_stays(html: str, text: str) -> None:
    assert " ".join(without_tags(html).split()) == text
    assert is_html(html)


@pytest.mark.parametrize(
    "text", ["a < b", "<host>", "use <b> alone", "</close>", "x <!-- y", "&lt;p&gt;"]
)
def test_text_about_markup_is_text(text: str) -> None:
    assert not is_html(text)


def test_whole_tags_leaves_sound_html_alone() -> None:
    html = '<p class="a">x <b>y</b> <a href="https://a.example/?a=1&amp;b=2">z</a><br/></p>'
    assert whole_tags(html) == html
