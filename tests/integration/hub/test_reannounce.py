"""Announcing again what one customer missed: the same content, for it alone."""

import json
from typing import Any

import pytest

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.customer.planning.decision import fingerprint_for
from changecast.hub.announcing.announce import Announcement, Outcome, announce
from changecast.hub.announcing.reannounce import reannounce
from changecast.hub.tracking.originals import PART_BYTES, Original, keep, kept
from tests.support.builders import NOW, announced, document
from tests.support.fake_hub import FakeHub, fake_hub


def put_on(hub: FakeHub, body: Any, **options: Any) -> Announcement:
    return announce(body, hub=hub, now=lambda: NOW, **options)


def events(hub: FakeHub) -> list[ChangeAnnounced]:
    return [ChangeAnnounced.model_validate_json(entry["Detail"]) for entry in hub.events.entries]


@pytest.mark.parametrize("confidential", [False, True])
def test_one_customer_gets_the_same_content_under_a_new_event_that_names_its_old_one(
    confidential: bool,
) -> None:
    hub = fake_hub()
    put_on(hub, document(), confidential=confidential)
    old = next(one for one in events(hub) if "globex" in one.customers)
    told = reannounce("CHG-1", "globex", hub=hub, now=lambda: NOW)
    again = events(hub)[-1]
    assert (again.customers, again.withdrawn) == (("globex",), ())
    assert again.reannounces == old.event_id != again.event_id
    assert fingerprint_for(again, "globex") == fingerprint_for(old, "globex")
    assert again.metadata == old.metadata
    assert told.outcome is Outcome.ANNOUNCED_AGAIN
    assert told.event_ids == (str(again.event_id),)


def test_who_was_dropped_is_told_again_that_it_is() -> None:
    hub = fake_hub()
    put_on(hub, document(version=1))
    put_on(hub, document(version=2, customers=["acme"]))
    reannounce("CHG-1", "globex", hub=hub)
    again = events(hub)[-1]
    assert (again.revision, again.customers, again.withdrawn) == (2, (), ("globex",))


def test_the_newest_revision_is_announced_again_and_who_did_it_is_on_record() -> None:
    hub = fake_hub()
    put_on(hub, document(version=1))
    put_on(hub, document(version=2, changeTitle="Another title"))
    reannounce("CHG-1", "acme", hub=hub, announced_by="ops@provider.example")
    assert events(hub)[-1].change.title == "Another title"
    (note,) = [item for (_, sort), item in hub.table.items.items() if sort.startswith("again#")]
    assert (note["to"], note["announced_by"]) == ("acme", "ops@provider.example")


def test_a_rehearsal_puts_and_writes_nothing() -> None:
    hub = fake_hub()
    put_on(hub, document())
    before = dict(hub.table.items)
    assert reannounce("CHG-1", "acme", hub=hub, dry_run=True).outcome is Outcome.DRY_RUN
    assert (len(hub.events.entries), hub.table.items) == (1, before)


@pytest.mark.parametrize(
    ("change_id", "code", "why"),
    [("CHG-1", "initech", "out_of_scope"), ("CHG-2", "acme", "unknown_change")],
)
def test_who_was_not_named_gets_nothing(change_id: str, code: str, why: str) -> None:
    hub = fake_hub()
    put_on(hub, document())
    with pytest.raises(ContractError) as refused:
        reannounce(change_id, code, hub=hub)
    assert refused.value.code == why
    assert len(hub.events.entries) == 1


def test_a_revision_that_was_not_kept_says_what_to_do_instead() -> None:
    hub = fake_hub()
    put_on(hub, document())
    for key in [key for key in hub.table.items if key[1].startswith("original#")]:
        del hub.table.items[key]
    with pytest.raises(ContractError, match="changecast announce FILE") as refused:
        reannounce("CHG-1", "acme", hub=hub)
    assert refused.value.code == "not_kept"


def test_the_largest_document_is_kept_whole_and_never_written_over(table: Any) -> None:
    noise = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(250_000))
    detail = announced(metadata={"note": noise})
    keep(table, Original(detail, confidential=True))
    parts = [item for item in table.scan()["Items"] if item["sk"].startswith("original#")]
    assert all(len(bytes(item["body"])) <= PART_BYTES for item in parts)
    keep(table, Original(announced(metadata={}), confidential=False))
    assert kept(table, "CHG-1", 1) == Original(detail, confidential=True)
    assert kept(table, "CHG-1", 2) is None


class FakeXRay:
    """PutTraceSegments that keeps what it took."""

    def __init__(self) -> None:
        self.segments: list[dict[str, Any]] = []

    def put_trace_segments(self, TraceSegmentDocuments: list[str]) -> None:  # noqa: N803
        self.segments += [json.loads(text) for text in TraceSegmentDocuments]


@pytest.mark.parametrize("confidential", [False, True])
def test_an_announcement_sends_the_segment_that_its_events_name_as_parent(
    confidential: bool,
) -> None:
    plain, xray = fake_hub(), FakeXRay()
    hub = FakeHub(plain.table, plain.events, plain.customers, plain.caller, xray=xray)  # type: ignore[arg-type]
    put_on(hub, document(), confidential=confidential)
    (segment,) = xray.segments
    headers = {entry["TraceHeader"] for entry in hub.events.entries}
    assert headers == {f"Root={segment['trace_id']};Parent={segment['id']};Sampled=1"}
    assert segment["annotations"] == {"change_id": "CHG-1", "revision": 1}
    assert segment["fault"] is False
