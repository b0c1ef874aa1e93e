"""Announcing on a page: faults at their place, a plan, a typed id, and once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.discard import discard
from changecast.hub.tracking.freezes import CustomerFreezes, FrozenTime, keep_freezes
from changecast.hub.tracking.revisions import revisions
from changecast_cli.console.application import application
from changecast_cli.console.drafts import MOST
from changecast_cli.console.guard import Door
from changecast_cli.console.state import Console
from tests.support.builders import document, sample
from tests.support.consoles import OWN, PREFIX
from tests.support.fake_hub import FakeHub
from tests.support.hostile import BODIES
from tests.support.seen import Seen, seen

HOSTILE = '</textarea></pre><script>alert(1)</script>\u202e"'
# A document of one shape names no change.
SHAPES = [("a-current-approved", ""), ("b-form-export", "CHG-7"), ("c-early-camel", ""),
          ("d-flat", ""), ("e-announcement", "")]  # fmt: skip


def check(browser: TestClient, body: str, **more: str) -> Response:
    return browser.post("announce/check", data={"document": body, **more})


def planned(browser: TestClient, **fields: Any) -> tuple[str, Seen]:
    """The name of the draft that a document becomes, and its plan."""
    answer = check(browser, json.dumps(document(**fields)))
    assert answer.status_code == 200, Seen(answer.text).text
    return answer.url.params["draft"], Seen(answer.text)


def announce_it(browser: TestClient, draft: str, typed: str = "CHG-1") -> Response:
    return browser.post("announce/put", data={"draft": draft, "typed": typed})


def test_a_document_is_announced_once_its_id_is_typed(browser: TestClient, hub: FakeHub) -> None:
    draft, page = planned(browser)
    assert "CHG-1 revision 1" in page.text
    assert "to announce revision 1 to 2 customers" in page.text
    assert hub.events.entries == []
    done = announce_it(browser, draft)
    assert done.url.path == f"/{PREFIX}/change"
    assert "acme" in Seen(done.text).text
    assert len(hub.events.entries) == 1
    (record,) = revisions(hub.table, "CHG-1")
    assert record.put_at


@pytest.mark.parametrize("typed", ["", "CHG-2", "chg-1", "CHG-1 x"])
def test_another_id_announces_nothing(browser: TestClient, hub: FakeHub, typed: str) -> None:
    draft, _ = planned(browser)
    answer = announce_it(browser, draft, typed)
    assert answer.status_code == 400
    assert "type CHG-1 to announce it" in answer.text
    assert hub.events.entries == []


def test_two_clicks_announce_once(
    console: Console, door: Door, browser: TestClient, hub: FakeHub
) -> None:
    draft, _ = planned(browser)

    def click(_: int) -> int:
        own = TestClient(application(console, door), base_url=OWN, headers={"Origin": OWN})
        data = {"draft": draft, "typed": "CHG-1"}
        return own.post(f"/{PREFIX}/announce/put", data=data).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(click, range(8))) == {200}
    assert len(hub.events.entries) == 1
    assert "This was announced" in seen(browser, "announce/plan", draft=draft).text


def test_a_revision_that_somebody_else_took_meanwhile_announces_nothing(
    browser: TestClient, hub: FakeHub
) -> None:
    draft, _ = planned(browser)
    announce(document(changeTitle="Another text"), hub=hub)
    before = len(hub.events.entries)
    answer = announce_it(browser, draft)
    assert answer.status_code == 400
    assert "yours would now be revision 2, not 1" in answer.text
    assert len(hub.events.entries) == before


def test_a_put_that_fails_can_be_tried_again(browser: TestClient, hub: FakeHub) -> None:
    draft, _ = planned(browser)
    hub.events.answers = ["AccessDenied"]
    assert announce_it(browser, draft).status_code == 502
    assert announce_it(browser, draft).status_code == 200
    assert len(hub.events.entries) == 1


@pytest.mark.parametrize(("name", "change_id"), SHAPES)
def test_every_shape_is_taken(browser: TestClient, hub: FakeHub, name: str, change_id: str) -> None:
    answer = check(browser, json.dumps(sample(name)), change_id=change_id)
    page = Seen(answer.text)
    assert answer.status_code == 200, page.text
    assert "to announce revision" in page.text


def test_every_fault_is_told_at_its_place_and_the_document_stays(
    browser: TestClient, hub: FakeHub
) -> None:
    body = json.dumps(document(implementationStart="soon", customers=["acme", "nobody-known"]))
    answer = check(browser, body)
    page = Seen(answer.text)
    assert answer.status_code == 422
    assert "$.implementationStart" in page.text
    assert '"implementationStart": "soon"' in page.text


def test_a_customer_that_is_not_registered_is_told_with_its_path(browser: TestClient) -> None:
    answer = check(browser, json.dumps(document(customers=["acme", "globx"])))
    assert answer.status_code == 422
    assert "$.customers[1]" in Seen(answer.text).text


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_hostile_document_announces_nothing(browser: TestClient, hub: FakeHub, body: str) -> None:
    answer = check(browser, body.encode("utf-8", "replace").decode())
    assert answer.status_code in (400, 413, 422)
    assert hub.events.entries == []


def test_hostile_text_is_text_on_every_page(browser: TestClient, hub: FakeHub) -> None:
    draft, plan = planned(browser, changeTitle=f"Patch {HOSTILE}", changeReason=HOSTILE)
    announce_it(browser, draft)
    pages = [
        plan,
        seen(browser, "change", id="CHG-1"),
        seen(browser, "announce", id="CHG-1"),
        seen(browser, "mails", draft=draft, customer="acme"),
    ]
    for page in pages:
        assert page.tags.count("script") == 1, "the console's own"
        assert not any(name.startswith("on") for name, _ in page.attributes)


def test_a_document_that_is_refused_comes_back_as_it_was(browser: TestClient) -> None:
    body = json.dumps(document(changeTitle=HOSTILE, customers=["nobody-known"]), ensure_ascii=False)
    page = check(browser, body).text
    field = page.split("required>\n")[1].split("</textarea>")[0]
    assert unescape(field) == body


def test_a_freeze_is_refused_until_somebody_says_why(
    browser: TestClient, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = FrozenTime("Stocktaking", "2027-01-20T00:00:00Z", "2027-01-22T00:00:00Z")
    conditional = hub.table.put_item
    monkeypatch.setattr(hub.table, "put_item", lambda Item: hub.table.items.update(  # noqa: N803
        {(Item["pk"], Item["sk"]): Item}))  # fmt: skip
    keep_freezes(hub.table, {"acme": CustomerFreezes((frozen,), 0)}, "maria", datetime.now(UTC))
    monkeypatch.setattr(hub.table, "put_item", conditional)
    body = json.dumps(document())
    refused = check(browser, body)
    assert refused.status_code == 422
    assert "in the freeze 'Stocktaking'" in Seen(refused.text).text
    allowed = check(browser, body, despite="Certificates end.")
    announce_it(browser, allowed.url.params["draft"])
    (record,) = revisions(hub.table, "CHG-1")
    assert record.despite == "Certificates end."


@pytest.mark.parametrize(
    ("step", "status"),
    [("", "approved"), ("cancelled", "cancelled"), ("nonsense", "approved")],
)
def test_the_next_revision_of_a_change_is_prefilled(
    browser: TestClient, hub: FakeHub, step: str, status: str
) -> None:
    announce(document(version=3), hub=hub)
    page = browser.get("announce", params={"id": "CHG-1", "as": step}).text
    given = json.loads(Seen(page).raw.split('required>\n')[1].split("</textarea>")[0]
                       .replace("&#34;", '"'))  # fmt: skip
    assert (given["status"], given["version"]) == (status, 4)
    if step != "cancelled":
        given["changeTitle"] = "Patch the hosts again"
    answer = check(browser, json.dumps(given))
    assert "CHG-1 revision 4" in Seen(answer.text).text
    announce_it(browser, answer.url.params["draft"])
    assert revisions(hub.table, "CHG-1")[-1].status == status


def test_the_next_revision_is_prefilled_with_what_was_not_discarded(
    browser: TestClient, hub: FakeHub
) -> None:
    announce(document(version=3), hub=hub)
    announce(document(version=4, changeTitle="Wrong"), hub=hub)
    discard("CHG-1", 4, hub=hub)
    page = browser.get("announce", params={"id": "CHG-1"}).text
    given = json.loads(Seen(page).raw.split('required>\n')[1].split("</textarea>")[0]
                       .replace("&#34;", '"'))  # fmt: skip
    assert (given["changeTitle"], given["version"]) == (document()["changeTitle"], 5)


def test_a_change_that_the_hub_does_not_keep_is_said(browser: TestClient) -> None:
    answer = browser.get("announce", params={"id": "CHG-9"})
    assert answer.status_code == 400
    assert "upload its metadata.json" in answer.text


def test_a_draft_is_told_to_nobody(browser: TestClient, hub: FakeHub) -> None:
    _, page = planned(browser, status="draft")
    assert "nobody is told" in page.text
    assert "announce/put" not in page.raw


def test_who_is_withdrawn_is_told_before(browser: TestClient, hub: FakeHub) -> None:
    announce(document(), hub=hub)
    _, page = planned(browser, customers=["acme"])
    assert "to announce revision 2 to 1 customer, and to withdraw it for 1" in page.text
    assert "globex withdrawn withdrawal to everybody" in page.text


@pytest.mark.parametrize("draft", ["", "x", "../x"])
def test_a_draft_that_is_gone_is_said(browser: TestClient, hub: FakeHub, draft: str) -> None:
    for answer in (
        browser.get("announce/plan", params={"draft": draft}),
        browser.get("mails", params={"draft": draft, "customer": "acme"}),
        announce_it(browser, draft),
    ):
        assert answer.status_code == 400
        assert "check it again" in answer.text


def test_only_the_last_documents_are_kept(browser: TestClient, hub: FakeHub) -> None:
    first, _ = planned(browser)
    for _ in range(MOST):
        last, _ = planned(browser)
    assert browser.get("announce/plan", params={"draft": first}).status_code == 400
    assert browser.get("announce/plan", params={"draft": last}).status_code == 200


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 50, b"%ff=%ff", b""])
def test_what_is_no_form_of_ours_announces_nothing(
    browser: TestClient, hub: FakeHub, body: bytes
) -> None:
    for path in ("announce/check", "announce/put"):
        answer = browser.post(path, content=body)
        assert answer.status_code in (400, 422)
    assert hub.events.entries == []
