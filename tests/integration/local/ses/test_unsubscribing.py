"""Following the unsubscribe link of a mail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from changecast_local import ses as cloud_ses
from tests.integration.local.ses.given import ANN, LIST, send, topic
from tests.support.programs import browse, node

Heard = Callable[[], list[dict[str, Any]]]
ONE_CLICK = b"List-Unsubscribe=One-Click"
# RFC 8058 §3.2 allows multipart as well.
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.fixture
def link(sender: Any, account: str) -> str:
    """The link in a mail to Ann, who is on the list and chose nothing yet."""
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN)
    return mailed_link(sender, account)


def mailed_link(sender: Any, account: str, **changes: Any) -> str:
    send(sender, **changes)
    mail = cloud_ses.mails(account)[-1]
    return str(dict(mail["headers"])["List-Unsubscribe"]).strip("<>")


def ask(link: str, method: str = "GET", body: bytes = b"") -> tuple[int, dict[str, str], str]:
    status, headers, page = cloud_ses.handle(method, urlsplit(link).path, "", body)
    return status, headers, page.decode()


def choices(ses: Any) -> tuple[dict[str, str], bool]:
    found = ses.get_contact(ContactListName=LIST, EmailAddress=ANN)
    chosen = {each["TopicName"]: each["SubscriptionStatus"] for each in found["TopicPreferences"]}
    return chosen, found["UnsubscribeAll"]


def test_looking_at_the_page_changes_nothing(sender: Any, link: str) -> None:
    for method in ("GET", "HEAD", "GET"):
        status, headers, page = ask(link, method)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert ANN in page
    assert choices(sender) == ({}, False)


def test_the_page_shows_every_topic_and_what_is_chosen(link: str) -> None:
    _, _, page = ask(link)
    assert 'value="announcements" checked' in page
    assert 'value="calendar">' in page


def test_the_page_is_valid_html_that_fits_a_phone(link: str, tmp_path: Path) -> None:
    views = [{"width": 375, "dark": False}, {"width": 375, "dark": True}]
    pages = [tmp_path / "choices.html", tmp_path / "nowhere.html"]
    for page, where in zip(pages, (link, link + "x"), strict=True):
        page.write_text(ask(where)[2], "utf-8")
    assert node("validate.mjs", {"pages": [str(page) for page in pages]}) == [[], []]
    for found in browse([{"page": str(page), "views": views} for page in pages]):
        for view in found["views"]:
            assert view["faults"] == []
            assert view["scrollWidth"] <= view["width"]


@pytest.mark.parametrize("body", [ONE_CLICK, MULTIPART])
def test_one_click_leaves_the_topic_of_the_mail_and_no_other(
    sender: Any, account: str, link: str, body: bytes
) -> None:
    status, _, page = ask(link, "POST", body)
    assert (status, page) == (200, "")
    assert choices(sender) == ({"announcements": "OPT_OUT"}, False)
    before = len(cloud_ses.mails(account))
    send(sender)
    assert len(cloud_ses.mails(account)) == before


def test_one_click_leaves_other_choices_as_they_were(sender: Any, account: str) -> None:
    chose = [{"TopicName": "calendar", "SubscriptionStatus": "OPT_IN"}]
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN, TopicPreferences=chose)
    ask(mailed_link(sender, account), "POST", ONE_CLICK)
    assert choices(sender) == ({"announcements": "OPT_OUT", "calendar": "OPT_IN"}, False)


def test_one_click_in_a_mail_without_a_topic_leaves_everything(sender: Any, account: str) -> None:
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN)
    link = mailed_link(sender, account, ListManagementOptions={"ContactListName": LIST})
    ask(link, "POST", ONE_CLICK)
    assert choices(sender) == ({}, True)


def test_the_form_saves_what_is_ticked(sender: Any, link: str) -> None:
    _, _, page = ask(link, "POST", urlencode({"topic": "calendar"}).encode())
    assert choices(sender) == ({"announcements": "OPT_OUT", "calendar": "OPT_IN"}, False)
    assert 'value="calendar" checked' in page


def test_the_form_can_leave_everything(sender: Any, link: str) -> None:
    ask(link, "POST", urlencode({"all": "1", "topic": "calendar"}).encode())
    assert choices(sender)[1] is True


def test_somebody_who_was_not_on_the_list_is_on_it_as_gone(sender: Any, account: str) -> None:
    ask(mailed_link(sender, account), "POST", ONE_CLICK)
    assert choices(sender) == ({"announcements": "OPT_OUT"}, False)


def test_the_bus_hears_of_it(sender: Any, heard: Heard, link: str) -> None:
    ask(link, "POST", ONE_CLICK)
    event = heard()[-1]
    assert event["detail-type"] == "Email Subscribed"
    said = event["detail"]["subscription"]
    assert (said["contactList"], said["source"]) == (LIST, "UnsubscribeHeader")
    assert said["oldTopicPreferences"]["topicSubscriptionStatus"][0] == {
        "topicName": "announcements",
        "subscriptionStatus": "OptIn",
    }
    assert said["newTopicPreferences"]["topicSubscriptionStatus"][0] == {
        "topicName": "announcements",
        "subscriptionStatus": "OptOut",
    }


def test_a_link_of_nobody_leads_nowhere(sender: Any, link: str) -> None:
    assert ask(f"{link}x")[0] == 404
    sender.delete_contact_list(ContactListName=LIST)
    assert ask(link)[0] == 404


def test_only_looking_and_posting_are_allowed(sender: Any, link: str) -> None:
    assert ask(link, "DELETE")[0] == 405
    assert choices(sender) == ({}, False)


def test_a_topic_s_name_cannot_break_the_page(sender: Any, link: str) -> None:
    evil = {**topic("announcements"), "DisplayName": "<script>alert(1)</script>"}
    sender.update_contact_list(ContactListName=LIST, Topics=[evil])
    _, _, page = ask(link)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_link_in_a_mail_works_over_http(sender: Any, link: str) -> None:
    with urlopen(link) as answer:
        assert ANN in answer.read().decode()
    with urlopen(Request(link, ONE_CLICK, method="POST")) as answer:
        assert (answer.status, answer.read()) == (200, b"")
    assert choices(sender) == ({"announcements": "OPT_OUT"}, False)
