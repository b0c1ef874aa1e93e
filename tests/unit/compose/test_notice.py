"""What webhooks and chats are told: every kind, every language, and nothing that can hurt."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from changecast.contract.notice import NoticeKind, parse_notice
from changecast.customer.compose.notice import as_plain
from changecast.customer.compose.words import languages
from changecast.customer.mailing import MailKind
from changecast_cli.schemas import FOLDER
from tests.support.builders import change
from tests.support.every_kind import LATER, Shown, about, every_kind
from tests.support.told import chat, notice, occasion

# The format as AWS publishes it: which keys there are, which are required, and their limits.
# https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
TEXT = {"type": "string", "minLength": 1}
CUSTOM_NOTIFICATION = {
    "type": "object",
    "required": ["version", "source", "content"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "1.0"},
        "source": {"const": "custom"},
        "id": TEXT,
        "content": {
            "type": "object",
            "required": ["description"],
            "additionalProperties": False,
            "properties": {
                "textType": {"const": "client-markdown"},
                "title": TEXT | {"maxLength": 250},
                "description": TEXT | {"maxLength": 8_000},
                "nextSteps": {"type": "array", "items": TEXT},
                "keywords": {"type": "array", "items": TEXT},
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "threadId": TEXT,
                "summary": TEXT,
                "eventType": TEXT,
                "relatedResources": {"type": "array", "items": TEXT},
                "additionalContext": {"type": "object", "additionalProperties": TEXT},
            },
        },
    },
}
AS_AMAZON_Q = Draft202012Validator(CUSTOM_NOTIFICATION)
AS_PUBLISHED = Draft202012Validator(json.loads((FOLDER / "ChangeNotice.v1.json").read_text()))
SHOWN = [*every_kind()]
KINDS = pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)


def told_in(shown: Shown, language: str) -> tuple[Any, ...]:
    return (shown.kind, shown.change, shown.previous), {"language": language}


def test_every_kind_of_mail_is_a_kind_of_notice() -> None:
    assert [kind.value for kind in NoticeKind] == [
        "approval_request", "announcement", "update", "started", "completed", "reminder",
        "cancelled", "withdrawn",
    ]  # fmt: skip
    assert {kind.value for kind in NoticeKind} == {kind.value for kind in MailKind}


@KINDS
@pytest.mark.parametrize("language", languages())
def test_a_webhook_of_every_kind_and_language_keeps_the_published_schema(
    shown: Shown, language: str
) -> None:
    said, settings = told_in(shown, language)
    found = notice(*said, **settings)
    AS_PUBLISHED.validate(found)
    assert parse_notice(json.dumps(found)).data.kind == shown.kind.value
    assert found["type"] == f"change.{shown.kind}"
    assert found["data"]["language"] == language


@KINDS
@pytest.mark.parametrize("language", languages())
def test_a_chat_of_every_kind_and_language_keeps_the_format_of_amazon_q(
    shown: Shown, language: str
) -> None:
    said, settings = told_in(shown, language)
    found = chat(*said, **settings)
    AS_AMAZON_Q.validate(found)
    assert shown.change.title in found["content"]["title"]
    assert shown.change.change_id in found["content"]["description"]


def test_a_chat_says_when_what_it_means_what_to_do_and_what_changed() -> None:
    moved = about(revision=2, window=LATER, action="Log out before 23:00.")
    said = chat(MailKind.UPDATE, moved, about())["content"]["description"]
    for words in (
        "Thursday 28 January 2027, 23:00", "2027-01-28 22:00\u00a0– 2027-01-29 05:30 UTC",
        "Open sessions drop for up to 5 minutes.", "Log out before 23:00.",
        "• When: Thu 21 Jan, 23:00", "https://advisory.vendor.example/7",
    ):  # fmt: skip
        assert words in said


def test_all_messages_of_a_change_are_one_thread_and_no_other_customers() -> None:
    def thread(about: Any, kind: MailKind = MailKind.ANNOUNCEMENT, **settings: Any) -> str:
        return str(chat(kind, about, **settings)["metadata"]["threadId"])

    first = thread(change())
    assert first == thread(change(revision=2, status="completed"), MailKind.COMPLETED)
    assert first != thread(change(change_id="CHG-2"))
    assert first != thread(change(), customer="acme2")


def test_a_notice_names_no_other_customer_and_nobody_who_worked_on_the_document() -> None:
    secret = about(
        customer_details={"acme": {"hosts": ["vpn-1"]}},
        history=[{"timestamp": "2027-01-16T08:00:00Z", "user_id": "maria", "type": "approved"}],
        confidential=True,
    )
    said = json.dumps(notice(MailKind.ANNOUNCEMENT, secret))
    assert "vpn-1" in said
    assert "maria" not in said
    assert "confidential" not in said


def test_what_is_withdrawn_is_told_as_it_was_known() -> None:
    now = about(revision=2, title="Another plan", customer_impact="Secret.")
    said = notice(MailKind.WITHDRAWN, now, about())["data"]
    assert (said["revision"], said["title"]) == (2, about().title)
    assert "Secret" not in json.dumps(said)
    assert said["changed"] == []


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("<!channel> now", "&lt;!channel&gt; now"),
        ("<!here|all> <@U01>", "&lt;!here|all&gt; &lt;@U01&gt;"),
        ("<https://evil.example|sign in>", "&lt;https://evil.example|sign in&gt;"),
        ("[sign in](https://evil.example)", "[sign in] (https://evil.example)"),
        ("a &lt; b", "a &amp;lt; b"),
    ],
)
def test_hostile_text_calls_nobody_and_hides_no_link(hostile: str, shown: str) -> None:
    assert as_plain(hostile) == shown
    said = chat(MailKind.ANNOUNCEMENT, about(title=hostile, action=hostile, customer_impact="x"))
    whole = json.dumps(said, ensure_ascii=False)
    assert hostile not in whole
    assert shown in said["content"]["title"]
    assert shown in said["content"]["description"]


def test_a_message_that_is_too_long_is_cut_between_characters_and_outside_of_entities() -> None:
    for shift in range(8):
        long = about(title="x" * shift + "<" * 240, customer_impact="&" * 90_000, action="<" * 900)
        said = chat(MailKind.ANNOUNCEMENT, long)
        AS_AMAZON_Q.validate(said)
        assert said["content"]["title"].removesuffix("…").endswith(("&lt;", ":"))


def test_a_test_says_that_it_is_one() -> None:
    said = occasion(MailKind.ANNOUNCEMENT, about(), test=True)
    assert said.test
    assert notice(MailKind.ANNOUNCEMENT, about(), test=True)["data"]["test"] is True
    assert chat(MailKind.ANNOUNCEMENT, about(), test=True)["content"]["title"].startswith("TEST")
