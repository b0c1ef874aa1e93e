"""Texts of documents as HTML: lines and lists are kept, and no character is markup."""

import pytest

from changecast.compose.markup import blocks, breaks, linked, marked


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb", "<p>a<br>\nb</p>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("a\n\n\nb", "<p>a</p>\n<p>&nbsp;</p>\n\n<p>b</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("* a\n• b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("1. a\n2) b", '<ol>\n<li value="1">a</li>\n<li value="2">b</li>\n</ol>'),
        ("7. a", '<ol>\n<li value="7">a</li>\n</ol>'),
        ("x:\n- a\ny", "<p>x:</p>\n<ul>\n<li>a</li>\n</ul>\n<p>y</p>"),
        ("-a\n-5 °C", "<p>-a<br>\n-5 °C</p>"),
        ("2027-01-20 22:00", "<p>2027-01-20 22:00</p>"),
        ("  a\n b", "<p>&nbsp;&nbsp;a<br>\n&nbsp;b</p>"),
        ("- <b>", "<ul>\n<li>&lt;b&gt;</li>\n</ul>"),
        ("1. <script>x</script>", '<ol>\n<li value="1">&lt;script&gt;x&lt;/script&gt;</li>\n</ol>'),
        ("", ""),
    ],
)
def test_text_becomes_paragraphs_and_lists(text: str, html: str) -> None:
    assert blocks(text) == html


def test_every_character_of_markup_is_escaped() -> None:
    assert breaks("<a href='x' title=\"y\">&amp;\n{{ 7*7 }}") == (
        "&lt;a href=&#39;x&#39; title=&#34;y&#34;&gt;&amp;amp;<br>\n{{ 7*7 }}"
    )


def test_words_that_differ_are_marked_as_deleted_and_inserted() -> None:
    assert marked(("up to 5 <min>", "up to 15 <min>")) == (
        "up to <del>5</del> &lt;min&gt;",
        "up to <ins>15</ins> &lt;min&gt;",
    )


def test_texts_with_little_in_common_are_marked_as_wholes() -> None:
    assert marked(("Nothing.", "All hosts restart")) == (
        "<del>Nothing.</del>",
        "<ins>All hosts restart</ins>",
    )


def test_very_long_texts_are_set_side_by_side_without_marks() -> None:
    old, new = "a " * 5_000, "b " * 5_000
    before, now = marked((old, new))
    assert "<del>" not in before
    assert "<ins>" not in now


@pytest.mark.parametrize(
    ("line", "html"),
    [
        ("https://m.example/a b", "https://m.example/a b"),
        ('https://m.example/"x"&y', 'href="https://m.example/%22x%22&amp;y"'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("desk@provider.example", '<a href="mailto:desk@provider.example">'),
        ("Call us", "Call us"),
    ],
)
def test_only_a_line_that_is_an_address_is_a_link(line: str, html: str) -> None:
    assert html in linked(line)
    assert ("<a " in linked(line)) == (html != line)
