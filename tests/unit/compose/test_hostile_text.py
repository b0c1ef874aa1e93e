"""Text that wants to be more than text: headers, markup, templates, parts, calendar lines."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from changecast.customer.compose.subject import isolated
from changecast.customer.mailing import MailKind
from tests.support.builders import change
from tests.support.mails import (
    READER,
    calendars_of,
    event_of,
    html_of,
    mail,
    raw_mail,
    squeezed,
    starts_with_title,
    text_of,
)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><b>",
    "<!--[if mso]><x>",
    "{{ 7 * 7 }}",
    "{% include '/etc/passwd' %}",
    "{{ content.__class__.__mro__ }}",
    "{# hidden #}",
    "Bcc: eve@evil.example",
    "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=",
    "BEGIN:VALARM",
    "END:VEVENT",
    "END:VEVENT\\nEND:VCALENDAR",
    "ATTENDEE:mailto:eve@evil.example",
    "a\\,b;c\\nd:e",
    "--alternative-00000000000000000000000000000000",
    "From the start",
    ".",
    "=3D=0A",
    "a  b",
    "\u202egnp.exe",
    "\u200b\u00a0x",
    "%s %(x)s {0} {x} $x ${x}",
    "' OR 1=1 --",
    "Ω≈ç√∫˜µ≤≥÷ 田中さん 👩‍👩‍👧",
)


MARKUP = (
    "[x](javascript:alert(1))",
    '[x](https://evil.example/"onmouseover="x)',
    "<https://evil.example/<b>>",
    "![x](https://evil.example/x.png 'onload=x')",
    "| <b> | onclick= |\n|---|---|\n| `<i>` | x |",
    '```" onload="x\n<script>\n```',
    "<p onclick='x'>a</p><a href='javascript:x'>b</a><iframe src='x'></iframe><img src=x>",
    "{code:title=<b>}x{code} [x|javascript:y]",
)
# What Markdown may add to a mail, and the attributes that each may have.
SAFE = {
    "a": {"href"}, "p": {"style"}, "br": set(), "strong": set(), "em": set(), "del": set(),
    "code": {"style"}, "pre": {"style"}, "ul": {"style"}, "ol": {"style"}, "li": {"value"},
    "h3": {"style"}, "hr": {"style"}, "blockquote": {"style"}, "thead": set(), "tbody": set(),
    "table": {"style", "cellpadding"}, "tr": set(), "th": {"scope"}, "td": set(),
}  # fmt: skip


def full(text: str, **fields: Any) -> Any:
    line = text.replace("\n", " ")
    return change(
        title=line,
        reason=text,
        implementation_plan=text,
        customer_impact=f"I {text}",
        summary=text,
        tickets={"servicenow": line, "jira": line},
        meeting={"start": "2027-01-20T21:00:00Z", "title": line, "location": line},
        links=[{"title": line, "url": "https://l.example/1"}],
        attachments=[{"name": line}],
        customer_details={"acme": {text: text}},
        **fields,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_the_same_text_in_one_message_with_one_event(text: str) -> None:
    message = mail(MailKind.UPDATE, full(text, revision=2), previous=full("before"))
    assert starts_with_title(message, text)
    assert len(message.get_all("To", [])) == len(message.get_all("Subject", [])) == 1
    assert message["Bcc"] is None
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
        "application/ics",
    ]  # fmt: skip
    assert squeezed(text) in squeezed(text_of(message))
    for calendar in calendars_of(message):
        event = event_of(calendar)
        assert not calendar.walk("VALARM")
        assert event["ATTENDEE"] == f"mailto:{READER}"
        assert str(event["SUMMARY"]) == f"{isolated(text)} · For Acme Industries [CHG-1]"


@pytest.mark.parametrize("text", [*HOSTILE, *MARKUP])
def test_hostile_text_adds_no_element_but_those_of_markdown(text: str) -> None:
    ours = Counter(_tags(html_of(mail(about=full("harmless")))))
    theirs = Counter(_tags(html_of(mail(about=full(text)))))
    for tag, attributes in theirs - ours:
        assert tag in SAFE, text
        assert {name for name, _ in attributes} <= SAFE[tag], text
        targets = [value for name, value in attributes if name == "href"]
        assert all(re.match(r"https?://|mailto:", target) for target in targets), text


def test_a_title_cannot_take_the_place_of_the_unsubscribe_link() -> None:
    """SES replaces the first two placeholders that it finds."""
    placeholder = "{{amazonSESUnsubscribeUrl}}"
    for text in (placeholder, "{{ AMAZONsesunsubscribeurl }}"):
        raw = raw_mail(about=full(text))
        assert len(re.findall(rb"(?i)\{\{\s*amazonsesunsubscribeurl", raw)) == 2
        message = mail(about=full(text))
        assert starts_with_title(message, text.replace("{{", "{ {").replace("}}", "} }"))
        assert text_of(message).count(placeholder) == 1
        assert html_of(message).count(placeholder) == 1


def test_a_link_cannot_carry_the_readers_own_subscription_page_away() -> None:
    url = "https://evil.example/?steal={{amazonSESUnsubscribeUrl}}"
    html = html_of(mail(about=change(links=[{"title": "x", "url": url}])))
    assert html.count("amazonSESUnsubscribeUrl}}") == 1
    assert "https://evil.example/?steal=%7B%20%7BamazonSESUnsubscribeUrl%7D%20%7D" in html


def test_a_title_cannot_turn_the_rest_of_the_subject_around() -> None:
    subject = str(mail(about=change(title="\u202egnp.exe"))["Subject"])
    assert ": \u2068\u202egnp.exe\u2069, Wed" in subject


def test_no_text_turns_the_rest_of_a_calendar_entry_around() -> None:
    meeting = {"start": "2027-01-20T21:00:00Z", "title": "\u202em", "location": "\u202el"}
    about = change(title="\u202egnp.exe", customer_impact="\u202eimpact", meeting=meeting)
    for calendar in calendars_of(mail(about=about)):
        event = event_of(calendar)
        for name in ("SUMMARY", "DESCRIPTION", "LOCATION"):
            for line in str(event.get(name, "")).split("\n"):
                inside = re.findall("\u2068[^\u2069]*\u2069", line)
                assert line.count("\u202e") == "".join(inside).count("\u202e"), name


def test_an_address_cannot_leave_its_attribute() -> None:
    url = "https://l.example/\" onmouseover='x' <b> ü {a}"
    html = html_of(mail(about=change(links=[{"title": "x", "url": url}])))
    quoted = "https://l.example/%22%20onmouseover=&#39;x&#39;%20%3Cb%3E%20%C3%BC%20%7Ba%7D"
    assert f'<a href="{quoted}">x</a>' in html


def test_no_text_can_hold_the_boundary_of_its_own_mail() -> None:
    seen = re.findall(rb'boundary="([^"]+)"', raw_mail())
    lines = "".join(f"\n--{each.decode()}\nContent-Type: text/html\n\n<q>x</q>\n" for each in seen)
    message = mail(about=change(reason=lines))
    assert len(list(message.walk())) == 4
    assert "<q>x</q>" in text_of(message)


def test_line_separators_of_unicode_break_no_calendar_line() -> None:
    text = "a\u2028ATTENDEE:mailto:eve@evil.example\u2029b"
    (calendar,) = calendars_of(mail(about=change(customer_impact=text)))
    event = event_of(calendar)
    assert event["ATTENDEE"] == f"mailto:{READER}"
    assert "ATTENDEE:mailto:eve@evil.example" in event["DESCRIPTION"].split("\n")


Attributes = tuple[tuple[str, str], ...]


def _tags(html: str) -> list[tuple[str, Attributes]]:
    """Every element with its attributes, as an HTML parser finds them."""

    class Collector(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[tuple[str, Attributes]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.append((tag, tuple((name, value or "") for name, value in attrs)))

    collector = Collector()
    collector.feed(html)
    return collector.found
