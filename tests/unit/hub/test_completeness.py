"""Whether an announcement is what its record says: every way around `announce` is seen."""

from typing import Any

import pytest

from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.announcing.announce import announce
from changecast.hub.tracking.completeness import fact_of, still_expected
from changecast.hub.tracking.revisions import Record, revisions
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub


def put(hub: FakeHub, **fields: Any) -> list[ChangeAnnounced]:
    """What announcing puts on the bus."""
    before = len(hub.events.entries)
    announce(document(**fields), hub=hub)
    entries = hub.events.entries[before:]
    return [ChangeAnnounced.model_validate_json(entry["Detail"]) for entry in entries]


def known(hub: FakeHub) -> list[Record]:
    return revisions(hub.table, "CHG-1")


def changed(announced: ChangeAnnounced, **fields: Any) -> ChangeAnnounced:
    return announced.model_copy(update=fields)


@pytest.mark.parametrize("confidential", [False, True])
def test_what_announce_puts_is_what_the_record_says(confidential: bool) -> None:
    hub = fake_hub(confidential=confidential)
    for announced in put(hub):
        assert fact_of(announced, known(hub)) is None
    for announced in put(hub, customers=["acme"], customerImpact="More."):
        assert fact_of(announced, known(hub)) is None


def test_the_same_again_is_nothing_wrong() -> None:
    hub = fake_hub()
    put(hub)
    (again,) = put(hub)
    assert again.reannounces is not None
    assert fact_of(again, known(hub)) is None


def test_a_revision_without_a_record_bypassed_announce() -> None:
    (announced,) = put(fake_hub())
    fact = fact_of(announced, [])
    assert fact is not None
    assert (fact.cause, "drops" in fact.message) == ("bypassed", False)


def test_a_revision_without_a_record_that_drops_a_customer_names_it() -> None:
    hub = fake_hub()
    (first,) = put(hub)
    raw = changed(first, revision=2, customers=("acme",))
    fact = fact_of(raw, known(hub))
    assert fact is not None
    assert fact.message.endswith("it no longer names globex, and these customers are not told")
    fact = fact_of(changed(raw, withdrawn=("globex",)), known(hub))
    assert fact is not None
    assert "drops" not in fact.message


@pytest.mark.parametrize(
    ("customers", "withdrawn", "says"),
    [
        (("acme",), (), "leaves out globex"),
        (("acme", "globex", "initech"), (), "adds initech"),
        (("acme", "initech"), (), "leaves out globex and adds initech"),
        (("acme",), ("globex",), "mixes up"),
    ],
)
def test_other_customers_than_recorded_are_named(
    customers: tuple[str, ...], withdrawn: tuple[str, ...], says: str
) -> None:
    hub = fake_hub()
    (announced,) = put(hub)
    fact = fact_of(changed(announced, customers=customers, withdrawn=withdrawn), known(hub))
    assert fact is not None
    assert fact.cause == "other_customers"
    assert says in fact.message


def test_put_again_for_one_customer_is_right_and_for_a_new_one_is_not() -> None:
    hub = fake_hub()
    (announced,) = put(hub)
    again = changed(announced, customers=("acme",), reannounces=announced.event_id)
    assert fact_of(again, known(hub)) is None
    fact = fact_of(changed(again, customers=("initech",)), known(hub))
    assert fact is not None
    assert fact.cause == "other_customers"


def test_other_content_than_recorded_is_seen() -> None:
    hub = fake_hub()
    (announced,) = put(hub)
    other = announced.change.model_copy(update={"title": "Something else"})
    fact = fact_of(changed(announced, change=other), known(hub))
    assert fact is not None
    assert fact.cause == "other_content"


def test_whom_the_record_names_is_expected_even_where_the_event_leaves_them_out() -> None:
    hub = fake_hub()
    (announced,) = put(hub)
    assert still_expected(changed(announced, customers=("acme",)), known(hub)) == ("acme", "globex")
    assert still_expected(announced, []) == ()


def test_whom_the_record_withdraws_is_expected_even_where_the_event_leaves_them_out() -> None:
    hub = fake_hub()
    put(hub)
    (announced,) = put(hub, customers=["acme"])
    assert announced.withdrawn == ("globex",)
    assert still_expected(changed(announced, withdrawn=()), known(hub)) == ("acme", "globex")


def test_one_customers_own_event_says_nothing_of_the_others() -> None:
    hub = fake_hub(confidential=True)
    for announced in put(hub):
        assert still_expected(announced, known(hub)) == ()


def test_a_confidential_event_for_two_of_three_customers_leaves_out_one() -> None:
    """Each customer of a confidential change has its own event; no event has only some of them."""
    hub = fake_hub(confidential=True)
    first, *_ = put(hub, customers=["acme", "globex", "initech"])
    fact = fact_of(changed(first, customers=("acme", "globex"), withdrawn=()), known(hub))
    assert fact is not None
    assert fact.message.endswith("does not match its record: the event leaves out initech")
