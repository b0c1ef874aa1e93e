"""Texts of people: what their editors make of lists, columns and links is what readers see."""

import re
from time import process_time

import pytest

from changecast.contract.fields import TEXT_LIMIT
from changecast.customer.compose.text.cuts import graphemes, shortened, start_of
from changecast.customer.compose.text.differences import breaks, marked
from changecast.customer.compose.text.lines import as_markdown
from changecast.customer.compose.text.markdown import blocks, inline
from changecast.customer.compose.text.reading import Form, read
from changecast.customer.compose.text.wrapping import columns, hung, wrapped

STYLE = re.compile(r' style="[^"]*"')


def shown(text: str) -> str:
    """The HTML of a text without its inline styles and line breaks."""
    return STYLE.sub("", blocks(text)).replace("\n", "")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb", "<p>a<br>b</p>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("a\n\n\nb", "<p>a</p><p>\u00a0</p><p>b</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("* a\n• b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2) b", '<ol><li value="1">a</li><li value="2">b</li></ol>'),
        ("7. a", '<ol><li value="7">a</li></ol>'),
        ("x:\n- a\ny", "<p>x:</p><ul><li>a</li></ul><p>y</p>"),
        ("x:\n7. a", '<p>x:</p><ol><li value="7">a</li></ol>'),
        ("-a\n-5 °C", "<p>-a<br>-5 °C</p>"),
        ("2027-01-20 22:00", "<p>2027-01-20 22:00</p>"),
        ("  a\n b", "<p>\u00a0\u00a0a<br>\u00a0b</p>"),
        ("a   b", "<p>a\u00a0\u00a0 b</p>"),
        ("a\tb", "<p>a\u00a0\u00a0 b</p>"),
        ("- <b>", "<ul><li>&lt;b&gt;</li></ul>"),
        ("1. <script>x</script>", '<ol><li value="1">&lt;script&gt;x&lt;/script&gt;</li></ol>'),
        ("\\\\server\\share\\*", "<p>\\\\server\\share\\*</p>"),
        ("&amp; &#65;", "<p>&amp;amp; &amp;#65;</p>"),
        ("snake_case_name, 5 * 3 * 2", "<p>snake_case_name, 5 * 3 * 2</p>"),
        ("a\n====", "<p>a<br>====</p>"),
        ("", ""),
    ],
)
def test_text_becomes_paragraphs_and_lists(text: str, html: str) -> None:
    assert shown(text) == html


@pytest.mark.parametrize("mark", ["•\t", "–\t", "– ", "· ", "o\t", "▪ ", "*\t", "- ", "◦  "])
def test_bullets_of_any_editor_are_items(mark: str) -> None:
    text = f"We will:\n{mark}Drain\n{mark}Replace"
    assert shown(text) == "<p>We will:</p><ul><li>Drain</li><li>Replace</li></ul>"


@pytest.mark.parametrize(
    "text",
    [
        "- a\n  - b\n- c",
        "- a\n    - b\n- c",
        "- a\n\t- b\n- c",
        "•\ta\no\tb\n•\tc",
        "• a\n  ◦ b\n• c",
    ],
)
def test_what_is_indented_or_of_a_lower_bullet_is_an_inner_list(text: str) -> None:
    assert shown(text) == "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"


def test_a_list_inside_a_numbered_list_is_an_inner_list_whatever_its_indent() -> None:
    expected = '<ol><li value="10">a<ul><li>b</li></ul></li><li value="11">c</li></ol>'
    assert shown("10. a\n  - b\n11. c") == expected
    assert shown("10. a\n      - b\n11. c") == expected


def test_an_indented_line_goes_on_with_its_item() -> None:
    assert shown("- a\n  more\n- b") == "<ul><li>a<br>more</li><li>b</li></ul>"


def test_columns_stay_columns() -> None:
    text = "Host        Address      Window\nvpn-1       10.0.0.1     22:00"
    html = blocks(text)
    assert "<pre" in html
    assert text in html
    tabs = blocks("Host\tAddress\nvpn-1\t10.0.0.1")
    assert "Host    Address\nvpn-1   10.0.0.1" in tabs


def test_two_spaces_between_sentences_are_no_columns() -> None:
    assert "<pre" not in blocks("It works.  Go on.\nIt rains.  Stay in.")


def test_markdown_is_shown_as_what_it_means() -> None:
    text = (
        "**Important:** see [the runbook](https://wiki.provider.example/vpn?a=1&b=2) and "
        "`vpn.conf`.\n\n## Scope\n\n> quoted\n\n```\nshow  *version*\n```\n\n"
        "| Host | When |\n|---|---|\n| vpn-1 | *22:00* |"
    )
    assert shown(text) == (
        "<p><strong>Important:</strong> see "
        '<a href="https://wiki.provider.example/vpn?a=1&amp;b=2">'
        "the runbook</a> and <code>vpn.conf</code>.</p><h3>Scope</h3>"
        "<blockquote><p>quoted</p></blockquote><pre>show  *version*</pre>"
        '<table cellpadding="4"><thead><tr><th scope="col">Host</th><th scope="col">When</th>'
        "</tr></thead>"
        "<tbody><tr><td>vpn-1</td><td><em>22:00</em></td></tr></tbody></table>"
    )


@pytest.mark.parametrize(
    ("sentence", "url", "after"),
    [
        (
            "See https://s.example/inc?id=7&lang=en. Or",
            "https://s.example/inc?id=7&amp;lang=en",
            ".",
        ),
        ("Or (https://w.example/a_(b)) and", "https://w.example/a_(b)", ")"),
        ("ask desk@provider.example.", "mailto:desk@provider.example", "."),
        ("(desk@provider.example)", "mailto:desk@provider.example", ")"),
        ("„https://w.example/x“", "https://w.example/x%E2%80%9C", ""),
        ("https://w.example/x, then", "https://w.example/x", ","),
        ("詳細は https://w.example/x。", "https://w.example/x", "。"),
    ],
)
def test_an_address_in_a_sentence_is_a_link_without_its_full_stop(
    sentence: str, url: str, after: str
) -> None:
    found = re.search(r'<a href="([^"]*)">[^<]*</a>(.?)', shown(sentence))
    assert found is not None
    assert found[1] == url
    if after:
        assert found[2] == after


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,x)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "[x](//evil.example)",
        "javascript:alert(1)",
    ],
)
def test_nothing_leads_anywhere_but_to_web_and_mail(text: str) -> None:
    assert "<a " not in blocks(text)


def test_a_picture_is_its_text_and_its_address() -> None:
    assert shown("![plan](https://w.example/p.png)") == (
        '<p><a href="https://w.example/p.png">plan</a></p>'
    )


@pytest.mark.parametrize(
    ("line", "html"),
    [
        ("https://m.example/a b", '<a href="https://m.example/a">https://m.example/a</a> b'),
        ("**now**", "<strong>now</strong>"),
        ("Call us", "Call us"),
    ],
)
def test_a_single_line_has_no_block_around_it(line: str, html: str) -> None:
    assert inline(line) == html


def test_html_of_editors_becomes_text() -> None:
    html = (
        "<p>We replace the <strong>gateways</strong>.</p><ul><li>vpn-1</li><li>vpn-2<ol><li>a"
        "</li></ol></li></ul><p>Questions&nbsp;&amp; answers: "
        '<a href="https://wiki.provider.example/vpn">wiki</a></p><style>p{}</style>'
    )
    reading = read(html)
    assert reading.form is Form.HTML
    assert reading.text == (
        "We replace the **gateways**.\n\n- vpn-1\n- vpn-2\n    1. a\n\n"
        "Questions & answers: [wiki](https://wiki.provider.example/vpn)"
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>None</p>", "None"),
        ("<P>None</P>", "None"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("<p>a&#8;b&#x85;c</p>", "abc"),
        ("<p>5 &lt; 6</p>", "5 < 6"),
        ("- drain <b>all</b>\n- patch", "- drain **all**\n- patch"),
        ('<p><a href="javascript:x()">y</a></p>', "y"),
        ("<p><b>x </b>y <b></b>z</p>", "**x** y z"),
        ("<pre>a  b\n c</pre>", "```\na  b\n c\n```"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
         "| a | b |\n|---|---|\n| 1 | 2 |"),
    ],
)  # fmt: skip
def test_pieces_of_html_become_text(html: str, text: str) -> None:
    assert read(html).text.replace("\u2026", "") == text


@pytest.mark.parametrize("text", ["<b>", "a < b", "<script>x</script>", "<img src=x>", "{{ 7 }}"])
def test_what_is_no_html_stays_as_it_is(text: str) -> None:
    assert read(text).text == text


def test_wiki_markup_becomes_text() -> None:
    wiki = (
        "h2. Scope\n*Bold* and _it_ [wiki|https://w.example/x]\n* a\n** b\n# n\n||H||K||\n|1|2|\n"
        "{code:java}\nx  *y*\n{code}\nmono {{a.b}} {color:red}red{color}"
    )
    reading = read(wiki)
    assert reading.form is Form.WIKI
    assert reading.text == (
        "## Scope\n**Bold** and *it* [wiki](https://w.example/x)\n- a\n    - b\n1. n\n"
        "| H | K |\n|---|---|\n|1|2|\n\n```\nx  *y*\n```\n\nmono `a.b` red"
    )


def test_a_hundred_thousand_signs_are_read_in_time() -> None:
    for text in (
        "<p>" * 30_000,
        "[" * 100_000,
        "- a\n" * 25_000,
        "{code}" * 16_000,
        "*a_" * 30_000,
    ):
        as_markdown(read(text).text)


def test_every_character_of_markup_is_escaped() -> None:
    assert breaks("<a href='x' title=\"y\">&amp;\n{{ 7*7 }}") == (
        "&lt;a href=&#39;x&#39; title=&#34;y&#34;&gt;&amp;amp;<br>\n{{ 7*7 }}"
    )


def test_words_that_differ_are_marked_as_deleted_and_inserted() -> None:
    assert marked(("up to 5 <min>", "up to 15 <min>")) == (
        "up to <del>5</del> &lt;min&gt;",
        "up to <ins>15</ins> &lt;min&gt;",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2027-01-21", "2027-01-28"),
        ("22:30", "23:30"),
        ("10.0.0.1", "10.0.0.2"),
        ("vpn-1", "vpn-2"),
    ],
)
def test_a_date_a_time_or_a_name_is_never_marked_digit_by_digit(old: str, new: str) -> None:
    before, now = marked((f"We patch it at {old}, as agreed.", f"We patch it at {new}, as agreed."))
    assert before == f"We patch it at <del>{old}</del>, as agreed."
    assert now == f"We patch it at <ins>{new}</ins>, as agreed."


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


WHOLE = [
    "te👩‍🔧",
    "e\u0301",
    "🇪🇸🇩🇪",
    "👍🏽",
    "1\ufe0f\u20e3",
    "한",
    "\u1112\u1161\u11ab",
    "ก\u0e33",
]


@pytest.mark.parametrize("text", WHOLE)
def test_a_cut_never_splits_a_character_as_people_see_it(text: str) -> None:
    long = f"{'x' * 5}{text}{'y' * 5}"
    starts = {"".join(list(graphemes(long))[:n]) for n in range(len(long) + 1)}
    for limit in range(len(long)):
        assert start_of(long, limit) in starts
        kept = shortened(long, limit)
        assert kept.removesuffix("…") in starts


def test_a_title_is_cut_at_a_word_where_one_is_near() -> None:
    assert shortened("Patch the bastion hosts in eu-central-1", 24) == "Patch the bastion hosts…"
    assert shortened("Patch the hosts", 24) == "Patch the hosts"
    assert shortened("Donaudampfschifffahrtsgesellschaft", 10) == "Donaudamp…"
    assert shortened("Patch the bastion hosts", 3, least=12) == "Patch the…"


def test_plain_text_is_wrapped_and_goes_on_below_its_item() -> None:
    text = "- " + "word " * 40
    lines = wrapped(text).split("\n")
    assert len(lines) > 2
    assert all(columns(line) <= 76 for line in lines)
    assert all(line.startswith("  word") for line in lines[1:])
    assert " ".join(wrapped(text).split()) == " ".join(text.split())


def test_the_lines_of_a_fact_are_indented_below_its_label() -> None:
    lines = hung("Impact: " + "word " * 30 + "\nsecond").split("\n")
    assert all(columns(line) <= 76 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])
    assert lines[-1] == "    second"


def test_no_address_is_broken() -> None:
    url = "https://portal.provider.example/" + "a" * 100 + "?x=1&y=2"
    assert url in wrapped(
        f"Please look here: {url} and then go on with what you were doing before."
    )


@pytest.mark.parametrize("signs", ["n𓀀", "né", "漢字", "🙂"])
def test_the_longest_text_without_a_space_is_wrapped_in_time(signs: str) -> None:
    text = signs * (TEXT_LIMIT // len(signs))
    begin = process_time()
    assert wrapped(text).replace("\n", "") == text
    assert process_time() - begin < 0.6  # it was 1 to 4 s where no character takes two columns


@pytest.mark.parametrize(
    "text",
    [
        "Host        Address      " + "x" * 70,
        "| " + "a | " * 40,
        "```\n" + "code " * 40 + "\n```",
    ],
)
def test_columns_tables_and_code_are_not_wrapped(text: str) -> None:
    assert wrapped(text) == text


def test_japanese_is_wrapped_between_signs_and_never_before_a_full_stop() -> None:
    text = "この変更作業は予定されています。" * 10
    lines = wrapped(text).split("\n")
    assert len(lines) > 3
    assert all(60 < columns(line) <= 76 for line in lines[:-1])
    assert not any(line.startswith("。") for line in lines)
    assert "".join(lines) == text
