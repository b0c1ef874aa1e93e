"""The page of a change, as a browser shows it."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from changecast.contract.change import utc
from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.discard import discard
from changecast.hub.tracking.operator_actions import Action, OperatorAction
from changecast.hub.tracking.schema import action_key
from changecast_cli.console.board import Standing
from changecast_cli.console.change import differences, known_of
from tests.support.builders import change, document
from tests.support.consoles import FakeBoard, answer, report
from tests.support.fake_hub import FakeHub
from tests.support.seen import seen

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def announced(hub: FakeHub) -> FakeHub:
    """CHG-1 in two revisions: the second has another window and leaves globex out."""
    announce(document(), hub=hub)
    moved = {"implementationStart": "2027-01-21T22:00:00Z",
             "implementationEnd": "2027-01-21T23:30:00Z"}  # fmt: skip
    announce(document(customers=["acme"], **moved), hub=hub)
    counts = {"planned": 10, "sent": 9, "delivered": 7, "bounced": 2, "failed": 1}
    report(hub, "CHG-1", "acme", 1, state="superseded")
    report(hub, "CHG-1", "globex", 1, state="sent")
    report(hub, "CHG-1", "acme", 2, state="partial", counts=counts,
           reason={"code": "X", "message": "one address is wrong"})  # fmt: skip
    return hub


def test_every_customer_stands_in_every_revision(browser: TestClient, announced: FakeHub) -> None:
    text = seen(browser, "change", id="CHG-1").text
    assert "Customer Revision 2 Revision 1 Answers" in text
    assert "acme ! partial 7 delivered, 2 bounced, 1 failed of 10" in text
    assert "one address is wrong" in text
    assert "globex withdrawn" in text
    assert "changecast recipients CHG-1 --customer acme" in text


def test_the_window_is_told_in_the_change_s_zone_and_in_utc(
    browser: TestClient, announced: FakeHub
) -> None:
    text = seen(browser, "change", id="CHG-1", zone="Asia/Tokyo").text
    assert "Fri 22 Jan 2027 07:00 to 08:30 JST (Asia/Tokyo)" in text
    assert "Thu 21 Jan 2027 23:00 to Fri 22 Jan 2027 00:30 CET (Europe/Madrid)" in text
    assert "Thu 21 Jan 2027 22:00 to 23:30 UTC (UTC)" in text
    text = seen(browser, "change", id="CHG-1", zone="UTC").text
    assert text.count("22:00 to 23:30 UTC") == 1


def test_what_changed_is_told_field_by_field(browser: TestClient, announced: FakeHub) -> None:
    text = seen(browser, "change", id="CHG-1").text
    assert "What changed since revision 1" in text
    assert "window.start 2027-01-20T22:00:00Z 2027-01-21T22:00:00Z" in text
    first = seen(browser, "change", id="CHG-1", revision="1").text
    assert "first revision that the hub has" in first


def test_the_timeline_has_announcements_reports_and_answers(
    browser: TestClient, announced: FakeHub
) -> None:
    answer(announced, "CHG-1", "acme", comment="We close the month")
    text = seen(browser, "change", id="CHG-1").text
    assert "approved, to acme, withdrawn for globex" in text
    assert "rejected acme, 6f1d0c2b We close the month" in text


def test_the_event_is_what_was_put(browser: TestClient, announced: FakeHub) -> None:
    answer = browser.get("change/event", params={"id": "CHG-1", "revision": "2"})
    assert answer.headers["content-type"].startswith("text/plain")
    event = json.loads(answer.text)
    put = json.loads(announced.events.entries[-1]["Detail"])
    assert (event["change"], event["customers"]) == (put["change"], put["customers"])


def test_a_mail_is_shown_in_a_frame_that_may_do_nothing(
    browser: TestClient, announced: FakeHub
) -> None:
    page = seen(browser, "mails", id="CHG-1", revision="2", customer="acme")
    frames = [address for address in page.values("src") if "/mails/mail" in address]
    assert page.tags.count("iframe") == len(frames) > 0
    assert page.values("sandbox") == [""] * len(frames)
    shown = browser.get(f"http://127.0.0.1:8765{frames[0]}")
    assert "Patch the hosts" in shown.text
    dark = browser.get(f"http://127.0.0.1:8765{frames[2]}").text
    assert "@media not all" in shown.text
    assert "@media all" in dark
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "script" not in policy
    entry = next(one for one in page.values("href") if "/mails/entry" in one)
    calendar = browser.get(f"http://127.0.0.1:8765{entry}")
    assert calendar.text.startswith("BEGIN:VCALENDAR")


def test_a_customer_that_is_no_longer_named_is_shown_its_withdrawal(
    browser: TestClient, announced: FakeHub
) -> None:
    text = seen(browser, "mails", id="CHG-1", revision="2", customer="globex").text
    assert "withdrawn" in text


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("change", {}, "there is no change"),
        ("change", {"id": HOSTILE}, "there is no change"),
        ("change/event", {"id": "CHG-1", "revision": "9" * 5000}, "has no copy of revision"),
        ("change/event", {"id": "CHG-1", "revision": "-1"}, "has no copy of revision"),
        ("mails", {"id": "CHG-1", "revision": "7", "customer": "acme"}, "has no copy of revision"),
        ("mails", {"id": "CHG-1", "revision": "2", "customer": "initech"}, "does not name"),
        ("mails", {"id": "CHG-1", "revision": "2", "customer": HOSTILE}, ""),
        ("mails/mail", {"id": "CHG-1", "revision": "2", "customer": "acme"}, "no such mail"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    browser: TestClient, announced: FakeHub, path: str, query: dict[str, str], said: str
) -> None:
    answer = browser.get(path, params=query)
    assert answer.status_code == 400
    assert said in answer.text
    assert "<script>alert" not in answer.text


def test_names_of_parameters_do_no_harm(browser: TestClient, announced: FakeHub) -> None:
    query = {"path": "x", "request": "x", "template": "x", "self": "x", "mail": "x"}
    asked = {"id": "CHG-1", "revision": "2", "customer": "acme"} | query
    for path in ("", "change", "mails"):
        assert browser.get(path, params=asked).status_code == 200


def test_a_revision_that_nobody_announced_here_is_named_with_its_repair(
    browser: TestClient, announced: FakeHub
) -> None:
    report(announced, "CHG-1", "acme", 999, state="sent")
    text = seen(browser, "change", id="CHG-1").text
    assert "changecast discard CHG-1 --revision 999" in text


def test_a_change_that_was_put_without_announce_is_shown(browser: TestClient, hub: FakeHub) -> None:
    report(hub, "CHG-9", "acme")
    text = seen(browser, "change", id="CHG-9").text
    assert "the hub has no record of it" in text


def test_two_thousand_customers_come_in_pages(browser: TestClient, hub: FakeHub) -> None:
    for number in range(2_000):
        report(hub, "CHG-1", f"customer-{number:04d}")
    text = seen(browser, "change", id="CHG-1", customers="80").text
    assert "Page 80 of 80, 2,000 customers" in text
    assert "customer-1999" in text
    assert "customer-0000" not in text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, []),
        ({"title": "Another"}, [("title", "Patch the hosts", "Another")]),
        ({"action": "Save your work."}, [("action", "", "Save your work.")]),
        ({"links": [{"title": "Plan", "url": "https://l.example/"}]},
         [("links[0].title", "", "Plan"), ("links[0].url", "", "https://l.example/")]),
    ],
)  # fmt: skip
def test_differences_are_told_by_their_path(
    fields: dict[str, Any], told: list[tuple[str, str, str]]
) -> None:
    found = differences(change(), change(revision=2, **fields))
    assert [(one.field, one.before, one.after) for one in found] == told


def did(hub: FakeHub, action: Action, seconds_ago: float = 5, after_seq: int = 3) -> None:
    """An operator's action on acme's second revision."""
    at = utc(datetime.now(UTC) - timedelta(seconds=seconds_ago))
    done = OperatorAction("CHG-1", 2, "acme", action, "maria", at, "", after_seq)
    key = action_key("CHG-1", at, "1")
    hub.table.items[key["pk"], key["sk"]] = {**key, **asdict(done)}


@pytest.mark.parametrize(
    ("state", "seq", "seconds_ago", "is_told"),
    [
        ("paused", 3, 5, True),
        # The account reports at once that the run is planned, and its mails a little later.
        ("planned", 4, 5, True),
        ("planned", 4, 300, False),
        ("paused", 4, 5, False),
        ("sending", 4, 5, False),
        ("sent", 4, 5, False),
    ],
)
def test_until_an_account_reports_the_page_says_that_it_was_resumed(
    browser: TestClient, announced: FakeHub, state: str, seq: int, seconds_ago: float, is_told: bool
) -> None:
    report(announced, "CHG-1", "acme", 2, state=state, report_seq=seq)
    did(announced, Action.RESUMED, seconds_ago)
    text = seen(browser, "change", id="CHG-1", zone="UTC").text
    assert ("UTC; the account reports within a minute" in text) is is_told


@pytest.mark.parametrize(("seq", "has_button"), [(3, False), (4, True)])
def test_a_run_is_not_resumed_twice_before_its_account_reports(
    browser: TestClient, board: FakeBoard, announced: FakeHub, seq: int, has_button: bool
) -> None:
    report(announced, "CHG-1", "acme", 2, state="paused", report_seq=seq)
    did(announced, Action.RESUMED, 600)
    known = known_of(announced.table, "CHG-1")
    board.shown = [Standing(known.run, known.records[-1])]
    for page in (seen(browser, "change", id="CHG-1"), seen(browser)):
        assert any("verb=resume" in one for one in page.values("href")) is has_button
        assert ("If none arrives within two minutes" in page.text) is not has_button
        assert any("look=1" in one for one in page.values("href"))


def test_a_discarded_revision_is_not_what_stands(browser: TestClient, hub: FakeHub) -> None:
    announce(document(), hub=hub)
    announce(document(changeTitle="Wrong"), hub=hub)
    discard("CHG-1", 2, hub=hub)
    known = known_of(hub.table, "CHG-1")
    standing = {code: one["revision"] for code, one in known.run["customers"].items()}
    assert standing == {"acme": 1, "globex": 1}
    assert known.newest == known.records[0]
    assert "Patch the hosts" in seen(browser, "change", id="CHG-1").text


def test_mails_that_may_follow_are_named_by_when_they_go_out(
    browser: TestClient, announced: FakeHub
) -> None:
    text = seen(browser, "mails", id="CHG-1", revision="2", customer="acme").text
    assert "sent because of this revision To: people who got the last revision" in text
    assert "When Mail Calendar If it is submitted for approval Approve: Patch the hosts" in text
    assert "If it no longer affects this customer" in text
    assert "later" not in text.partition("Mails that may follow")[2]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (None, "this folder has no samconfig.toml"),
        ("[globex]\n", "samconfig.toml has no customer 'acme'"),
    ],
)
def test_mails_in_the_default_look_say_what_that_means_and_what_to_do(
    browser: TestClient, announced: FakeHub, written: str | None, why: str
) -> None:
    if written:
        Path("samconfig.toml").write_text(written, "utf-8")
    text = seen(browser, "mails", id="CHG-1", revision="2", customer="acme").text
    assert f"in the default colours, in English and in UTC: {why}" in text
    assert "The customer's people may get a different look, language and time zone." in text
    assert "start it in the folder whose samconfig.toml lists acme" in text
