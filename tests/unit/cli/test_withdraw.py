"""A customer that leaves is withdrawn from what is open: the next revision, without it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Outcome, announce
from changecast.hub.registry import Place
from changecast.hub.tracking.revisions import revisions
from changecast_cli.customers.withdraw import refuse_alone, withdraw
from changecast_cli.failures import Refused
from tests.support.builders import NOW, document
from tests.support.fake_hub import FakeHub, fake_hub

LATER = NOW + timedelta(hours=1)


def announced(**changed: Any) -> FakeHub:
    hub = fake_hub()
    announce(document(**changed), hub=hub, now=lambda: NOW)
    return hub


def newest(hub: FakeHub) -> Any:
    return revisions(hub.table, "CHG-1")[-1]


def events(hub: FakeHub) -> list[ChangeAnnounced]:
    return [ChangeAnnounced.model_validate_json(entry["Detail"]) for entry in hub.events.entries]


@pytest.mark.parametrize("version", [4, None])
def test_who_leaves_is_withdrawn_and_who_stays_reads_the_same(version: int | None) -> None:
    hub = announced(version=version)
    first = events(hub)[-1]
    withdraw(hub, newest(hub), "globex", LATER)
    last = events(hub)[-1]
    assert (last.customers, last.withdrawn) == (("acme",), ("globex",))
    assert last.revision == first.revision + 1
    assert last.change.model_copy(update={"revision": first.revision}) == first.change


def test_the_only_customer_may_leave_too() -> None:
    hub = announced(customers=["acme"])
    withdraw(hub, newest(hub), "acme", LATER)
    assert (events(hub)[-1].customers, events(hub)[-1].withdrawn) == ((), ("acme",))


def test_who_was_withdrawn_already_is_told_again_and_nobody_else() -> None:
    hub = announced()
    withdraw(hub, newest(hub), "globex", LATER)
    told = withdraw(hub, newest(hub), "globex", LATER)
    assert told.outcome is Outcome.ANNOUNCED_AGAIN
    assert (events(hub)[-1].customers, events(hub)[-1].withdrawn) == ((), ("globex",))
    assert len(revisions(hub.table, "CHG-1")) == 2


def test_the_provider_then_announces_the_document_without_it_and_nothing_is_new() -> None:
    hub = announced(version=1)
    withdraw(hub, newest(hub), "globex", LATER)
    again = announce(document(version=2, customers=["acme"]), hub=hub, now=lambda: LATER)
    assert again.outcome is Outcome.ANNOUNCED_AGAIN


def test_where_two_persons_announce_nobody_withdraws_a_customer_alone() -> None:
    hub = announced()
    two = replace(hub, two_persons=Place("bucket", "publish"))
    with pytest.raises(Refused, match=r"one person cannot withdraw globex from CHG-1") as refused:
        refuse_alone(two, [newest(hub)], "globex")
    assert "changecast propose" in str(refused.value)
    assert "Nothing was removed" in str(refused.value)
    refuse_alone(two, [], "globex")
    refuse_alone(hub, [newest(hub)], "globex")
    withdraw(hub, newest(hub), "globex", LATER)
    refuse_alone(two, [newest(hub)], "globex")


def test_what_was_confidential_stays_so() -> None:
    hub = fake_hub()
    announce(document(), hub=hub, now=lambda: NOW, confidential=True)
    withdraw(hub, newest(hub), "globex", LATER)
    _, _, *last = events(hub)
    assert [(one.customers, one.withdrawn) for one in last] == [(("acme",), ()), ((), ("globex",))]
    assert all(one.metadata == {} for one in last)


def test_a_change_that_was_not_kept_is_named_with_what_to_do() -> None:
    hub = announced()
    for key in [key for key in hub.table.items if key[1].startswith("original#")]:
        del hub.table.items[key]
    with pytest.raises(ContractError, match="take globex out of its metadata"):
        withdraw(hub, newest(hub), "globex", LATER)
