"""The overview, as a browser shows it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from starlette.testclient import TestClient

from changecast.contract.change import utc
from changecast.hub.tracking.freezes import CustomerFreezes, FrozenTime, keep_freezes
from changecast_cli.console import overview
from changecast_cli.deploying.samconfig import CustomerStack
from tests.support.consoles import FakeBoard, standing
from tests.support.fake_hub import FakeHub
from tests.support.seen import seen

HOSTILE = "</span><script>alert(1)</script><img src=x onerror=alert(2)>\u202e \"' {{ 7*7 }}"
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def in_days(days: float, hours: float = 2) -> dict[str, str]:
    start = datetime.now(UTC) + timedelta(days=days)
    return {"window_start": utc(start), "window_end": utc(start + timedelta(hours=hours))}


def test_an_empty_hub_says_what_to_do(browser: TestClient) -> None:
    text = seen(browser).text
    assert "Nothing needs attention" in text
    assert "changecast announce metadata.json" in text


def test_open_changes_stand_with_their_customers(browser: TestClient, board: FakeBoard) -> None:
    board.shown = [
        standing("CHG-1", states={"acme": "sending", "globex": "sent"}),
        standing("CHG-2", status="completed"),
        standing("CHG-3", **in_days(3)),
    ]
    text = seen(browser).text
    assert "Open changes 2" in text
    assert "acme ◐ sending" in text
    assert "CHG-3" in text
    assert "CHG-2" not in text


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("paused", "changecast doctor --customer acme"),
        ("held", "changecast held CHG-1 --customer acme"),
        ("failed", "changecast recipients CHG-1 --customer acme"),
        ("no_route", "changecast doctor --customer acme"),
        ("rejected", "changecast history CHG-1 --customer acme"),
    ],
)
def test_what_needs_a_person_has_its_repair(
    browser: TestClient, board: FakeBoard, state: str, command: str
) -> None:
    board.shown = [standing(states={"acme": state, "globex": "sent"}, **in_days(3))]
    text = seen(browser).text
    assert command in text
    assert "--customer globex" not in text


def test_a_window_that_is_over_is_overdue_until_the_change_is_completed(
    browser: TestClient, board: FakeBoard
) -> None:
    board.shown = [standing("CHG-1", **in_days(-2)), standing("CHG-2", "completed", **in_days(-2))]
    page = seen(browser)
    assert "its window ended" in page.text
    assert "changecast complete CHG-1" in page.text
    assert any("verb=complete" in one for one in page.values("href"))
    assert "CHG-2" not in page.text
    board.shown = [standing("CHG-1", "submitted", **in_days(-2))]
    page = seen(browser)
    assert "changecast announce metadata.json" in page.text
    assert not any("verb=complete" in one for one in page.values("href"))


def test_two_changes_of_one_customer_at_the_same_time_clash(
    browser: TestClient, board: FakeBoard
) -> None:
    board.shown = [
        standing("CHG-1", states={"acme": "sent"}, **in_days(3)),
        standing("CHG-2", states={"acme": "sent"}, **in_days(3)),
        standing("CHG-3", states={"globex": "sent"}, **in_days(3)),
    ]
    text = seen(browser).text
    assert "at the same time as CHG-2 at acme" in text
    assert "at the same time as CHG-3" not in text


def test_a_freeze_is_shaded_and_a_window_in_it_clashes(
    browser: TestClient, board: FakeBoard, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime.now(UTC) + timedelta(days=2)
    frozen = FrozenTime("Stocktaking", utc(start), utc(start + timedelta(days=4)))
    monkeypatch.setattr(hub.table, "put_item", lambda Item: hub.table.items.update(  # noqa: N803
        {(Item["pk"], Item["sk"]): Item}))  # fmt: skip
    keep_freezes(hub.table, {"acme": CustomerFreezes((frozen,), 0)}, "maria", TOMORROW)
    board.shown = [standing("CHG-1", **in_days(3)), standing("CHG-2", **in_days(8))]
    text = seen(browser).text
    assert "in the freeze 'Stocktaking' of acme" in text
    assert text.count("in the freeze") == 1
    assert "freeze: acme: Stocktaking" in text


def test_a_title_is_text_whatever_it_holds(browser: TestClient, board: FakeBoard) -> None:
    board.shown = [standing(title=HOSTILE, states={"acme": "failed"}, **in_days(3))]
    found = seen(browser)
    assert " ".join(HOSTILE.split()).replace("\u202e", "\ufffd") in found.text
    assert found.tags.count("script") == 1, "the console's own"
    assert "img" not in found.tags
    assert not any(name.startswith("on") for name, _ in found.attributes)


def test_thousands_of_changes_come_in_pages(browser: TestClient, board: FakeBoard) -> None:
    codes = {f"customer-{number:04d}": "sent" for number in range(2_000)}
    board.shown = [standing(f"CHG-{number:03d}", **in_days(3)) for number in range(100)]
    board.shown.append(standing("CHG-LAST", states=codes, **in_days(3)))
    first, last = browser.get(""), browser.get("", params={"page": "5", "planned": "999999999999"})
    assert "Page 1 of 5, 101 open changes" in first.text
    assert "CHG-LAST" not in first.text
    assert "CHG-LAST" in last.text
    assert "+1988 more" in last.text
    assert len(last.content) < 200_000


@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "9" * 5000])
def test_a_page_that_is_none_is_the_nearest(browser: TestClient, number: str) -> None:
    assert browser.get("", params={"page": number}).status_code == 200


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "a" * 300, "\x00"])
def test_a_zone_that_is_none_is_refused_in_a_sentence(browser: TestClient, zone: str) -> None:
    answer = browser.get("", params={"zone": zone})
    assert answer.status_code == 400
    assert "there is no time zone" in answer.text


def test_the_zones_of_customers_are_offered(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = CustomerStack("acme", "222222222222", "eu-central-1", "Acme", "a@acme.example",
                          "Asia/Kathmandu", "en", "a@acme.example", None)  # fmt: skip
    monkeypatch.setattr(overview, "stacks", lambda: {"acme": stack})
    assert "Asia/Kathmandu" in seen(browser).text


def test_a_broken_samconfig_is_no_reason_to_show_nothing(browser: TestClient) -> None:
    Path("samconfig.toml").write_text("no TOML")
    assert "Asia/Tokyo" in seen(browser).text


def test_times_are_shown_in_the_zone_that_is_chosen(browser: TestClient, board: FakeBoard) -> None:
    board.shown = [standing(window_start="2027-01-20T22:00:00Z", window_end="2027-01-21T01:00:00Z")]
    text = browser.get("", params={"zone": "Asia/Tokyo"}).text
    assert "Thu 21 Jan 2027 07:00 to 10:00 JST" in text


def test_what_a_person_may_not_do_is_shown_with_the_permission(
    browser: TestClient, board: FakeBoard
) -> None:
    said = ("User: arn:aws:iam::111111111111:user/maria is not authorized to perform: "
            "dynamodb:Query on resource: arn:aws:dynamodb:::table/changecast-status")  # fmt: skip
    error: Any = {"Error": {"Code": "AccessDeniedException", "Message": said}}
    board.failure = ClientError(error, "Query")
    answer = browser.get("")
    assert answer.status_code == 502
    assert "<code>dynamodb:Query</code>" in answer.text


def test_a_hub_that_is_gone_is_a_sentence(browser: TestClient, board: FakeBoard) -> None:
    board.failure = EndpointConnectionError(endpoint_url="http://hub.example")
    answer = browser.get("")
    assert answer.status_code == 502
    assert "AWS cannot be reached" in answer.text


def test_ten_thousand_changes_come_in_pages_of_the_same_length(
    browser: TestClient, board: FakeBoard
) -> None:
    def shown(number: int) -> str:
        board.shown = [
            standing(f"CHG-{at:05d}", states={f"c{(at * 7 + k) % 3000:04d}": "sent"
                                              for k in range(5)}, **in_days(at % 30))
            for at in range(number)
        ]  # fmt: skip
        return seen(browser).raw

    few, many = shown(100), shown(10_000)
    assert "10,000 open changes" in many
    assert len(many) < 2 * len(few), "only clashes are told of more changes"
