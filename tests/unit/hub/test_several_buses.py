"""One announcement over several buses: each customer is named once, on the bus of its route."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.envelope import EVENT_LIMIT, entry_size
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, Outcome, announce
from changecast.hub.announcing.discard import discard
from changecast.hub.announcing.reannounce import reannounce
from changecast.hub.registry import Customer
from changecast.hub.routes import rule_name
from changecast.hub.tracking.completeness import fact_of
from changecast.hub.tracking.revisions import revisions
from changecast.lambdas.bus import NotPut
from tests.support.builders import NOW, document, registered
from tests.support.fake_hub import FakeEvents, FakeHub, fake_hub

FIRST, SECOND, THIRD = "changecast-hub", "changecast-hub-2", "changecast-hub-3"


def spread() -> dict[str, Customer]:
    """Return acme and globex on the first bus, and initech on the second."""
    customers = registered()
    customers["initech"] = replace(customers["initech"], hub_bus=SECOND)
    return customers


def many(number: int, buses: int) -> dict[str, Customer]:
    """Return a number of customers, in turn on a number of buses, and near misses of one."""
    codes = ["acme", "acme2", "acme-eu", *(f"customer-{one:05d}" for one in range(number - 3))]
    names = [FIRST, *(f"{FIRST}-{one}" for one in range(2, buses + 1))]
    return {
        code: Customer(code, f"{at:012d}", "eu-central-1", f"arn:{code}", code, names[at % buses])
        for at, code in enumerate(codes)
    }


def put_on(hub: FakeHub, what: Any, **options: Any) -> Announcement:
    return announce(what, hub=hub, now=lambda: NOW, **options)


def told(hub: FakeHub) -> list[tuple[str, ChangeAnnounced]]:
    """Return the bus and the detail of everything that was put."""
    return [
        (entry["EventBusName"], ChangeAnnounced.model_validate_json(entry["Detail"]))
        for entry in hub.events.entries
    ]


def named(detail: ChangeAnnounced) -> tuple[str, ...]:
    return (*detail.customers, *detail.withdrawn)


class Broken(FakeEvents):
    """PutEvents that refuses every call for one bus, until it is repaired."""

    def __init__(self, bus: str) -> None:
        super().__init__()
        self.bus = bus

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        if any(entry["EventBusName"] == self.bus for entry in Entries):
            error: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": "no such bus"}}
            raise ClientError(error, "PutEvents")
        return super().put_events(Entries)


def broken(bus: str) -> FakeHub:
    hub = fake_hub(spread())
    return replace(hub, events=cast(Any, Broken(bus)))


def test_each_bus_gets_an_event_that_names_only_its_own_customers() -> None:
    hub = fake_hub(spread())
    put_on(hub, document(customers=["acme", "globex", "initech"]))
    (first, one), (second, other) = told(hub)
    assert (first, one.customers) == (FIRST, ("acme", "globex"))
    assert (second, other.customers) == (SECOND, ("initech",))
    assert (one.parts, other.parts) == (2, 2)
    assert one.event_id == other.event_id
    assert one.metadata == other.metadata


def test_a_bus_that_has_nobody_of_the_change_gets_nothing() -> None:
    hub = fake_hub(spread())
    put_on(hub, document(customers=["acme", "globex"]))
    ((bus, detail),) = told(hub)
    assert (bus, detail.parts) == (FIRST, None)


def test_who_is_withdrawn_hears_of_it_on_its_own_bus() -> None:
    hub = fake_hub(spread())
    put_on(hub, document(version=1, customers=["acme", "initech"]))
    put_on(hub, document(version=2, customers=["acme"]))
    *_, (first, kept), (second, gone) = told(hub)
    assert (first, kept.customers, kept.withdrawn) == (FIRST, ("acme",), ())
    assert (second, gone.customers, gone.withdrawn) == (SECOND, (), ("initech",))


def test_a_bus_that_is_given_gets_everything() -> None:
    hub = fake_hub(spread())
    put_on(hub, document(customers=["acme", "initech"]), bus="elsewhere")
    ((bus, detail),) = told(hub)
    assert (bus, detail.customers) == ("elsewhere", ("acme", "initech"))


def test_the_parts_are_what_the_record_says() -> None:
    hub = fake_hub(spread())
    put_on(hub, document(customers=["acme", "globex", "initech"]))
    for _, detail in told(hub):
        assert fact_of(detail, revisions(hub.table, "CHG-1")) is None
        foreign = detail.model_copy(update={"customers": ("stranger",)})
        assert fact_of(foreign, revisions(hub.table, "CHG-1")) is not None


@pytest.mark.parametrize("number", [3, 10, 1_000, 10_000])
def test_each_customer_is_in_exactly_one_event_and_each_event_can_travel(number: int) -> None:
    customers = many(number, 40)
    hub = fake_hub(customers)
    put_on(hub, document(customers=[*customers]))
    counted = Counter(code for _, detail in told(hub) for code in named(detail))
    assert counted == Counter([*customers])
    assert all(customers[code].hub_bus == bus for bus, one in told(hub) for code in named(one))
    assert all(entry_size(entry) <= EVENT_LIMIT for entry in hub.events.entries)


def test_near_misses_of_a_named_customer_are_in_no_event() -> None:
    hub = fake_hub(many(1_200, 5))
    put_on(hub, document(customers=["acme", "customer-00001"]))
    assert sorted(code for _, one in told(hub) for code in named(one)) == ["acme", "customer-00001"]


def test_an_event_that_its_customers_make_too_large_is_split_on_its_bus() -> None:
    customers = many(10_000, 1)
    hub = fake_hub(customers)
    put_on(hub, document(customers=[*customers], note="x" * 650_000))
    assert len(told(hub)) > 1
    assert {bus for bus, _ in told(hub)} == {FIRST}
    counted = Counter(code for _, detail in told(hub) for code in named(detail))
    assert counted == Counter([*customers])
    assert all(entry_size(entry) <= EVENT_LIMIT for entry in hub.events.entries)


def test_a_document_that_is_too_large_for_anybody_is_refused_whole() -> None:
    hub = fake_hub(spread())
    with pytest.raises(ContractError) as refused:
        put_on(hub, document(customers=["acme", "initech"], note="x" * (EVENT_LIMIT - 1_000)))
    assert refused.value.code == "too_large"
    assert (hub.events.entries, hub.table.items) == ([], {})


def test_a_bus_that_fails_keeps_no_other_from_being_reached_and_is_finished_later() -> None:
    hub = broken(SECOND)
    what = document(customers=["acme", "globex", "initech"])
    with pytest.raises(NotPut, match=r"changecast-hub-2: .*no such bus.*reached: initech\)"):
        put_on(hub, what)
    assert [(bus, one.customers) for bus, one in told(hub)] == [(FIRST, ("acme", "globex"))]
    assert revisions(hub.table, "CHG-1")[0].put_at == ""

    hub.events.bus = ""
    again = put_on(hub, what)
    assert (again.outcome, again.revision) == (Outcome.ANNOUNCED, 1)
    assert {bus for bus, one in told(hub) if "initech" in one.customers} == {SECOND}
    # Those who were reached before know the event by its id.
    assert len({one.event_id for _, one in told(hub)}) == 1


def test_the_first_bus_may_fail_too() -> None:
    hub = broken(FIRST)
    with pytest.raises(NotPut, match=r"not reached: acme, globex\)"):
        put_on(hub, document(customers=["acme", "globex", "initech"]))
    assert [(bus, one.customers) for bus, one in told(hub)] == [(SECOND, ("initech",))]


def test_of_a_bus_that_took_some_events_only_the_others_are_named() -> None:
    hub = fake_hub(spread())
    hub.events.answers = ["", "MalformedDetail"]
    with pytest.raises(NotPut, match=r"changecast-hub: .*\(not reached: globex\)"):
        put_on(hub, document(customers=["acme", "globex", "initech"]), confidential=True)


def test_with_one_bus_the_error_is_what_aws_said() -> None:
    hub = broken(FIRST)
    with pytest.raises(ClientError, match="no such bus"):
        put_on(hub, document(customers=["acme"]))


def test_a_customer_that_moved_since_the_registry_was_read_is_told_on_its_new_bus() -> None:
    moved = replace(registered()["acme"], hub_bus=THIRD)

    def look_up(codes: Collection[str]) -> Mapping[str, Customer]:
        return {"acme": moved} if "acme" in codes else {}

    hub = replace(fake_hub(spread()), look_up=look_up)
    put_on(hub, document(customers=["acme", "initech"]))
    reannounce("CHG-1", "acme", hub=hub)
    assert {bus for bus, one in told(hub) if "acme" in named(one)} == {THIRD}


def test_a_discard_reaches_everybody_on_its_own_bus() -> None:
    hub = fake_hub(spread())
    put_on(hub, document(version=1, customers=["acme", "initech"]))
    put_on(hub, document(version=2, customers=["acme", "initech"], changeTitle="Stray"))
    discarded = discard("CHG-1", 2, hub=hub, now=lambda: NOW)
    assert discarded.told == ("acme", "initech")
    of_discard = [(bus, one.customers) for bus, one in told(hub) if one.discards]
    assert of_discard == [(FIRST, ("acme",)), (SECOND, ("initech",))]


def test_the_rule_of_a_further_bus_is_no_near_miss_of_another_customers() -> None:
    acme = registered()["acme"]
    assert rule_name(acme) == "changecast-route-acme"
    assert rule_name(replace(acme, hub_bus=SECOND)) == "changecast-route-acme.2"
    assert rule_name(replace(acme, code="acme-2")) == "changecast-route-acme-2"
