"""The report page."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast.contract.reserved_ids import id_of_test
from changecast.hub.announcing.canary import canary_document
from changecast.hub.tracking.revisions import Record
from changecast_cli.main import app
from changecast_cli.report import command
from changecast_cli.report.command import write
from changecast_cli.report.earlier import with_earlier
from changecast_cli.report.figures import (
    LABEL,
    Branch,
    fan_out,
    mails_by_state,
    timeline,
    width_of,
)
from changecast_cli.report.page import page, totals
from changecast_cli.watching.runs import COUNTS, Run, by_change, run_of

SINCE, NOW = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 8, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>'


def counts(**given: int) -> dict[str, int]:
    return dict.fromkeys(COUNTS, 0) | given


def runs() -> list[Run]:
    common = {"change_id": "CHG-1", "revision": 2, "announced_at": "2027-01-02T10:00:00Z"}
    rows: list[dict[str, Any]] = [
        {**common, "customer": "acme", "state": "sent", "title": HOSTILE,
         "started_at": "2027-01-02T10:00:02Z", "ended_at": "2027-01-02T10:00:10Z",
         "counts": {"planned": 10, "sent": 9, "delivered": 7, "bounced": 1, "failed": 1}},
        {**common, "customer": "globex", "state": "no_route", "title": "",
         "reason": {"message": HOSTILE}},
    ]  # fmt: skip
    return [run_of("CHG-1", rows)]


AT, MARIA = "2027-01-02T10:00:00Z", "arn:aws:iam::111111111111:user/maria"
RECORD = Record(
    "CHG-1", 2, "h", ("acme", "globex"), (), MARIA, AT, "e", "t", "approved", True, AT
)  # fmt: skip


class Reader(HTMLParser):
    """Collects what a browser would fetch or run, and what a person reads."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


@pytest.mark.parametrize(
    "said",
    ["CHG-1, revision 2", "user/maria", "✓ sent", "✗ no route", "7 delivered", "1 bounced",
     "1 accepted by SES", "planned after 2.00 s, done after 10.00 s", "has not reported", HOSTILE],
)  # fmt: skip
def test_the_page_says_who_was_told_when_and_how_the_mails_stand(said: str) -> None:
    assert said in read(page(runs(), {"CHG-1": [RECORD]}, SINCE, NOW)).text


def test_the_page_stands_alone_and_runs_nothing_whatever_a_title_holds() -> None:
    reader = read(page(runs(), {}, SINCE, NOW))
    assert reader.fetched == []
    assert "script" not in reader.tags


def test_a_page_about_nothing_says_so() -> None:
    assert "There is no change to show for this period" in read(page([], {}, SINCE, NOW)).text


def test_every_planned_mail_is_in_exactly_one_part_of_the_bar() -> None:
    parts = mails_by_state(counts(planned=10, sent=6, delivered=3, bounced=1, failed=1, held=1))
    assert {part.state: part.number for part in parts} == {
        "delivered": 3, "bounced": 1, "accepted by SES": 2, "failed": 1, "held": 1, "waiting": 2,
    }  # fmt: skip
    assert sum(part.number for part in parts) == 10
    assert sum(part.percent for part in parts) == pytest.approx(100)
    assert mails_by_state(counts()) == []


def test_a_clock_that_is_behind_gives_no_negative_time() -> None:
    customer = {"announced_at": "2027-01-02T10:00:05Z", "started_at": "2027-01-02T10:00:00Z",
                "ended_at": "2027-01-02T10:00:01Z"}  # fmt: skip
    found = timeline(customer, 10)
    assert found is not None
    assert (found["waited"], found["worked"]) == (0, 0)


def test_the_totals_count_each_customer_once() -> None:
    assert totals(runs()) == {
        "changes": 1, "customers": 2, "mails": 9, "delivered": 7, "not_delivered": 2,
        "not_sent_yet": 0, "troubled_deliveries": 1,
    }  # fmt: skip


def test_mails_of_a_paused_run_are_not_nothing() -> None:
    row = {"change_id": "CHG-1", "customer": "acme", "revision": 1, "state": "paused",
           "counts": {"planned": 30, "sent": 10, "delivered": 9, "bounced": 1}}  # fmt: skip
    assert totals(by_change([row]))["not_sent_yet"] == 20


def test_every_mail_of_a_change_counts_and_not_only_those_of_its_newest_revision() -> None:
    rows = [
        {"change_id": "CHG-1", "customer": "acme", "revision": revision, "state": "sent",
         "counts": {"planned": n, "sent": n, "delivered": n - 1, "bounced": 1}}
        for revision, n in ((1, 10), (2, 30))
    ] + [{"change_id": "CHG-2", "customer": "acme", "revision": 1, "state": "sent",
          "counts": {"planned": 5, "sent": 5, "delivered": 5}}]  # fmt: skip
    found = with_earlier(by_change(rows), rows)
    assert totals(found) == {
        "changes": 2, "customers": 1, "mails": 45, "delivered": 43, "not_delivered": 2,
        "not_sent_yet": 0, "troubled_deliveries": 0,
    }  # fmt: skip
    said = read(page(found, {}, SINCE, NOW)).text
    assert "29 delivered, 1 bounced" in said
    assert "earlier revisions: 9 delivered, 1 bounced" in said
    assert said.count("earlier revisions:") == 1
    assert fan_out(found)[0][0].mails == 45


def test_of_hundreds_of_customers_the_picture_shows_those_in_trouble() -> None:
    rows = [
        {"change_id": "CHG-1", "customer": f"c{number:03d}", "revision": 1,
         "state": "failed" if number == 150 else "sent"}
        for number in range(200)
    ]  # fmt: skip
    branches, more = fan_out([run_of("CHG-1", rows)])
    assert (branches[0].code, branches[0].tone) == ("c150", "bad")
    assert len(branches) + more == 200


def test_the_picture_is_wide_enough_for_what_stands_under_a_short_code() -> None:
    one = Branch("acme", 36, "good", mails=30_000, changes=120)
    assert one.says == "120 changes, 30000 mails"
    assert width_of([one]) >= LABEL + 7 * len(one.says)  # 12.5 px letters are some 7 wide


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("week.html", "week.html"),
        ("new/Week.HTM", "new/Week.HTM"),
        ("week", "week/index.html"),
        ("there.html", "there.html/index.html"),
    ],
)
def test_the_page_is_written_where_somebody_says(tmp_path: Path, to: str, written: str) -> None:
    (tmp_path / "there.html").mkdir()
    assert write(tmp_path / to, "<p>") == tmp_path / written
    assert (tmp_path / written).read_text("utf-8") == "<p>"


@pytest.fixture
def week(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the hub's table has of the last week."""
    found: list[dict[str, Any]] = []
    table = SimpleNamespace(Table=lambda _: None)
    hub = SimpleNamespace(resource=lambda _: table)
    monkeypatch.setattr(command, "session", lambda *_: hub)
    monkeypatch.setattr(command, "codes_on", lambda *_: None)
    monkeypatch.setattr(command, "recent_rows", lambda *_: found)
    monkeypatch.setattr(command, "revisions", lambda *_: [])
    return found


def row(change_id: str, **counted: int) -> dict[str, Any]:
    return {"change_id": change_id, "customer": "acme", "revision": 1, "state": "sent",
            "title": change_id, "announced_at": AT, "counts": counted}  # fmt: skip


def test_a_canary_is_no_change_and_its_bounce_no_failed_mail(
    week: list[dict[str, Any]], tmp_path: Path
) -> None:
    canary = id_of_test(canary_document("acme", NOW)["changeId"])
    week += [
        row("CHG-1", planned=3, sent=3, delivered=3),
        row(canary, planned=2, sent=2, delivered=1, bounced=1),
        row("CHG-2:test", planned=1, sent=1, delivered=1),
        row("canary-lamps", planned=1, sent=1, delivered=1),
    ]
    words = ["report", "--out", str(tmp_path / "week.html")]
    said = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert (said["changes"], said["mails"], said["not_delivered"]) == (3, 5, 0)
    page = read((tmp_path / "week.html").read_text("utf-8")).text
    assert canary not in page
    for change_id in ("CHG-1", "CHG-2:test", "canary-lamps"):
        assert change_id in page
    assert CliRunner().invoke(app, words).stdout.startswith("3 changes: ")


@pytest.mark.parametrize(("number", "said"), [(0, "0 changes"), (1, "1 change")])
def test_changes_are_counted_as_people_count(
    week: list[dict[str, Any]], tmp_path: Path, number: int, said: str
) -> None:
    week += [row("CHG-1", planned=1, sent=1)] * number
    shown = CliRunner().invoke(app, ["report", "--out", str(tmp_path / "week.html")]).stdout
    assert shown.startswith(f"{said}: ")
