"""A hub whose data outlived it: no new one is created, and what is left is named."""

from collections.abc import Callable

import pytest

from changecast_cli.deploying.leftovers import ARCHIVE, TABLE, make_room_for_hub
from changecast_cli.failures import Refused
from testbed.expand import expanded
from tests.integration.local import stage
from tests.support.deploy_rights import HUB

Account = Callable[[], stage.Account]


def leave_table(here: stage.Account) -> None:
    here.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )


def test_an_empty_account_has_room(account: Account) -> None:
    make_room_for_hub(account(), "changecast-hub")


def test_a_table_and_an_archive_that_are_left_are_named_with_what_to_do(account: Account) -> None:
    here = account()
    leave_table(here)
    bus = here.client("events").create_event_bus(Name="changecast-hub")["EventBusArn"]
    here.client("events").create_archive(ArchiveName=ARCHIVE, EventSourceArn=bus)
    with pytest.raises(Refused, match=f"the table {TABLE} and the archive {ARCHIVE}") as refused:
        make_room_for_hub(here, "changecast-hub")
    assert f"aws dynamodb delete-table --table-name {TABLE}" in str(refused.value)
    assert f"aws events delete-archive --archive-name {ARCHIVE}" in str(refused.value)


def test_the_names_are_those_of_the_template() -> None:
    resources = expanded(HUB)["Resources"].values()
    fixed = {
        resource["Properties"].get("TableName") or resource["Properties"].get("ArchiveName")
        for resource in resources
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate"
    }
    assert fixed - {None} == {TABLE, ARCHIVE}
