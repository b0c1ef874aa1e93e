"""Confidential: each customer's event holds nothing of any other."""

from dataclasses import replace
from typing import Any

import pytest

from changecast.contract.change import fingerprint
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import announce
from tests.support.builders import NOW, document, registered
from tests.support.fake_hub import FakeHub, fake_hub

FOREIGN = {
    "acme": ("globex", "initech", "umbrella"),
    "globex": ("acme", "initech", "umbrella"),
    "initech": ("acme", "globex", "umbrella"),
}


def secret(**fields: Any) -> dict[str, Any]:
    return document(
        customers=["acme", "globex"],
        customerNames=["Acme Industries", "Globex"],
        customerDetails={"acme": {"hosts": "a1"}, "globex": {"hosts": "g1"}, "umbrella": {"u": 1}},
        modifications=[
            {
                "timestamp": "2027-01-14T09:00:00Z",
                "user_id": "eve@globex.example",
                "type": "created",
            }
        ],
        **fields,
    )


def texts(hub: FakeHub) -> dict[str, str]:
    found = {}
    for entry in hub.events.entries:
        detail = ChangeAnnounced.model_validate_json(entry["Detail"])
        (code,) = (*detail.customers, *detail.withdrawn)
        found[code] = repr(entry).lower()
    return found


@pytest.mark.parametrize("way", ["asked", "document", "hub"])
def test_every_customer_gets_an_event_without_any_other(way: str) -> None:
    hub = fake_hub(confidential=way == "hub")
    what = secret(confidential=True) if way == "document" else secret()
    told = announce(what, hub=hub, now=lambda: NOW, confidential=way == "asked")
    found = texts(hub)
    assert set(found) == {"acme", "globex"}
    for code, text in found.items():
        assert not [word for word in FOREIGN[code] if word in text]
    assert "a1" in found["acme"]
    assert "g1" in found["globex"]
    assert len(set(told.event_ids)) == 2


def test_a_withdrawn_customer_gets_an_event_of_its_own_too() -> None:
    hub = fake_hub()
    announce(secret(version=1), hub=hub, confidential=True)
    hub.events.entries.clear()
    told = announce(
        document(version=2, customers=["initech"]), hub=hub, confidential=True, now=lambda: NOW
    )
    assert told.withdrawn == ("acme", "globex")
    found = texts(hub)
    assert set(found) == {"acme", "globex", "initech"}
    assert not any(word in found[code] for code in found for word in FOREIGN[code])


@pytest.mark.parametrize(
    ("fields", "path", "word"),
    [
        ({"changeReason": "Asked for by:\nGlobex"}, "$.change.reason", "Globex"),
        ({"changeReason": "host db-globex_1 moves"}, "$.change.reason", "globex"),
        ({"changeReason": "(INITECH)"}, "$.change.reason", "Initech"),
        ({"changeTitle": "Move globex"}, "$.change.title", "globex"),
        ({"links": ["https://globex.example/plan"]}, "$.change.links[0].url", "globex"),
        (
            {"customerDetails": {"acme": {"hosts": ["x", {"Globex": 1}]}}},
            "$.change.customer_details.acme.hosts[1].Globex",
            "Globex",
        ),
        ({"changeId": "CHG-initech-1"}, "$.change.change_id", "initech"),
    ],
)
def test_a_text_that_names_another_customer_cannot_be_confidential(
    fields: dict[str, Any], path: str, word: str
) -> None:
    hub = fake_hub()
    what = document(customers=["acme"], **fields)
    with pytest.raises(ContractError) as refused:
        announce(what, hub=hub, confidential=True)
    assert (refused.value.code, refused.value.path) == ("not_confidential", path)
    assert word.lower() in refused.value.message.lower()
    assert (hub.events.calls, hub.table.items) == (0, {})


def test_who_announces_may_not_name_another_customer_either() -> None:
    hub = fake_hub()
    with pytest.raises(ContractError, match=r"\$\.announced_by names another customer"):
        announce(
            document(customers=["acme"]), hub=hub, confidential=True, announced_by="globex-bot"
        )


def test_a_customer_may_read_its_own_name_though_it_holds_anothers() -> None:
    customers = registered() | {
        "acme-eu": replace(registered()["acme"], code="acme-eu", name="Acme Industries Europe")
    }
    hub = fake_hub(customers)
    what = document(
        customers=["acme-eu"],
        customerImpact="Acme Industries Europe: hosts acme-eu-1, acme-eu-2. Acmeism, globexes.",
        customerDetails={"acme-eu": {"x": 1}},
    )
    assert announce(what, hub=hub, confidential=True).customers == ("acme-eu",)


def test_a_customer_who_is_registered_no_more_still_hears_that_it_was_dropped() -> None:
    hub = fake_hub()
    announce(document(version=1), hub=hub, confidential=True)
    left = replace(hub, customers=registered("acme"))
    told = announce(document(version=2, customers=["acme"]), hub=left, confidential=True)
    assert told.withdrawn == ("globex",)
    assert len(told.event_ids) == 2


def test_confidential_or_not_a_customer_reads_the_same_change() -> None:
    """The same file announced in the other way must be "already done", never "other content"."""
    hub = fake_hub()
    for confidential in (False, True):
        announce(secret(), hub=hub, confidential=confidential)
    found = [ChangeAnnounced.model_validate_json(one["Detail"]) for one in hub.events.entries]
    assert {one.revision for one in found} == {1}
    for code in ("acme", "globex"):
        mine = [one.change for one in found if code in one.customers]
        assert len(mine) == 2
        assert len({fingerprint(one, code) for one in mine}) == 1
