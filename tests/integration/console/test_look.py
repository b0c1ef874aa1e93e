"""The console as people see it, in headless Chromium: phone and desktop, light and dark.

Pictures land in build/console, to look at.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from changecast.contract.change import utc
from changecast.hub.announcing.announce import announce
from changecast.hub.tracking.freezes import CustomerFreezes, FrozenTime, keep_freezes
from changecast_cli.console import customers, restoring, timeline
from changecast_cli.console.inside import Buried, Person
from changecast_cli.console.looking import Look
from changecast_cli.console.state import Console
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor.verdicts import broken, ok
from changecast_cli.repair.command import Repaired
from changecast_cli.trace.spans import Way, spans_of
from tests.support.builders import document
from tests.support.consoles import FakeBoard, answer, report, standing
from tests.support.fake_hub import FakeHub

FOLDER = Path(__file__).parents[3] / "build" / "console"
PHONE = [(375, False), (375, True), (1280, False), (1280, True)]
VIEWS = [(320, False), (320, True), (1280, False), (1280, True)]
NOW = datetime.now(UTC)
LONG = "Ungebrochen" * 20
Found = dict[str, Any]
Browser = Callable[[list[Found]], list[Found]]


def in_days(days: float, hours: float = 2) -> dict[str, str]:
    start = datetime.now(UTC) + timedelta(days=days)
    return {"window_start": utc(start), "window_end": utc(start + timedelta(hours=hours))}


@pytest.fixture
def busy(hub: FakeHub, board: FakeBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub with everything that the overview can show."""
    start = datetime.now(UTC) + timedelta(days=5)
    frozen = FrozenTime("Stocktaking", utc(start), utc(start + timedelta(days=4)))
    monkeypatch.setattr(hub.table, "put_item", lambda Item: hub.table.items.update(  # noqa: N803
        {(Item["pk"], Item["sk"]): Item}))  # fmt: skip
    keep_freezes(hub.table, {"acme": CustomerFreezes((frozen,), 0)}, "maria", start)
    many = {f"customer-{number:04d}": "sent" for number in range(60)}
    board.shown = [
        standing("CHG-1", states={"acme": "sending", "globex": "sent"}, **in_days(2)),
        standing("CHG-2", states={"acme": "paused", "globex": "no_route"}, **in_days(2, 60)),
        standing("CHG-3", states={"acme": "sent"}, **in_days(6)),
        standing("CHG-4", states=many, **in_days(20, 100)),
        standing("CHG-5", **in_days(-3)),
        standing(LONG[:100], title=LONG, states={LONG[:32].lower(): "failed"}, **in_days(9)),
    ]


def looked_at(
    browser: Browser, name: str, address: str, views: Sequence[tuple[int, bool]] = VIEWS
) -> list[Found]:
    """What is found on a page at every width, light and dark."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    shown = [
        {"width": width, "dark": dark,
         "picture": str(FOLDER / f"{name}-{width}-{'dark' if dark else 'light'}.png")}
        for width, dark in views
    ]  # fmt: skip
    (found,) = browser([{"page": address, "views": shown}])
    origin = "/".join(address.split("/")[:3])
    assert all(url.startswith(f"{origin}/") for url in found["requests"]), found["requests"]
    return list(found["views"])


def whole(views: list[Found]) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    for view in views:
        assert view["faults"] == []
        assert view["scrollWidth"] <= view["width"]
        assert view["smallest"] >= 12


@pytest.mark.usefixtures("busy")
def test_the_overview_is_readable_everywhere(browser: Browser, served: str) -> None:
    views = looked_at(browser, "overview", served, [*VIEWS, (3840, True)])
    whole(views)
    light, dark = (sum(map(int, view["background"][4:-1].split(","))) for view in views[2:4])
    assert light > 600
    assert dark < 150


def test_an_empty_overview_is_readable_everywhere(
    browser: Browser, served: str, board: FakeBoard
) -> None:
    board.shown = []
    whole(looked_at(browser, "empty", served))


def test_a_change_and_its_mails_are_readable_everywhere(
    browser: Browser, served: str, hub: FakeHub
) -> None:
    announce(document(), hub=hub)
    moved = {"implementationEnd": "2027-01-21T23:30:00Z", "customerImpact": LONG}
    announce(document(customers=["acme"], **moved), hub=hub)
    counts = {"planned": 10, "sent": 9, "delivered": 7, "bounced": 2, "failed": 1}
    report(hub, "CHG-1", "acme", 1, state="superseded")
    report(hub, "CHG-1", "globex", 1, state="sending", counts={"planned": 10, "sent": 4})
    report(hub, "CHG-1", "acme", 2, state="paused", counts=counts,
           reason={"code": "X", "message": LONG})  # fmt: skip
    report(hub, "CHG-1", "initech", 7, state="planned")
    answer(hub, "CHG-1", "acme", comment=LONG)
    whole(looked_at(browser, "discard", f"{served}repair?verb=discard&id=CHG-1&revision=7", PHONE))
    whole(looked_at(browser, "change", f"{served}change?id=CHG-1"))
    whole(looked_at(browser, "mails", f"{served}mails?id=CHG-1&revision=2&customer=acme"))


def test_a_timeline_with_traces_is_readable_everywhere(
    browser: Browser, served: str, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(document(changeId="CHG-TIME"), hub=hub)
    report(hub, "CHG-TIME", "acme", 1)
    answer(hub, "CHG-TIME", "acme", comment=LONG, received_at=utc(NOW + timedelta(minutes=1)))
    began = NOW.timestamp()
    calls = [
        {"id": f"c{number}", "name": name, "namespace": "aws", "start_time": began + number,
         "end_time": began + number + 0.7, "throttle": name == "email"}
        for number, name in enumerate(("dynamodb", "sqs", "email"))
    ]  # fmt: skip
    step = {"id": "s", "name": "send", "type": "subsegment", "start_time": began,
            "end_time": began + 4, "subsegments": calls}  # fmt: skip
    whole_trace = {"id": "f", "name": "SendMail", "origin": "AWS::Lambda::Function",
                   "start_time": began, "end_time": began + 5, "subsegments": [step]}  # fmt: skip
    denied = "User is not authorized to perform: xray:GetTraceSummaries"
    way = Way("acme", 1, [spans_of("1-a", [whole_trace])], LONG, denied)
    monkeypatch.setattr(timeline, "ways_of", lambda *_: [way])
    views = [*VIEWS, (375, False), (375, True)]
    address = f"{served}change/timeline?id=CHG-TIME&customer=acme"
    whole(looked_at(browser, "timeline", address, views))


def test_announcing_and_the_runbook_are_readable_everywhere(browser: Browser, served: str) -> None:
    whole(looked_at(browser, "runbook", f"{served}docs?page=runbook/paused", PHONE))
    whole(looked_at(browser, "runbook-list", f"{served}docs?page=runbook/README", PHONE[:1]))
    whole(looked_at(browser, "announce", f"{served}announce"))


def test_customers_are_readable_everywhere(
    browser: Browser, served: str, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"planned": 200, "sent": 200, "delivered": 190, "bounced": 10}
    row = {"customer": "acme", "change_id": "CHG-1", "revision": 1, "state": "partial",
           "title": LONG, "announced_at": "2027-01-16T08:05:00Z", "counts": counts,
           "reported_at": "2027-01-16T08:06:00Z"}  # fmt: skip
    monkeypatch.setattr(
        customers, "latest_of_customer", lambda _, code, most: [row] if code == "acme" else []
    )
    console.people.known["acme"] = Look(NOW, [Person(f"ana@{LONG[:50]}.example", ["calendar"])])
    console.dead_letters.known["acme"] = Look(NOW, [Buried("its route", LONG, "replay")])
    stack = CustomerStack("acme", "222222222222", "eu-central-1", "Acme", "a@acme.example",
                          "UTC", "en", "a@acme.example", None)  # fmt: skip
    monkeypatch.setattr(customers, "stacks", lambda: {"acme": stack})
    off = broken("rules", f"{LONG} is disabled", "changecast repair acme")
    console.doctor.known["acme"] = Look(NOW, [ok("route", "leads to its bus"), off])
    drift = Repaired("acme", [f"rule {LONG}: disabled -> enabled"], [], done=False,
                     has_new_identity=False)  # fmt: skip
    console.comparisons.known["acme"] = Look(NOW, [drift])
    monkeypatch.setattr(restoring, "stacks", lambda: {"acme": stack})
    whole(looked_at(browser, "customers", f"{served}customers"))
    whole(looked_at(browser, "add", f"{served}customers/add"))
    whole(looked_at(browser, "customer", f"{served}customers/customer?code=acme"))
    whole(looked_at(browser, "restore", f"{served}customers/repair?code=acme", PHONE))
    whole(looked_at(browser, "no-file", f"{served}customers/customer?code=globex", PHONE[1:3]))
