"""Where a change leads: whatever a mail program would make a link of, in whatever field."""

from typing import Any

import pytest

from changecast.customer.planning.link_domains import foreign_domains
from tests.support.builders import change

ALLOWED = frozenset({"acme.example", "example.org"})


def leads_to(text: str) -> list[str]:
    return foreign_domains(change(reason=text), ALLOWED)


@pytest.mark.parametrize(
    "text",
    [
        "See https://acme.example/runbook.", "(https://wiki.acme.example:8443/a?b=c#d)",
        "HTTPS://WIKI.ACME.EXAMPLE", "mail desk@acme.example or mailto:it@ops.acme.example",
        "https://acme.example./", "portal.example.org, example.org", "**https://acme.example**",
        "Version 1.2.34 of node.js, e.g. on db01.internal, 10.0.0.1, nginx.conf, etc.",
        "/opt/job/backup.sh and https://acme.example/deploy.sh", "a user@host or a host:8080",
        "restarted.The rest follows", "http: the protocol", "https:// is missing its host", "",
    ],
)  # fmt: skip
def test_what_leads_to_the_allowed_domains_or_nowhere_is_allowed(text: str) -> None:
    assert leads_to(text) == []


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://evil.example/x", "evil.example"),
        ("https://acme.example.evil.example", "acme.example.evil.example"),
        ("https://evilacme.example", "evilacme.example"),
        ("https://evil.example\\@acme.example", "evil.example"),
        ("https://acme.example@evil.example/", "acme.example@evil.example"),
        ("https://evil.example@acme.example", "evil.example@acme.example"),
        ("https:///evil.example", "evil.example"),
        (r"https:\\evil.example", "evil.example"),
        ("ftp://evil.example", "evil.example"),
        ("https://acme.example/?next=https://evil.example", "evil.example"),
        ("https://evil%2eexample", "evil%2eexample"),
        ("https://\u0430cme.example", "\u0430cme.example"),
        ("https://evil.example\uff0f.acme.example", "evil.example\uff0f.acme.example"),
        ("https://[2001:db8::1]/", "[2001:db8::1"),
        ("https://10.0.0.1/", "10.0.0.1"),
        ("write to max@evil.example", "evil.example"),
        ("mailto:max%40evil%2eexample", "evil.example"),
        ("open example.com now", "example.com"),
        ("open www.example.com/login", "www.example.com"),
        ("open EXAMPLE.COM", "example.com"),
        ("open example.com\uff0eacme.example", "example.com"),
        ("open \uff45xample.com", "example.com"),
        ("open exam\u00adple.com", "example.com"),
        ("open \u043f\u0440\u0438.com", "\u043f\u0440\u0438.com"),
        ("ends.Next: invoice.zip", "invoice.zip"),
    ],
)  # fmt: skip
def test_what_leads_elsewhere_is_named(text: str, host: str) -> None:
    assert host in leads_to(text)


FIELDS: dict[str, Any] = {
    "title": "See https://evil.example",
    "change_id": "https://evil.example/1",
    "category": "evil https://evil.example",
    "summary": "https://evil.example",
    "content": "https://evil.example",
    "customer_impact": "https://evil.example",
    "implementation_plan": "https://evil.example",
    "tickets": {"jira": "https://evil.example"},
    "links": [{"url": "https://evil.example"}],
    "attachments": [{"name": "plan", "url": "https://evil.example"}],
    "survey_url": "https://evil.example",
    "meeting": {"start": "2027-01-20T22:00:00Z", "join_url": "https://evil.example"},
    "customer_details": {"acme": {"deep": [{"https://evil.example": 1}]}},
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_that_a_mail_shows_is_looked_at(field: str) -> None:
    assert foreign_domains(change(**{field: FIELDS[field]}), ALLOWED) == ["evil.example"]


def test_the_history_is_in_no_mail_and_is_not_looked_at() -> None:
    entry = {"timestamp": "2027-01-01T00:00:00Z", "type": "edited", "user_id": "a@evil.example"}
    assert foreign_domains(change(history=[entry]), ALLOWED) == []


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "a." * 50_000, "a@" * 50_000, "https://" * 12_500, "a+:" * 33_333]
)
def test_a_long_text_is_looked_at_in_time_that_grows_with_its_length_only(text: str) -> None:
    leads_to(text)
