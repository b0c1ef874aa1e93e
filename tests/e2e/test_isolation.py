"""One customer's failure never reaches another, and nobody can act for another."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tests.support.provider import Provider, document, eventually


@contextmanager
def paused_sending(provider: Provider) -> Iterator[None]:
    account = provider.account("globex")
    provider.cloud.add_fault(account, "paused")
    try:
        yield
    finally:
        provider.cloud.clear_faults(account)


@contextmanager
def broken_function(provider: Provider) -> Iterator[None]:
    functions = provider.session("globex").client("lambda")
    name = next(
        found["FunctionName"]
        for found in functions.list_functions()["Functions"]
        if "PlanDelivery" in found["FunctionName"]
    )
    whole = functions.get_function_configuration(FunctionName=name)["Handler"]
    functions.update_function_configuration(FunctionName=name, Handler="nothing.here")
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Handler=whole)


@contextmanager
def deleted_bus_policy(provider: Provider) -> Iterator[None]:
    events = provider.session("globex").client("events")
    policy = json.loads(events.describe_event_bus(Name="changecast")["Policy"])
    events.remove_permission(EventBusName="changecast", RemoveAllPermissions=True)
    try:
        yield
    finally:
        events.put_permission(EventBusName="changecast", Policy=json.dumps(policy))


@pytest.mark.parametrize("trouble", [paused_sending, broken_function, deleted_bus_policy])
def test_trouble_at_one_customer_leaves_the_others_untouched(provider: Provider, trouble) -> None:  # type: ignore[no-untyped-def]
    change = document(customers=["acme", "globex", "initech"])
    with trouble(provider):
        provider.announce(change)
        eventually(lambda: len(provider.mails(change["changeId"])) == 10)
        eventually(
            lambda: (
                [
                    provider.status(change["changeId"])["customers"][code]["state"]
                    for code in ("acme", "initech")
                ]
                == ["sent", "sent"]
            )
        )
        assert provider.mails(change["changeId"], "globex") == []
        assert provider.status(change["changeId"])["customers"]["globex"]["state"] != "sent"


def test_a_customer_cannot_report_for_another_nor_announce(provider: Provider) -> None:
    events = provider.session("globex").client("events")
    hub_bus = "arn:aws:events:eu-central-1:111111111111:event-bus/changecast-hub"
    for source, kind in [
        (f"changecast.delivery.{provider.account('acme')}", "DeliveryReported"),
        ("changecast.changes", "ChangeAnnounced"),
    ]:
        entry = {"Source": source, "DetailType": kind, "Detail": "{}", "EventBusName": hub_bus}
        with pytest.raises(ClientError, match="AccessDenied"):
            events.put_events(Entries=[entry])  # type: ignore[list-item]


def test_a_person_of_the_hub_cannot_put_on_a_customers_bus(provider: Provider) -> None:
    events = provider.cloud.session("111111111111").client("events")
    bus = f"arn:aws:events:eu-central-1:{provider.account('acme')}:event-bus/changecast"
    entry = {"Source": "changecast.changes", "DetailType": "ChangeAnnounced", "Detail": "{}",
             "EventBusName": bus}  # fmt: skip
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(Entries=[entry])  # type: ignore[list-item]
